#include "kernels/gemm/pack.h"

#include <algorithm>
#include <cstring>

namespace slipway {
namespace {

constexpr std::size_t kColumns = 16;

template <typename T>
struct Source {
  const T* from;
  std::ptrdiff_t row_stride, column_stride;

  T at(std::size_t p, std::size_t j) const {
    return from[static_cast<std::ptrdiff_t>(p) * row_stride +
                static_cast<std::ptrdiff_t>(j) * column_stride];
  }
};

template <typename T>
void pack_panels(const Source<T>& source, std::size_t n, std::size_t k, std::size_t abreast,
                 T* packed) {
  for (std::size_t first = 0; first < n; first += kColumns) {
    const std::size_t columns = std::min(kColumns, n - first);
    const PanelPlace place = panel_place(n, k, abreast, first / kColumns);
    T* to = packed + place.begin;
    for (std::size_t p = 0; p < k; ++p, to += place.row_stride) {
      for (std::size_t j = 0; j < columns; ++j) to[j] = source.at(p, first + j);
      std::fill(to + columns, to + kColumns, T{});
    }
  }
}

template <typename T>
void pack_lanes(const Source<T>& source, std::size_t n, std::size_t k, T* to) {
  const std::size_t depth = (k + 15) / 16 * 16;
  for (std::size_t j = 0; j < n; ++j, to += depth) {
    for (std::size_t p = 0; p < k; ++p) to[p] = source.at(p, j);
    std::fill(to + k, to + depth, T{});
  }
}

template <typename T>
void pack(const void* from, std::ptrdiff_t row_stride, std::ptrdiff_t column_stride, std::size_t n,
          std::size_t k, std::size_t chains, void* to, std::size_t abreast) {
  const Source<T> source = {static_cast<const T*>(from), row_stride, column_stride};
  if (lanes_are_chains(n, chains)) {
    pack_lanes(source, n, k, static_cast<T*>(to));
  } else {
    pack_panels(source, n, k, abreast, static_cast<T*>(to));
  }
}

}  // namespace

std::size_t packed_bytes(WeightType type, std::size_t n, std::size_t k, std::size_t chains) {
  const std::size_t count =
      lanes_are_chains(n, chains) ? n * ((k + 15) / 16 * 16) : (n + 15) / 16 * 16 * k;
  return count * bytes_of(type);
}

void pack_b(WeightType type, const void* from, std::ptrdiff_t row_stride,
            std::ptrdiff_t column_stride, std::size_t n, std::size_t k, std::size_t chains,
            void* packed, std::size_t abreast) {
  switch (type) {
    case WeightType::kF32:
      return pack<float>(from, row_stride, column_stride, n, k, chains, packed, abreast);
    case WeightType::kF16:
    case WeightType::kBf16:
      return pack<std::uint16_t>(from, row_stride, column_stride, n, k, chains, packed, abreast);
    case WeightType::kI8:
      return pack<std::int8_t>(from, row_stride, column_stride, n, k, chains, packed, abreast);
  }
}

}  // namespace slipway
