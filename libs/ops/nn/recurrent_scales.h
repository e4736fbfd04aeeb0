// Recurrent nodes whose weights are whole numbers, made by passes and never in a file: the scale of
// each row of W and of R, in attributes. Their products are those of docs/numerics.md, "Weights of
// int8".
#pragma once

#include <string_view>

namespace slipway {

inline constexpr std::string_view kInputScale = "w_scale";
inline constexpr std::string_view kStateScale = "r_scale";

}  // namespace slipway
