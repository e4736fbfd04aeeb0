// Graphs to standard ONNX files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "graph/graph.h"

namespace slipway {

struct WriteOptions {
  // Tensors of this many bytes and more go to the file NAME.data beside the model.
  std::size_t external_from_bytes = static_cast<std::size_t>(-1);
  // A model file that would be larger (2 GiB is protobuf's limit) leaves all tensors from 1 KiB on
  // to the data file, whatever external_from_bytes says.
  std::size_t max_model_bytes = (std::size_t{1} << 31) - 1;
};

// The model must keep the rules of graph/verify.h. Its weights are written from where they are, not
// copied. Captured values take their outer names, and names that would hide one get a number. Fails
// where ONNX cannot say it: a node whose version is not the one that the model imports.
// Each file is replaced atomically, the data file first.
Status write_model(const Model& model, const std::filesystem::path& path,
                   const WriteOptions& options = {});

// The same in memory, without external data.
Result<std::string> model_bytes(const Model& model);

// A value as test data has it: a TensorProto, SequenceProto, OptionalProto or MapProto.
Status write_value(const Value& value, const std::filesystem::path& path);
Result<std::string> value_bytes(const Value& value);

}  // namespace slipway
