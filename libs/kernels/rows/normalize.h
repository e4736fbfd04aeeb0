// Softmax and the normalisations, with the bits of numeric/reduce.h. Rows are contiguous, one after
// the other, and independent: a caller that splits them moves the pointers. y may be x.
#pragma once

#include <cstddef>

#include "kernels/activation.h"
#include "kernels/simd/isa.h"

namespace slipway {

// The elements of a channel, in planes [rows, inner]: row r belongs to channel r % channels.
struct ChannelPlanes {
  std::size_t rows = 0;
  std::size_t inner = 0;
  std::size_t first_row = 0;  // the channel of the first row counts from here
  std::size_t channels = 1;
};

// A normalisation written as nodes, every result rounded: d = x - mean (or x, for the root mean
// square), v = mean of d * d, s = sqrt(v + epsilon), q = d / s (or d * (1 / s)), then q * scale,
// then + bias.
struct WrittenNorm {
  bool is_rms = false;
  bool is_quotient = false;
  float epsilon = 0;
};

struct NormalizeKernels {
  void (*softmax)(const float* x, float* y, std::size_t rows, std::size_t n);
  void (*log_softmax)(const float* x, float* y, std::size_t rows, std::size_t n);

  // Along the middle of [outer, length, inner]: of one outer matrix, columns begin .. end. x and y
  // are that matrix.
  void (*softmax_columns)(const float* x, float* y, std::size_t length, std::size_t inner,
                          std::size_t begin, std::size_t end);
  void (*log_softmax_columns)(const float* x, float* y, std::size_t length, std::size_t inner,
                              std::size_t begin, std::size_t end);

  // scale and bias have n elements; either may be null.
  void (*layer_norm)(const float* x, float* y, std::size_t rows, std::size_t n, float epsilon,
                     const float* scale, const float* bias);
  void (*rms_norm)(const float* x, float* y, std::size_t rows, std::size_t n, float epsilon,
                   const float* scale, const float* bias);

  void (*written_norm)(const float* x, float* y, std::size_t rows, std::size_t n, WrittenNorm form,
                       const float* scale, const float* bias);

  // Group and instance normalisation: a row is a group of `group_channels` channels of `inner`
  // elements; row r is group (first_row + r) % groups. scale and bias have an element a channel,
  // [groups * group_channels], or one a group.
  void (*group_norm)(const float* x, float* y, std::size_t rows, std::size_t first_row,
                     std::size_t groups, std::size_t group_channels, std::size_t inner,
                     float epsilon, const float* scale, const float* bias, bool is_per_group);

  // y = activation of fma(x - mean, factor, bias), each with an element a channel.
  void (*batch_norm)(const float* x, float* y, ChannelPlanes planes, const float* mean,
                     const float* factor, const float* bias, ActivationSpec activation);

  // The same of blocks of sixteen channels, of which a plane is one: [rows, inner, 16].
  void (*batch_norm_blocks)(const float* x, float* y, ChannelPlanes planes, const float* mean,
                            const float* factor, const float* bias, ActivationSpec activation);
};

const NormalizeKernels& normalize_kernels(Isa isa);

// factor[c] = scale[c] / sqrt(variance[c] + epsilon), for batch_norm.
void batch_norm_factors(const float* scale, const float* variance, float epsilon,
                        std::size_t channels, float* factor);

}  // namespace slipway
