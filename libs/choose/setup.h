// What can be tried: an engine, a precision, a number of threads.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace slipway::choose {

struct Setup {
  std::string engine;
  std::string precision;
  std::size_t threads = 1;

  friend bool operator==(const Setup&, const Setup&) = default;
};

std::string label(const Setup& setup);  // "native int8, 2 threads"

// The most exact first: f32 is 0. What is unknown comes last.
std::size_t precision_rank(const std::string& precision);

}  // namespace slipway::choose
