// What stands at the other end of a stream.
#pragma once

#include <cstddef>
#include <cstdio>

namespace slipway {

bool is_terminal(std::FILE* stream);

// A terminal that knows colour, and the person has not set NO_COLOR.
bool wants_colour(std::FILE* stream);

// The terminal's columns, or COLUMNS when set to a sane number; 100 in a pipe.
std::size_t width_columns(std::FILE* stream);

}  // namespace slipway
