// ONNX files to graphs. docs/formats/onnx.md says what is accepted.
//
// A model's file is mapped, not read: raw and external tensors are borrowed from the map, which the
// model's tensors keep alive. Whatever the bytes are, reading ends with a model or an error, and
// allocates no more than a small multiple of the file's size.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "graph/graph.h"
#include "graph/problem.h"

namespace slipway {

inline constexpr std::int64_t kNewestIrVersion = 14;

// Without `problems`: a model that keeps the rules of graph.h, or an error that tells the first
// problem. With `problems`: every structural problem is appended, also breaches of ONNX's rules
// that leave only one way to read the model (nodes out of order, say), and the model comes back as
// far as it could be understood; once a problem was appended it is good for further diagnosis only.
// Bytes that are no protobuf message of a model are an error either way.
Result<Model> read_model(const std::filesystem::path& path, Problems* problems = nullptr);

// The same from bytes that `owner` keeps alive; without an owner the model's tensors are copies,
// and the bytes need not outlive the call. External data is looked for in `folder`; when that is
// empty, a model with external data is an error.
Result<Model> read_model_bytes(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                               const std::filesystem::path& folder, Problems* problems = nullptr);

// A value saved alone, as test data is (.pb): a TensorProto, SequenceProto, OptionalProto or
// MapProto. The file does not say which; `expected` does (an unknown type means a tensor).
Result<Value> read_value(const std::filesystem::path& path, const Type& expected);
Result<Value> read_value_bytes(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                               const Type& expected);

}  // namespace slipway
