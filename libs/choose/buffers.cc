#include "choose/buffers.h"

#include <cstring>

#include "base/str.h"

namespace slipway::choose {

Result<Buffers> Buffers::create(const engines::Session& session) {
  Buffers buffers;
  for (const engines::Port& port : session.inputs())
    buffers.inputs_.push_back(TRY(Tensor::create(port.dtype, port.shape)));
  for (const engines::Port& port : session.outputs())
    buffers.outputs_.push_back(TRY(Tensor::create(port.dtype, port.shape)));
  // Taken once: mutable access would otherwise copy what is shared.
  for (Tensor& tensor : buffers.inputs_) buffers.from_.push_back(tensor.mutable_bytes().data());
  for (Tensor& tensor : buffers.outputs_) buffers.to_.push_back(tensor.mutable_bytes().data());
  return buffers;
}

Status Buffers::fill(const std::vector<Tensor>& sample) {
  if (sample.size() != inputs_.size())
    return Error{Code::kInternal, "a sample has another number of inputs than the session"};
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const std::span<const std::byte> bytes = sample[i].bytes();
    const std::span<std::byte> into = inputs_[i].mutable_bytes();
    if (sample[i].dtype() != inputs_[i].dtype() || bytes.size() != into.size()) {
      return Error{Code::kInvalid, str("a sample is ", name(sample[i].dtype()),
                                       shape_text(sample[i].shape()), " where the model takes ",
                                       name(inputs_[i].dtype()), shape_text(inputs_[i].shape()))};
    }
    std::memcpy(into.data(), bytes.data(), bytes.size());
  }
  return {};
}

}  // namespace slipway::choose
