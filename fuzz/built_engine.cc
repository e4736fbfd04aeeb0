// A built engine's file of any bytes: an error or an entry. The checksum and the size are made to
// fit, so that what lies behind them is reached.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "engines/cache_file.h"
#include "plan/plan.h"
#include "tensor/tensor.h"

using namespace slipway;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto made = Tensor::create(DType::kUint8, {static_cast<std::int64_t>(size)});
  if (!made.ok()) return 0;
  auto bytes = std::make_shared<Tensor>(*std::move(made));
  const std::span<std::byte> own = bytes->mutable_bytes();
  if (size > 0) std::memcpy(own.data(), data, size);
  if (size >= 64) {
    const std::uint64_t file_bytes = size;
    std::memcpy(own.data() + 16, &file_bytes, sizeof file_bytes);
    const std::uint64_t sum = plan::checksum_of(own.subspan(32));
    std::memcpy(own.data() + 24, &sum, sizeof sum);
  }
  const auto entry = engines::parse_entry(bytes->bytes(), bytes);
  if (!entry.ok()) return 0;
  // What it holds lies in the bytes.
  const std::byte* const begin = bytes->bytes().data();
  if (entry->payload.data() < begin ||
      entry->payload.data() + entry->payload.size() != begin + size)
    std::abort();
  return 0;
}
