// The command line of slipway quantize, as what it asks for.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "cli/options.h"
#include "quantize/options.h"

namespace slipway {

struct QuantizeRequest {
  quantize::Options options;
  std::string input, output;
  std::string samples, labels;        // empty: not given
  std::string cache, tensorrt_cache;  // empty: not given
  std::optional<double> max_drop;     // a share of 1

  bool is_static() const {
    return !options.is_dynamic &&
           (options.to == quantize::Precision::kInt8 || options.to == quantize::Precision::kUint8);
  }
};

std::span<const Option> quantize_options();
Result<QuantizeRequest> parse_quantize_request(const Arguments& arguments);

}  // namespace slipway
