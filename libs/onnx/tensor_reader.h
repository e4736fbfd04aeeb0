// TensorProto and SparseTensorProto.
#pragma once

#include <string_view>

#include "graph/graph.h"
#include "onnx/read_context.h"

namespace slipway {

struct NamedTensor {
  std::string_view name;  // in the file's bytes
  std::string_view doc;
  Tensor tensor;
};

struct NamedSparseTensor {
  std::string_view name;
  SparseTensor tensor;
};

// Raw and external data are borrowed from the file (raw data is copied when nobody owns the file's
// bytes); typed fields are decoded. The errors are about
// the tensor's content; a malformed message is one too. Nothing is allocated for elements that the
// file does not hold.
Result<NamedTensor> read_tensor(ReadContext& context, Bytes message);
Result<NamedSparseTensor> read_sparse_tensor(ReadContext& context, Bytes message);

// The bytes of external data. The location must be inside the model's folder.
struct ExternalLocation {
  std::string_view location;
  std::string_view offset;
  std::string_view length;
};
Result<Bytes> external_bytes(ReadContext& context, const ExternalLocation& where,
                             std::size_t needed_bytes, std::shared_ptr<const void>& owner);

}  // namespace slipway
