// Products of columns of a table, as polynomial features are. Nothing here depends on the
// instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace slipway {

inline constexpr std::size_t kMostFactors = 16;

struct ColumnProducts {
  std::size_t columns = 0;
  std::size_t outputs = 0;
  std::size_t width = 1;                  // 1, 2, 4, 8 or 16
  const std::int32_t* factors = nullptr;  // [outputs, width]: a column, or `columns` for a 1
};

// Floats of memory that multiply_columns needs besides its operands.
constexpr std::size_t column_products_scratch(const ColumnProducts& products) {
  return products.columns + 1;
}

// y[r, o] for rows x[rows, columns]: factor j takes in factor j + width / 2, then quarters, and so
// on: the bits of numeric::product.
void multiply_columns(const ColumnProducts& products, const float* x, std::size_t rows, float* y,
                      float* scratch);

}  // namespace slipway
