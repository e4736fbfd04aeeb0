// The sliding windows of convolutions and poolings: from parameters to the kernels' axes.
#pragma once

#include <array>
#include <span>

#include "kernels/conv/shape.h"
#include "plan/params.h"
#include "runtime/step.h"

namespace slipway::runtime {

inline Status read_axis(const Binder& binder, const plan::ConvAxisParams& p, std::int64_t input,
                        std::int64_t output, ConvAxis& axis) {
  constexpr std::uint32_t kMost = 1U << 20;
  constexpr std::int64_t kMostExtent = std::int64_t{1} << 31;
  if (p.kernel == 0 || p.stride == 0 || p.dilation == 0 || p.kernel > kMost || p.stride > kMost ||
      p.dilation > kMost || input > kMostExtent || output > kMostExtent) {
    return binder.error("its window is out of range");
  }
  axis = {static_cast<std::size_t>(input),
          static_cast<std::size_t>(output),
          p.kernel,
          p.stride,
          p.dilation,
          p.pad};
  return {};
}

// Of one to three spatial axes, the last of depth, height and width. The first input and the only
// output are tensors of one rank, [N, C, spatial...].
inline Status read_windows(const Binder& binder, std::span<const plan::ConvAxisParams, 3> params,
                           std::array<ConvAxis*, 3> axes) {
  const Operand& x = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  if (x.rank() < 3 || x.rank() > 5 || y.rank() != x.rank() || x.elements == 0 || y.elements == 0) {
    return binder.error("its window slides over tensors of an unknown form");
  }
  const std::size_t spatial = x.rank() - 2;
  for (std::size_t i = 0; i < spatial; ++i)
    TRY(read_axis(binder, params[i], x.dim(2 + i), y.dim(2 + i), *axes[3 - spatial + i]));
  return {};
}

// Those of floats.
inline Status read_axes(const Binder& binder, std::span<const plan::ConvAxisParams, 3> params,
                        std::array<ConvAxis*, 3> axes) {
  if (binder.inputs[0]->dtype != DType::kFloat32 || binder.outputs[0]->dtype != DType::kFloat32)
    return binder.error("its window slides over tensors that are not floats");
  return read_windows(binder, params, axes);
}

}  // namespace slipway::runtime
