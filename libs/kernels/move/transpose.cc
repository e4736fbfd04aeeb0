#include "kernels/move/transpose.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/move/by_size.h"

namespace slipway {
namespace {

using Index = std::ptrdiff_t;

template <typename T>
struct Register {
  typedef T Lanes
      __attribute__((vector_size(16)));  // NOLINT(modernize-use-using): g++ has no other
  static constexpr std::size_t kCount = sizeof(Lanes) / sizeof(T);
};
template <typename T>
using Lanes = typename Register<T>::Lanes;
template <typename T>
inline constexpr std::size_t kLanes = Register<T>::kCount;
template <typename T>
using EachLane = std::make_index_sequence<kLanes<T>>;

// Registers side by side, as one line of elements.
template <typename T, std::size_t kRegisters>
using Line = Lanes<T>[kRegisters];

template <typename T>
inline Lanes<T> load(const T* from) {
  Lanes<T> lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}
template <typename T>
inline void store(Lanes<T> lanes, T* to) {
  std::memcpy(to, &lanes, sizeof(lanes));
}

// a0 b0 a1 b1 ... of the first halves.
template <typename T, std::size_t... kI>
inline Lanes<T> zip_low(Lanes<T> a, Lanes<T> b, std::index_sequence<kI...> /*each*/) {
  return __builtin_shufflevector(a, b, (kI % 2 * kLanes<T> + kI / 2)...);
}
// The same of the second halves.
template <typename T, std::size_t... kI>
inline Lanes<T> zip_high(Lanes<T> a, Lanes<T> b, std::index_sequence<kI...> /*each*/) {
  return __builtin_shufflevector(a, b, (kI % 2 * kLanes<T> + kLanes<T> / 2 + kI / 2)...);
}
// a0 a2 ... b0 b2 ...
template <typename T, std::size_t... kI>
inline Lanes<T> even(Lanes<T> a, Lanes<T> b, std::index_sequence<kI...> /*each*/) {
  return __builtin_shufflevector(a, b, (2 * kI)...);
}
// a1 a3 ... b1 b3 ...
template <typename T, std::size_t... kI>
inline Lanes<T> odd(Lanes<T> a, Lanes<T> b, std::index_sequence<kI...> /*each*/) {
  return __builtin_shufflevector(a, b, (2 * kI + 1)...);
}
// a1 a2 ... b0
template <typename T, std::size_t... kI>
inline Lanes<T> shifted(Lanes<T> a, Lanes<T> b, std::index_sequence<kI...> /*each*/) {
  return __builtin_shufflevector(a, b, (kI + 1)...);
}
// The second half of a, twice.
template <typename T>
inline Lanes<T> upper(Lanes<T> a) {
  using Halves = Lanes<std::uint64_t>;
  const auto halves = reinterpret_cast<Halves>(a);
  return reinterpret_cast<Lanes<T>>(__builtin_shufflevector(halves, halves, 1, 1));
}

// The first half of the line and the second, an element of each in turn. As often as the elements
// of a register double from one, n rows of K become K rows of n; as often as K does, K rows of n
// become n rows of K.
template <typename T, std::size_t kRegisters>
inline void zip(Line<T, kRegisters>& line) {
  constexpr EachLane<T> kEach;
  constexpr std::size_t kHalf = kRegisters / 2;
  Line<T, kRegisters> old;
  std::copy_n(line, kRegisters, old);
  for (std::size_t i = 0; i < kHalf; ++i) {
    if constexpr (kRegisters % 2 == 0) {
      line[2 * i] = zip_low<T>(old[i], old[i + kHalf], kEach);
      line[2 * i + 1] = zip_high<T>(old[i], old[i + kHalf], kEach);
    } else {
      line[2 * i] = zip_low<T>(old[i], upper<T>(old[i + kHalf]), kEach);
      line[2 * i + 1] = zip_low<T>(upper<T>(old[i]), old[i + kHalf + 1], kEach);
    }
  }
  if constexpr (kRegisters % 2 != 0) {
    line[kRegisters - 1] = zip_low<T>(old[kHalf], upper<T>(old[kRegisters - 1]), kEach);
  }
}

// What undoes zip(), for three registers.
template <typename T>
inline void unzip(Line<T, 3>& line) {
  constexpr EachLane<T> kEach;
  const Lanes<T> first = even<T>(line[0], line[1], kEach);
  const Lanes<T> middle = even<T>(line[2], shifted<T>(line[0], line[0], kEach), kEach);
  line[2] = odd<T>(line[1], line[2], kEach);
  line[1] = middle;
  line[0] = first;
}

constexpr std::size_t doublings(std::size_t n) {
  std::size_t count = 0;
  for (; n > 1; n /= 2) ++count;
  return count;
}

// Columns that lie one after the other, kStep elements apart. Returns the columns done.
template <typename T, std::size_t kStep>
std::size_t split_columns(const T* from, T* to, Index to_step, std::size_t rows,
                          std::size_t columns) {
  constexpr std::size_t kN = kLanes<T>;
  // Of the last column nothing but its rows may be read.
  const std::size_t readable = columns - static_cast<std::size_t>(rows < kStep);
  std::size_t c = 0;
  for (; c + kN <= readable; c += kN) {
    Line<T, kStep> line;
    for (std::size_t i = 0; i < kStep; ++i) line[i] = load(from + c * kStep + i * kN);
    for (std::size_t i = 0; i < doublings(kN); ++i) zip<T, kStep>(line);
    for (std::size_t i = 0; i < kStep; ++i) {
      if (i < rows) store<T>(line[i], to + static_cast<Index>(i) * to_step + c);
    }
  }
  return c;
}

// Rows that are written one after the other, kColumns elements each. Returns the rows done.
template <typename T, std::size_t kColumns>
std::size_t join_columns(const T* from, Index from_step, T* to, std::size_t rows) {
  constexpr std::size_t kN = kLanes<T>;
  std::size_t r = 0;
  for (; r + kN <= rows; r += kN) {
    Line<T, kColumns> line;
    for (std::size_t i = 0; i < kColumns; ++i) {
      line[i] = load(from + static_cast<Index>(i) * from_step + r);
    }
    if constexpr (kColumns == 3) {
      for (std::size_t i = 0; i < doublings(kN); ++i) unzip<T>(line);
    } else {
      for (std::size_t i = 0; i < doublings(kColumns); ++i) zip<T, kColumns>(line);
    }
    for (std::size_t i = 0; i < kColumns; ++i) store<T>(line[i], to + r * kColumns + i * kN);
  }
  return r;
}

// Three of four elements in each half of a register: six bytes, or three elements of two bytes,
// then whatever stands behind them.
template <typename T>
inline Lanes<std::uint64_t> leave_fourths_out(Lanes<T> lanes) {
  const auto halves = reinterpret_cast<Lanes<std::uint64_t>>(lanes);
  if constexpr (sizeof(T) == 2) return halves;
  return (halves & 0xFF'FFFF) | (halves >> 8 & 0xFFFF'FF00'0000);
}

// Rows of three small elements, written one after the other: with a fourth that the next row
// overwrites, so that one more row has to follow. Returns the rows done.
template <typename T>
std::size_t join_three(const T* from, Index from_step, T* to, std::size_t rows) {
  constexpr std::size_t kN = kLanes<T>;
  if constexpr (sizeof(T) >= 4) return join_columns<T, 3>(from, from_step, to, rows);
  std::size_t r = 0;
  for (; r + kN < rows; r += kN) {
    Line<T, 4> line;
    for (std::size_t i = 0; i < 3; ++i)
      line[i] = load(from + static_cast<Index>(i) * from_step + r);
    line[3] = line[2];
    zip<T, 4>(line);
    zip<T, 4>(line);
    for (std::size_t i = 0; i < 4; ++i) {
      const Lanes<std::uint64_t> halves = leave_fourths_out<T>(line[i]);
      for (std::size_t half = 0; half < 2; ++half) {
        const std::uint64_t bits = halves[half];
        std::memcpy(to + r * 3 + (2 * i + half) * (3 * kN / 8), &bits, sizeof(bits));
      }
    }
  }
  return r;
}

// As many rows as columns as a register has elements: of the columns the first `loads` are given,
// of the rows the first `stores` wanted.
template <typename T>
void transpose_part(const T* from, Index from_step, T* to, Index to_step, std::size_t loads,
                    std::size_t stores) {
  constexpr std::size_t kN = kLanes<T>;
  Line<T, kN> line = {};
  for (std::size_t i = 0; i < kN && i < loads; ++i)
    line[i] = load(from + static_cast<Index>(i) * from_step);
  for (std::size_t i = 0; i < doublings(kN); ++i) zip<T, kN>(line);
  for (std::size_t i = 0; i < kN && i < stores; ++i)
    store<T>(line[i], to + static_cast<Index>(i) * to_step);
}

// Fewer rows than a register has elements: what stands behind them is read and left out. Returns
// the columns done.
template <typename T>
std::size_t split_few(const T* from, Index from_step, T* to, Index to_step, std::size_t rows,
                      std::size_t columns) {
  constexpr auto kN = static_cast<Index>(kLanes<T>);
  const auto count = static_cast<Index>(columns);
  Index c = 0;
  for (; c + kN < count && (count - c - kN) * from_step + static_cast<Index>(rows) >= kN; c += kN)
    transpose_part(from + c * from_step, from_step, to + c, to_step, kN, rows);
  return static_cast<std::size_t>(c);
}

// Rows of fewer elements than a register has, written one after the other: with more behind them,
// which the next rows overwrite. Returns the rows done.
template <typename T>
std::size_t join_few(const T* from, Index from_step, T* to, std::size_t rows, std::size_t columns) {
  constexpr std::size_t kN = kLanes<T>;
  std::size_t r = 0;
  for (; r + kN < rows && (rows - r - kN + 1) * columns >= kN; r += kN)
    transpose_part(from + r, from_step, to + r * columns, static_cast<Index>(columns), columns, kN);
  return r;
}

// As many rows as columns as a register has elements.
template <typename T>
inline void transpose_square(const T* from, Index from_step, T* to, Index to_step) {
  constexpr std::size_t kN = kLanes<T>;
  Line<T, kN> line;
  for (std::size_t i = 0; i < kN; ++i) line[i] = load(from + static_cast<Index>(i) * from_step);
  for (std::size_t i = 0; i < doublings(kN); ++i) zip<T, kN>(line);
  for (std::size_t i = 0; i < kN; ++i) store<T>(line[i], to + static_cast<Index>(i) * to_step);
}

template <typename T>
void transpose_plain(const T* from, Index from_step, T* to, Index to_step, std::size_t rows,
                     std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      std::memcpy(to + static_cast<Index>(r) * to_step + c,
                  from + static_cast<Index>(c) * from_step + r, sizeof(T));
    }
  }
}

// What squares leave over at the end they do again from further back.
template <typename T>
void transpose_ragged(const T* from, Index from_step, T* to, Index to_step, std::size_t rows,
                      std::size_t columns) {
  constexpr std::size_t kN = kLanes<T>;
  for (std::size_t r = 0;; r = std::min(r + kN, rows - kN)) {
    for (std::size_t c = 0;; c = std::min(c + kN, columns - kN)) {
      transpose_square(from + static_cast<Index>(c) * from_step + r, from_step,
                       to + static_cast<Index>(r) * to_step + c, to_step);
      if (c == columns - kN) break;
    }
    if (r == rows - kN) return;
  }
}

// A part that stays in the first cache.
template <typename T>
inline constexpr std::size_t kTile = std::max<std::size_t>(16, 64 / sizeof(T));

// Not part of what calls it: g++ gives out registers better so.
template <typename T>
[[gnu::noinline]] void transpose_tile(const T* from, Index from_step, T* to, Index to_step,
                                      std::size_t rows, std::size_t columns) {
  if constexpr (sizeof(T) <= 8) {
    constexpr std::size_t kN = kLanes<T>;
    if (rows == kTile<T> && columns == kTile<T>) {
      for (std::size_t r = 0; r < kTile<T>; r += kN) {
        for (std::size_t c = 0; c < kTile<T>; c += kN) {
          transpose_square(from + static_cast<Index>(c) * from_step + r, from_step,
                           to + static_cast<Index>(r) * to_step + c, to_step);
        }
      }
      return;
    }
    if (rows >= kN && columns >= kN)
      return transpose_ragged(from, from_step, to, to_step, rows, columns);
  }
  transpose_plain(from, from_step, to, to_step, rows, columns);
}

template <typename T>
void transpose_tiles(const T* from, Index from_step, T* to, Index to_step, std::size_t rows,
                     std::size_t columns) {
  for (std::size_t c = 0; c < columns; c += kTile<T>) {
    for (std::size_t r = 0; r < rows; r += kTile<T>) {
      transpose_tile(from + static_cast<Index>(c) * from_step + r, from_step,
                     to + static_cast<Index>(r) * to_step + c, to_step,
                     std::min(kTile<T>, rows - r), std::min(kTile<T>, columns - c));
    }
  }
}

}  // namespace

template <typename T>
void transpose(const T* from, Index from_step, T* to, Index to_step, std::size_t rows,
               std::size_t columns) {
  if constexpr (sizeof(T) <= 8) {
    const bool is_split = static_cast<Index>(rows) <= from_step;
    if (rows > 1 && is_split && (from_step <= 4 || rows < kLanes<T>)) {
      const std::size_t done =
          from_step == 2   ? split_columns<T, 2>(from, to, to_step, rows, columns)
          : from_step == 3 ? split_columns<T, 3>(from, to, to_step, rows, columns)
          : from_step == 4 ? split_columns<T, 4>(from, to, to_step, rows, columns)
                           : split_few(from, from_step, to, to_step, rows, columns);
      return transpose_plain(from + static_cast<Index>(done) * from_step, from_step, to + done,
                             to_step, rows, columns - done);
    }
    const bool is_joined = to_step == static_cast<Index>(columns);
    if (columns > 1 && is_joined && (columns <= 4 || columns < kLanes<T>)) {
      const std::size_t done = columns == 2   ? join_columns<T, 2>(from, from_step, to, rows)
                               : columns == 3 ? join_three(from, from_step, to, rows)
                               : columns == 4 ? join_columns<T, 4>(from, from_step, to, rows)
                                              : join_few(from, from_step, to, rows, columns);
      return transpose_plain(from + done, from_step, to + static_cast<Index>(done) * to_step,
                             to_step, rows - done, columns);
    }
  }
  transpose_tiles(from, from_step, to, to_step, rows, columns);
}

template void transpose(const std::uint8_t*, Index, std::uint8_t*, Index, std::size_t, std::size_t);
template void transpose(const std::uint16_t*, Index, std::uint16_t*, Index, std::size_t,
                        std::size_t);
template void transpose(const std::uint32_t*, Index, std::uint32_t*, Index, std::size_t,
                        std::size_t);
template void transpose(const std::uint64_t*, Index, std::uint64_t*, Index, std::size_t,
                        std::size_t);
template void transpose(const Element16*, Index, Element16*, Index, std::size_t, std::size_t);

}  // namespace slipway
