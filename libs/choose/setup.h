// What can be tried: an engine, a precision, a number of threads; with fewer channels, with windows
// that slide.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <vector>

#include "report/report.h"

namespace slipway::choose {

struct Setup {
  std::string engine;
  std::string precision;
  std::size_t threads = 1;
  double pruned = 0;    // the share of channels that the model has less
  bool slides = false;  // a run takes what is new of the windows, and the session keeps the rest

  friend bool operator==(const Setup&, const Setup&) = default;
  friend std::partial_ordering operator<=>(const Setup&, const Setup&) = default;
};

// As the report names it, and back.
report::Candidate candidate_of(const Setup& setup);
Setup setup_of(const report::Candidate& candidate);

std::string label(const Setup& setup);  // "native int8, 20 % pruned, sliding, 2 threads"
std::string form(const Setup& setup);   // "int8, 20 % pruned, sliding": whoever runs it

// Setups that differ in their threads alone run the same file and compute the same.
Setup without_threads(Setup setup);

// The most exact first: f32 is 0. What is unknown comes last.
std::size_t precision_rank(const std::string& precision);

}  // namespace slipway::choose
