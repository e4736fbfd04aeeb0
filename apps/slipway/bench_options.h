// What `slipway bench` takes.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/options.h"
#include "measure/load.h"
#include "run_inputs.h"

namespace slipway {

std::span<const Option> bench_options();

struct BenchRequest {
  measure::LoadOptions load;  // without sensors
  std::size_t sessions = 1;
  std::size_t threads = 1;
  std::string csv;  // a file; empty: none
};

Result<BenchRequest> parse_bench(const Arguments& arguments);

// How many samples a run takes when the data decides: the extent that it gave to the open first
// dimension of the first input; `otherwise` where that is not open.
std::size_t samples_in(const BoundInputs& bound, const Graph& graph, std::size_t otherwise);

// "30m", "90s", "1h"; a number alone is seconds.
Result<double> parse_duration(std::string_view option, std::string_view text, double most_s);
// "1%", "0.01": 0.01.
Result<double> parse_share(std::string_view option, std::string_view text);

}  // namespace slipway
