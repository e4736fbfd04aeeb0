#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm/integer.cc"
#include "kernels/gemm/integer.h"

#include <algorithm>
#include <cstring>

#define SLIPWAY_INT8_TARGETS
#define SLIPWAY_HAS_DOT
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// NOLINTNEXTLINE(llvm-include-order): after the vectors it is written in
#include "kernels/simd/bytes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// The most rows and blocks of columns whose sums the registers hold.
#if HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kRows = 6;
inline constexpr std::size_t kBlocks = 2;
#elif HWY_TARGET == HWY_AVX2 || defined(SLIPWAY_DOT)
#ifdef SLIPWAY_DOT
inline constexpr std::size_t kRows = 6;
#else
inline constexpr std::size_t kRows = 4;
#endif
inline constexpr std::size_t kBlocks = 1;
#else
inline constexpr std::size_t kRows = HWY_TARGET == HWY_SCALAR ? 1 : 2;
inline constexpr std::size_t kBlocks = 1;
#endif

// What zero points of columns take from a row's sums.
HWY_NOINLINE void take_row_sum(std::int32_t row_sum, const std::int32_t* b_zeros,
                               std::int32_t* sums) {
  const auto factor = static_cast<std::uint32_t>(row_sum);
  HWY_UNROLL(1)
  for (std::size_t j = 0; j < kIntegerBlock; ++j) {
    sums[j] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[j]) -
                                        factor * static_cast<std::uint32_t>(b_zeros[j]));
  }
}

HWY_NOINLINE void store_with_care(I32x16 sums, const IntegerProduct& p, std::size_t row,
                                  std::size_t column) {
  alignas(64) std::int32_t lane[kIntegerBlock];
  store_i32(sums, lane);
  if (p.b_zeros != nullptr) take_row_sum(p.a_sums[row], p.b_zeros + column, lane);
  std::memcpy(p.y + row * p.y_stride + column, lane,
              std::min(p.columns - column, kIntegerBlock) * sizeof(std::int32_t));
}

template <std::size_t kR, std::size_t kB>
void tile(const IntegerProduct& p, std::size_t row, std::size_t column) {
  const std::size_t fours = (p.depth + kIntegerDepth - 1) / kIntegerDepth;
  const std::size_t a_stride = fours * kIntegerDepth;
  const std::size_t b_stride = a_stride * kIntegerBlock;
  const std::uint8_t* a = p.a + row * a_stride;
  const std::int8_t* b = p.b + column / kIntegerBlock * b_stride;
  ByteSums sums[kR][kB];
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kR; ++r) {
    HWY_UNROLL(4)
    for (std::size_t c = 0; c < kB; ++c)
      sums[r][c] = start_sums(p.start + column + c * kIntegerBlock);
  }
  for (std::size_t f = 0; f < fours; ++f) {
    AnyBytes::Weights w[kB];
    HWY_UNROLL(4)
    for (std::size_t c = 0; c < kB; ++c) w[c] = AnyBytes::load_weights(b + c * b_stride);
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < kR; ++r) {
      const AnyBytes::Four x = AnyBytes::load_four(a + r * a_stride);
      HWY_UNROLL(4)
      for (std::size_t c = 0; c < kB; ++c) sums[r][c] = AnyBytes::dot(sums[r][c], x, w[c]);
    }
    a += kIntegerDepth;
    b += kIntegerDepth * kIntegerBlock;
  }
  const bool is_plain = p.b_zeros == nullptr && column + kB * kIntegerBlock <= p.columns;
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kR; ++r) {
    HWY_UNROLL(4)
    for (std::size_t c = 0; c < kB; ++c) {
      const std::size_t at = column + c * kIntegerBlock;
      const I32x16 sum = finished(sums[r][c]);
      if (HWY_LIKELY(is_plain)) {
        store_i32(sum, p.y + (row + r) * p.y_stride + at);
      } else {
        store_with_care(sum, p, row + r, at);
      }
    }
  }
}

// Four rows of sixteen bytes as sixteen columns of four.
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void turn_block(const std::uint8_t (&row)[kIntegerDepth][kIntegerBlock],
                           std::uint8_t turned, std::int8_t* to) {
  for (std::size_t j = 0; j < kIntegerBlock; ++j) {
    for (std::size_t i = 0; i < kIntegerDepth; ++i)
      to[kIntegerDepth * j + i] = static_cast<std::int8_t>(row[i][j] ^ turned);
  }
}
#else
HWY_INLINE void turn_block(const std::uint8_t (&row)[kIntegerDepth][kIntegerBlock],
                           std::uint8_t turned, std::int8_t* to) {
  const hn::CappedTag<std::uint8_t, kIntegerBlock> d8;
  const hn::Repartition<std::uint16_t, decltype(d8)> d16;
  const auto x = hn::Set(d8, turned);
  const auto a = hn::Xor(hn::LoadU(d8, row[0]), x);
  const auto b = hn::Xor(hn::LoadU(d8, row[1]), x);
  const auto c = hn::Xor(hn::LoadU(d8, row[2]), x);
  const auto e = hn::Xor(hn::LoadU(d8, row[3]), x);
  const auto low = hn::BitCast(d16, hn::InterleaveLower(d8, a, b));
  const auto low2 = hn::BitCast(d16, hn::InterleaveLower(d8, c, e));
  const auto high = hn::BitCast(d16, hn::InterleaveUpper(d8, a, b));
  const auto high2 = hn::BitCast(d16, hn::InterleaveUpper(d8, c, e));
  auto* const bytes = reinterpret_cast<std::uint8_t*>(to);
  hn::StoreU(hn::BitCast(d8, hn::InterleaveLower(d16, low, low2)), d8, bytes);
  hn::StoreU(hn::BitCast(d8, hn::InterleaveUpper(d16, low, low2)), d8, bytes + kIntegerBlock);
  hn::StoreU(hn::BitCast(d8, hn::InterleaveLower(d16, high, high2)), d8, bytes + 2 * kIntegerBlock);
  hn::StoreU(hn::BitCast(d8, hn::InterleaveUpper(d16, high, high2)), d8, bytes + 3 * kIntegerBlock);
}
#endif

// Four rows of up to sixteen columns, of which the matrix has `rows`.
HWY_INLINE void pack_block(const std::uint8_t* b, std::size_t stride, std::size_t rows,
                           std::size_t columns, std::uint8_t turned, std::int8_t* to) {
  std::uint8_t row[kIntegerDepth][kIntegerBlock];
  const bool is_whole = columns >= kIntegerBlock;
  HWY_UNROLL(1)
  for (std::size_t i = 0; i < kIntegerDepth; ++i) {
    if (!is_whole || i >= rows) std::memset(row[i], turned, kIntegerBlock);
    if (i < rows) std::memcpy(row[i], b + i * stride, is_whole ? kIntegerBlock : columns);
  }
  turn_block(row, turned, to);
}

// Blocks that share a line of the cache together.
void pack(const std::uint8_t* b, std::size_t stride, std::size_t columns, std::size_t depth,
          std::uint8_t turned, std::int8_t* packed, std::int32_t* sums) {
  constexpr std::size_t kTogether = 4;
  const std::size_t block_bytes = packed_integer_bytes(1, depth);
  for (std::size_t first = 0; first < columns; first += kTogether * kIntegerBlock) {
    const std::size_t end = std::min(columns, first + kTogether * kIntegerBlock);
    std::int8_t* fours = packed + first / kIntegerBlock * block_bytes;
    for (std::size_t p = 0; p < depth; p += kIntegerDepth) {
      std::int8_t* to = fours;
      for (std::size_t column = first; column < end; column += kIntegerBlock, to += block_bytes) {
        pack_block(b + p * stride + column, stride, depth - p, end - column, turned, to);
      }
      fours += kIntegerDepth * kIntegerBlock;
    }
  }
  constexpr std::uint8_t kOne = AnyBytes::kOffset + 1;
  constexpr std::uint8_t kOnes[kIntegerDepth] = {kOne, kOne, kOne, kOne};
  constexpr std::int32_t kStart[kIntegerBlock] = {};
  const AnyBytes::Four ones = AnyBytes::load_four(kOnes);
  for (std::size_t column = 0; column < columns; column += kIntegerBlock, sums += kIntegerBlock) {
    ByteSums sum = start_sums(kStart);
    for (std::size_t at = 0; at < block_bytes;
         at += kIntegerDepth * kIntegerBlock, packed += kIntegerDepth * kIntegerBlock)
      sum = AnyBytes::dot(sum, ones, AnyBytes::load_weights(packed));
    store_i32(finished(sum), sums);
  }
}

// All columns of some rows.
template <std::size_t kR>
void rows_of(const IntegerProduct& p, std::size_t row) {
  std::size_t column = 0;
  if constexpr (kBlocks != 1) {
    for (; column + (kBlocks - 1) * kIntegerBlock < p.columns; column += kBlocks * kIntegerBlock)
      tile<kR, kBlocks>(p, row, column);
  }
  for (; column < p.columns; column += kIntegerBlock) tile<kR, 1>(p, row, column);
}

void product(const IntegerProduct& p) {
  std::size_t row = 0;
  for (; row + kRows <= p.rows; row += kRows) rows_of<kRows>(p, row);
  for (; row < p.rows; ++row) rows_of<1>(p, row);
}

constexpr IntegerKernels kTable = {pack, product, AnyBytes::kOffset};

}  // namespace
const IntegerKernels& integer_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
namespace {

std::size_t fours_of(std::size_t depth) { return (depth + kIntegerDepth - 1) / kIntegerDepth; }

}  // namespace

SLIPWAY_KERNELS(IntegerKernels, integer_kernels, integer_table)

std::size_t packed_integer_bytes(std::size_t columns, std::size_t depth) {
  const std::size_t blocks = (columns + kIntegerBlock - 1) / kIntegerBlock;
  return blocks * fours_of(depth) * kIntegerDepth * kIntegerBlock;
}

void start_integers(const IntegerKernels& kernels, std::int32_t a_zero, std::size_t depth,
                    const std::int32_t* b_sums, const std::int32_t* b_zeros, std::size_t columns,
                    std::int32_t* start) {
  const auto zero = static_cast<std::uint32_t>(a_zero);
  const std::uint32_t shifted = zero - static_cast<std::uint32_t>(kernels.offset);
  const std::uint32_t all = zero * static_cast<std::uint32_t>(depth);
  const std::size_t whole = (columns + kIntegerBlock - 1) / kIntegerBlock * kIntegerBlock;
  for (std::size_t j = 0; j < whole; ++j) {
    const std::uint32_t b_zero = b_zeros == nullptr ? 0 : static_cast<std::uint32_t>(b_zeros[j]);
    start[j] =
        static_cast<std::int32_t>(all * b_zero - shifted * static_cast<std::uint32_t>(b_sums[j]));
  }
}

void gather_integers(const std::uint8_t* a, std::size_t rows, std::size_t depth,
                     std::uint8_t turned, std::uint8_t* __restrict to, std::int32_t* sums) {
  const std::size_t padding = fours_of(depth) * kIntegerDepth - depth;
  for (std::size_t r = 0; r < rows; ++r, a += depth) {
    std::uint32_t sum = 0;
    for (std::size_t p = 0; p < depth; ++p) {
      to[p] = a[p] ^ turned;
      sum += to[p];
    }
    sums[r] = static_cast<std::int32_t>(sum);
    std::memset(to + depth, 0, padding);
    to += depth + padding;
  }
}

}  // namespace slipway
#endif
