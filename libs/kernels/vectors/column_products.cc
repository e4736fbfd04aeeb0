#include "kernels/vectors/column_products.h"

#include <algorithm>

namespace slipway {
namespace {

template <std::size_t kWidth>
void multiply_row(const ColumnProducts& products, const float* x, float* y) {
  const std::int32_t* factors = products.factors;
  for (std::size_t o = 0; o < products.outputs; ++o, factors += kWidth) {
    float value[kWidth];
    for (std::size_t j = 0; j < kWidth; ++j) value[j] = x[factors[j]];
    for (std::size_t half = kWidth / 2; half != 0; half /= 2) {
      for (std::size_t j = 0; j < half; ++j) value[j] *= value[j + half];
    }
    y[o] = value[0];
  }
}

}  // namespace

void multiply_columns(const ColumnProducts& products, const float* x, std::size_t rows, float* y,
                      float* scratch) {
  scratch[products.columns] = 1.0F;
  for (std::size_t row = 0; row < rows; ++row) {
    std::copy_n(x + row * products.columns, products.columns, scratch);
    float* const to = y + row * products.outputs;
    switch (products.width) {
      case 1:
        multiply_row<1>(products, scratch, to);
        break;
      case 2:
        multiply_row<2>(products, scratch, to);
        break;
      case 4:
        multiply_row<4>(products, scratch, to);
        break;
      case 8:
        multiply_row<8>(products, scratch, to);
        break;
      default:
        multiply_row<16>(products, scratch, to);
        break;
    }
  }
}

}  // namespace slipway
