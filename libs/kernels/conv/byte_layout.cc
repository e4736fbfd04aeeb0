#include "kernels/conv/byte_layout.h"

#include <algorithm>
#include <cstring>

#include "kernels/conv/byte_quantize.h"
#include "kernels/conv/shape.h"
#include "kernels/elementwise/quantize.h"

namespace slipway {
namespace {

constexpr std::size_t kRun = 64;  // positions at a time: rows of a run stay in the first cache

// Rows of a run, [channels][kRun], as positions of a block.
void interleave(const std::uint8_t* rows, std::size_t row_bytes, std::uint8_t* to,
                std::size_t channels, std::size_t positions, std::uint8_t flip) {
  for (std::size_t p = 0; p < positions; ++p) {
    std::uint8_t lane[kConvBlock] = {};
    for (std::size_t c = 0; c < channels; ++c)
      lane[c] = static_cast<std::uint8_t>(rows[c * row_bytes + p] ^ flip);
    std::memcpy(to + p * kConvBlock, lane, kConvBlock);
  }
}

}  // namespace

void bytes_to_blocked(const std::uint8_t* plain, std::uint8_t* blocked, std::size_t channels,
                      std::size_t positions, std::uint8_t flip, std::size_t begin,
                      std::size_t end) {
  for (std::size_t block = begin; block < end; ++block) {
    const std::size_t count = std::min(channels - block * kConvBlock, kConvBlock);
    const std::uint8_t* const from = plain + block * kConvBlock * positions;
    std::uint8_t* const to = blocked + block * kConvBlock * positions;
    for (std::size_t p = 0; p < positions; p += kRun) {
      interleave(from + p, positions, to + p * kConvBlock, count, std::min(kRun, positions - p),
                 flip);
    }
  }
}

void bytes_to_plain(const std::uint8_t* blocked, std::uint8_t* plain, std::size_t channels,
                    std::size_t positions, std::uint8_t flip, std::size_t begin, std::size_t end) {
  for (std::size_t block = begin; block < end; ++block) {
    const std::size_t count = std::min(channels - block * kConvBlock, kConvBlock);
    const std::uint8_t* const from = blocked + block * kConvBlock * positions;
    std::uint8_t* const to = plain + block * kConvBlock * positions;
    for (std::size_t first = 0; first < positions; first += kRun) {
      const std::size_t last = std::min(first + kRun, positions);
      for (std::size_t c = 0; c < count; ++c) {
        for (std::size_t p = first; p < last; ++p)
          to[c * positions + p] = static_cast<std::uint8_t>(from[p * kConvBlock + c] ^ flip);
      }
    }
  }
}

void quantize_to_blocked(Isa isa, const float* plain, std::uint8_t* blocked, std::size_t channels,
                         std::size_t positions, float scale, std::int32_t zero, std::size_t begin,
                         std::size_t end) {
  if (channels <= kFewChannels) {
    return byte_quantize_kernels(isa).few[channels - 1](plain, blocked, positions, scale, zero,
                                                        begin, end);
  }
  const auto quantize =
      quantize_kernels(isa).quantize[static_cast<std::size_t>(Quantized::kU8)].one;
  std::uint8_t rows[kConvBlock * kRun];
  for (std::size_t p = begin; p < end; p += kRun) {
    const std::size_t count = std::min(kRun, end - p);
    for (std::size_t c = 0; c < channels; ++c)
      quantize(plain + c * positions + p, rows + c * kRun, count, scale, zero);
    std::uint8_t* const to = blocked + p * kConvBlock;
    interleave(rows, kRun, to, channels, count, 0);
  }
}

}  // namespace slipway
