// The known word that a misspelt one most likely means.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace slipway {

// Empty when none is near: more than a third of the letters would have to change. Looks at the
// first 4096 known words.
std::string nearest(std::string_view word, std::span<const std::string> known);

}  // namespace slipway
