// An .npz archive of any bytes: an error or its arrays.
#include "tensor/npz.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  (void)slipway::read_npz_bytes(std::as_bytes(std::span(data, size_bytes)));
  return 0;
}
