// The packed form of a product's right-hand side, the same for every instruction set.
//
// Panels: [ceil(n / 16)][k][16], columns side by side, the last panel padded with zeros. Or, for
// one row of A, which reads B faster in one run, eight panels abreast: [ceil(n / 128)][k][8][16],
// at the end as many as are left. With 16 chains and fewer than 16 columns the lanes are the
// chains: [n][k up to a multiple of 16], the end padded with zeros.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace slipway {

enum class WeightType : std::uint8_t { kF32, kF16, kBf16, kI8 };

constexpr bool lanes_are_chains(std::size_t n, std::size_t chains) {
  return n < 16 && chains == 16;
}

constexpr std::size_t bytes_of(WeightType type) {
  return type == WeightType::kF32 ? 4 : type == WeightType::kI8 ? 1 : 2;
}

inline constexpr std::size_t kPanelsAbreast = 8;

// Where a panel begins, and how far it is from row to row, in elements.
struct PanelPlace {
  std::size_t begin, row_stride;
};
constexpr PanelPlace panel_place(std::size_t n, std::size_t k, std::size_t abreast,
                                 std::size_t panel) {
  const std::size_t first = panel / abreast * abreast;
  const std::size_t width = std::min(abreast, (n + 15) / 16 - first);
  return {(first * k + panel - first) * 16, width * 16};
}

// Narrow weights widen exactly. Of int8 a product is dot(a, float(q)) * scale, scale one float a
// column, the product rounded.
struct PackedB {
  const void* data;  // packed_bytes(type, n, k, chains), 64-byte aligned
  WeightType type;
  const float* scale;  // [n] for int8 (null: the caller multiplies), else null
  std::size_t n, k;
  std::size_t chains;       // as given when packed
  std::size_t abreast = 1;  // panels: 1 or kPanelsAbreast
};

std::size_t packed_bytes(WeightType type, std::size_t n, std::size_t k, std::size_t chains);

// Element (p, j) stands at (p * row_stride + j * column_stride) elements from `from`.
// chains is numeric::chain_count(n, k), or what the operator fixes.
void pack_b(WeightType type, const void* from, std::ptrdiff_t row_stride,
            std::ptrdiff_t column_stride, std::size_t n, std::size_t k, std::size_t chains,
            void* packed, std::size_t abreast = 1);

}  // namespace slipway
