// The parameters of steps, as a plan holds them: little-endian, no padding that is not named. What
// a tensor's shape says is not repeated here.
#pragma once

#include <cstdint>

namespace slipway::plan {

struct UnaryParams {
  std::uint32_t function;  // Unary
  float alpha;
  float beta;
};

}  // namespace slipway::plan
