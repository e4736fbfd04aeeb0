// Convolution as docs/numerics.md defines it, on plain tensors, for the tests of the kernels.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/conv/shape.h"
#include "kernels/numeric/convolution.h"
#include "kernels/numeric/winograd.h"

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

// The same of a convolution that is_winograd.
inline std::vector<float> defined_winograd(const ConvShape& s, const std::vector<float>& x,
                                           const std::vector<float>& weights) {
  std::vector<float> y(s.batch * s.out_channels * s.out_positions());
  const auto value_at = [&](const float* plane, std::ptrdiff_t row, std::ptrdiff_t column) {
    const bool is_inside = row >= 0 && row < static_cast<std::ptrdiff_t>(s.height.input) &&
                           column >= 0 && column < static_cast<std::ptrdiff_t>(s.width.input);
    return is_inside ? plane[row * static_cast<std::ptrdiff_t>(s.width.input) + column] : 0.0F;
  };
  for (std::size_t m = 0; m < s.batch * s.out_channels; ++m) {
    const float* const image = x.data() + m / s.out_channels * s.in_channels * s.in_positions();
    const float* const filters = weights.data() + m % s.out_channels * s.in_channels * 9;
    for (std::size_t top = 0; top < s.height.output; top += 2) {
      for (std::size_t left = 0; left < s.width.output; left += 2) {
        float sums[16] = {};
        for (std::size_t c = 0; c < s.in_channels; ++c) {
          float patch[16];
          float points[16];
          float filter[16];
          for (std::size_t i = 0; i < 16; ++i) {
            patch[i] = value_at(image + c * s.in_positions(),
                                static_cast<std::ptrdiff_t>(top + i / 4) - s.height.pad,
                                static_cast<std::ptrdiff_t>(left + i % 4) - s.width.pad);
          }
          numeric::winograd_input(patch, points);
          numeric::winograd_filter(filters + c * 9, filter);
          for (std::size_t i = 0; i < 16; ++i) sums[i] = std::fma(points[i], filter[i], sums[i]);
        }
        float outputs[4];
        numeric::winograd_output(sums, outputs);
        for (std::size_t i = 0; i < 4; ++i) {
          const std::size_t row = top + i / 2;
          const std::size_t column = left + i % 2;
          if (row < s.height.output && column < s.width.output)
            y[(m * s.height.output + row) * s.width.output + column] = outputs[i];
        }
      }
    }
  }
  return y;
}

}  // namespace slipway
