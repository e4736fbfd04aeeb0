// Convolution as docs/numerics.md defines it, on plain tensors, for the tests of the kernels.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/conv/shape.h"
#include "kernels/numeric/convolution.h"

namespace slipway {

// x [batch][groups * in_channels][positions], weights [groups * out_channels][in_channels][taps].
// The sums, without a bias.
template <typename T>
std::vector<T> defined_convolution(const ConvShape& s, const std::vector<T>& x,
                                   const std::vector<T>& weights) {
  const std::size_t taps = s.kernel_positions();
  std::vector<T> y;
  for (std::size_t m = 0; m < s.batch * s.groups * s.out_channels; ++m) {
    const std::size_t image = m / s.out_channels;  // and group
    const T* w = weights.data() + m % (s.groups * s.out_channels) * s.in_channels * taps;
    for (std::size_t o = 0; o < s.out_positions(); ++o) {
      T sum = 0;
      for (std::size_t k = 0; k < s.in_channels * taps; ++k) {
        const numeric::Tap tap = numeric::convolution_tap(k, s.in_channels, taps);
        std::ptrdiff_t at = 0;
        bool is_inside = true;
        std::size_t out = o;
        std::size_t kernel = tap.position;
        std::ptrdiff_t pitch = 1;
        for (const ConvAxis* axis : {&s.width, &s.height, &s.depth}) {
          const std::ptrdiff_t i = axis->at(out % axis->output, kernel % axis->kernel);
          is_inside = is_inside && i >= 0 && i < static_cast<std::ptrdiff_t>(axis->input);
          at += i * pitch;
          pitch *= static_cast<std::ptrdiff_t>(axis->input);
          out /= axis->output;
          kernel /= axis->kernel;
        }
        if (!is_inside) continue;
        const std::size_t plane = (image * s.in_channels + tap.channel) * s.in_positions();
        sum = std::fma(x[plane + static_cast<std::size_t>(at)],
                       w[tap.channel * taps + tap.position], sum);
      }
      y.push_back(sum);
    }
  }
  return y;
}

}  // namespace slipway
