// The known word that a misspelt one most likely means.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace slipway {

// Empty when none is near: more than a third of the letters would have to change.
std::string nearest(std::string_view word, std::span<const std::string> known);

}  // namespace slipway
