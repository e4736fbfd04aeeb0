#include "ops/signal/fourier.h"

#include <numbers>

#include "kernels/numeric/float_math.h"

namespace slipway {
namespace {

using Complex = std::complex<double>;

// Without the checks for infinities that the operators of std::complex make.
Complex multiply(const Complex& a, const Complex& b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

}  // namespace

Fourier::Fourier(std::size_t length, bool inverse) : inverse_(inverse), twiddles_(length) {
  for (std::size_t k = 0; k < length; ++k) {
    const double angle =
        2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(length);
    const double sine = numeric::sin(angle);
    twiddles_[k] = {numeric::cos(angle), inverse ? sine : -sine};
  }
}

void Fourier::transform(std::span<const Complex> x, std::span<Complex> y) const {
  transform(x.data(), 1, y.data(), length());
  if (!inverse_) return;
  for (Complex& value : y) value /= static_cast<double>(length());
}

void Fourier::transform(const Complex* x, std::size_t step, Complex* y, std::size_t count) const {
  if (count % 2 == 0) {
    const std::size_t half = count / 2;
    transform(x, 2 * step, y, half);
    transform(x + step, 2 * step, y + half, half);
    for (std::size_t k = 0; k < half; ++k) {
      const Complex even = y[k];
      const Complex odd = multiply(y[k + half], twiddles_[k * step]);
      y[k] = even + odd;
      y[k + half] = even - odd;
    }
    return;
  }
  for (std::size_t k = 0; k < count; ++k) {
    Complex sum = x[0];
    std::size_t turn = 0;  // k n modulo count
    for (std::size_t n = 1; n < count; ++n) {
      turn += k;
      if (turn >= count) turn -= count;
      sum += multiply(x[n * step], twiddles_[turn * step]);
    }
    y[k] = sum;
  }
}

}  // namespace slipway
