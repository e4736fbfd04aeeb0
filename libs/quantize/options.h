// What `slipway quantize` can be asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway::quantize {

enum class Precision : std::uint8_t {
  kInt8,         // activations int8, weights int8
  kUint8,        // activations uint8, weights int8
  kFloat16,      // weights and arithmetic
  kBfloat16,     // weights; arithmetic in float
  kInt8Weights,  // weights; arithmetic in float
};
std::string_view name(Precision precision);
Result<Precision> parse_precision(std::string_view text);

// How the range of an activation is chosen from what the samples showed (range.h).
enum class Method : std::uint8_t { kMinMax, kEntropy, kPercentile, kMse };
std::string_view name(Method method);
Result<Method> parse_method(std::string_view text);

struct Options {
  Precision to = Precision::kInt8;
  bool is_dynamic = false;     // ranges are found as the model runs: no samples
  bool is_qoperator = false;   // operators of integers in the place of Q/DQ around those of floats
  bool is_per_tensor = false;  // one scale for all of a weight, not one a channel
  bool is_symmetric = false;   // zero points of activations are 0
  bool equalizes = true;       // equalize.h
  bool corrects_bias = true;   // correct_bias.h
  bool keeps_io = false;       // of halves: inputs and outputs stay float
  Method method = Method::kMse;
  double percentile = 99.99;         // of kPercentile: the share of values in range, in per cent
  std::vector<std::string> exclude;  // nodes that stay as they are
  std::vector<std::string> only;     // where not empty: all others do
  std::map<std::string, std::int64_t> dims;  // extents of open dimensions, for runs on samples
};

// How far a long step has come, a share of 1.
using Progress = std::function<void(std::string_view what, double share)>;

}  // namespace slipway::quantize
