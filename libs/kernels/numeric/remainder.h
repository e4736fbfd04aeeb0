// The remainder of a division of floats that is rounded towards zero.
#pragma once

namespace slipway::numeric {

// std::fmod, which is exact.
float fmod(float a, float b);

}  // namespace slipway::numeric
