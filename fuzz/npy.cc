// An .npy file of any bytes: an error, or an array that is written and read back the same.
#include "tensor/npy.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  using namespace slipway;
  const Result<Tensor> tensor = read_npy_bytes(std::as_bytes(std::span(data, size_bytes)));
  if (!tensor.ok()) return 0;
  const Result<std::string> written = npy_bytes(*tensor);
  if (!written.ok()) return 0;
  const Result<Tensor> back = read_npy_bytes(std::as_bytes(std::span(*written)));
  if (!back.ok() || back->dtype() != tensor->dtype() || back->shape() != tensor->shape()) {
    std::abort();
  }
  const bool same = tensor->dtype() == DType::kString
                        ? std::ranges::equal(back->data<std::string>(), tensor->data<std::string>())
                        : std::ranges::equal(back->bytes(), tensor->bytes());
  if (!same) std::abort();
  return 0;
}
