// What `slipway bench` takes.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/options.h"
#include "measure/load.h"

namespace slipway {

std::span<const Option> bench_options();

struct BenchRequest {
  measure::LoadOptions load;  // without sensors
  std::size_t sessions = 1;
  std::size_t threads = 1;
  std::string csv;  // a file; empty: none
};

Result<BenchRequest> parse_bench(const Arguments& arguments);

// "30m", "90s", "1h"; a number alone is seconds.
Result<double> parse_duration(std::string_view option, std::string_view text, double most_s);
// "1%", "0.01": 0.01.
Result<double> parse_share(std::string_view option, std::string_view text);

}  // namespace slipway
