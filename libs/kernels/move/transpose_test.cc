#include "kernels/move/transpose.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "kernels/move/by_size.h"

namespace slipway {
namespace {

struct Matrix {
  std::size_t rows, columns;
  std::size_t from_step, to_step;
};

// Both sides hold what they have to and no more: what reads or writes further the sanitizers see.
// Elements between the rows of the target stay as they are.
template <typename T>
void check(const Matrix& m) {
  std::vector<T> from((m.columns - 1) * m.from_step + m.rows);
  auto* const bytes = reinterpret_cast<std::uint8_t*>(from.data());
  std::uint32_t state = 12345;
  for (std::size_t i = 0; i < from.size() * sizeof(T); ++i) {
    state = state * 1664525U + 1013904223U;
    bytes[i] = static_cast<std::uint8_t>(state >> 24);
  }
  std::vector<T> to((m.rows - 1) * m.to_step + m.columns);
  std::memset(to.data(), 0xEE, to.size() * sizeof(T));
  std::vector<T> want = to;
  for (std::size_t r = 0; r < m.rows; ++r) {
    for (std::size_t c = 0; c < m.columns; ++c) {
      want[r * m.to_step + c] = from[c * m.from_step + r];
    }
  }
  transpose(from.data(), static_cast<std::ptrdiff_t>(m.from_step), to.data(),
            static_cast<std::ptrdiff_t>(m.to_step), m.rows, m.columns);
  EXPECT_EQ(std::memcmp(to.data(), want.data(), to.size() * sizeof(T)), 0)
      << m.rows << " rows " << m.to_step << " apart, " << m.columns << " columns " << m.from_step
      << " apart, elements of " << sizeof(T);
}

void check_all_sizes(const Matrix& m) {
  for (const std::size_t bytes : {1, 2, 4, 8, 16}) {
    by_size(bytes, [&]<typename T>(T /*type*/) { check<T>(m); });
  }
}

constexpr std::size_t kLengths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 48, 49, 64, 100};

TEST(Transpose, FewRowsOfInterleavedColumns) {
  for (std::size_t step = 1; step <= 18; ++step) {
    for (std::size_t rows = 1; rows <= step; ++rows) {
      for (const std::size_t columns : kLengths) {
        check_all_sizes({rows, columns, step, columns});
        check_all_sizes({rows, columns, step, columns + 5});
      }
    }
  }
}

TEST(Transpose, FewColumnsThatBecomeInterleaved) {
  for (std::size_t columns = 1; columns <= 17; ++columns) {
    for (const std::size_t rows : kLengths) {
      check_all_sizes({rows, columns, rows, columns});
      check_all_sizes({rows, columns, rows + 3, columns});
      check_all_sizes({rows, columns, rows, columns + 2});
    }
  }
}

TEST(Transpose, MatricesOfManySizes) {
  for (const std::size_t rows : kLengths) {
    for (const std::size_t columns : kLengths) {
      check_all_sizes({rows, columns, rows, columns});
      check_all_sizes({rows, columns, rows + 9, columns + 1});
    }
  }
}

// Steps that go back, over columns and over rows.
TEST(Transpose, Backwards) {
  constexpr std::size_t kRows = 33;
  constexpr std::size_t kColumns = 18;
  std::vector<std::uint8_t> source(kRows * kColumns);
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<std::uint8_t>(i * 7);
  std::vector<std::uint8_t> to(kRows * kColumns);
  transpose(source.data() + (kColumns - 1) * kRows, -static_cast<std::ptrdiff_t>(kRows),
            to.data() + (kRows - 1) * kColumns, -static_cast<std::ptrdiff_t>(kColumns), kRows,
            kColumns);
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t c = 0; c < kColumns; ++c) {
      ASSERT_EQ(to[(kRows - 1 - r) * kColumns + c], source[(kColumns - 1 - c) * kRows + r]);
    }
  }
}

}  // namespace
}  // namespace slipway
