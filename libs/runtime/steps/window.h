// The sliding windows of convolutions and poolings: from parameters to the kernels' axes.
#pragma once

#include <array>
#include <span>

#include "kernels/conv/shape.h"
#include "plan/params.h"
#include "runtime/step.h"

namespace slipway::runtime {

// Of one to three spatial axes, the last of depth, height and width. The first input and the only
// output are float tensors of one rank, [N, C, spatial...].
inline Status read_axes(const Binder& binder, std::span<const plan::ConvAxisParams, 3> params,
                        std::array<ConvAxis*, 3> axes) {
  const Operand& x = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  if (x.rank() < 3 || x.rank() > 5 || y.rank() != x.rank() || x.dtype != DType::kFloat32 ||
      y.dtype != DType::kFloat32 || x.elements == 0 || y.elements == 0) {
    return binder.error("its window slides over tensors of an unknown form");
  }
  const std::size_t spatial = x.rank() - 2;
  for (std::size_t i = 0; i < spatial; ++i) {
    const plan::ConvAxisParams& p = params[i];
    constexpr std::uint32_t kMost = 1U << 20;
    constexpr std::int64_t kMostExtent = std::int64_t{1} << 31;
    const std::int64_t in = x.dim(2 + i);
    const std::int64_t out = y.dim(2 + i);
    if (p.kernel == 0 || p.stride == 0 || p.dilation == 0 || p.kernel > kMost || p.stride > kMost ||
        p.dilation > kMost || in > kMostExtent || out > kMostExtent) {
      return binder.error("its window is out of range");
    }
    *axes[3 - spatial + i] = {static_cast<std::size_t>(in),
                              static_cast<std::size_t>(out),
                              p.kernel,
                              p.stride,
                              p.dilation,
                              p.pad};
  }
  return {};
}

}  // namespace slipway::runtime
