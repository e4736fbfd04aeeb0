// The discrete Fourier transform of any length, in double: halves while the length is even, then a
// direct sum in order.
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

namespace slipway {

class Fourier {
 public:
  // The inverse transform divides by the length. length must be positive.
  Fourier(std::size_t length, bool inverse);

  std::size_t length() const { return twiddles_.size(); }

  // y[k] = sum over n of x[n] exp(-+2 pi i k n / length). Both of the given length, not
  // overlapping.
  void transform(std::span<const std::complex<double>> x, std::span<std::complex<double>> y) const;

 private:
  void transform(const std::complex<double>* x, std::size_t step, std::complex<double>* y,
                 std::size_t count) const;

  bool inverse_;
  std::vector<std::complex<double>> twiddles_;  // exp(-+2 pi i k / length)
};

}  // namespace slipway
