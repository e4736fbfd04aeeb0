// What `slipway optimize` shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "optimize/check_same.h"
#include "optimize/optimize.h"

namespace slipway {

struct OptimizeReport {
  struct Files {
    std::string path;
    std::uint64_t before_bytes = 0;
    std::uint64_t after_bytes = 0;
  };

  optimize::Outcome outcome;
  optimize::Size before, after;
  std::int64_t before_opset = 0, after_opset = 0;
  std::optional<optimize::CheckReport> check;
  bool on_given_data = false;  // the check was
  std::optional<Files> files;
};

// Lines without the last newline.
std::string optimize_text(const OptimizeReport& report);
std::string optimize_json(const OptimizeReport& report);

// The table of passes.
std::string passes_text(std::size_t width);

}  // namespace slipway
