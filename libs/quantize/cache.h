// What calibration learned, as a file: docs/formats/calibration-cache.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/learned.h"
#include "quantize/options.h"

namespace slipway::quantize {

// Of a model's operators and constants, whatever file they came from.
std::uint64_t model_hash(const Model& model);

std::string cache_text(const Learned& learned, std::uint64_t hash, const Options& options);

// kInvalid: not a cache, a damaged one, or one of another model or of other options, and which.
Result<Learned> parse_cache(std::string_view text, std::uint64_t hash, const Options& options);

// As TensorRT reads it: a line that names the calibrator, then `name: hex` for each value, the hex
// digits those of the float scale's bits. Scales are symmetric: the range's greater end / 127.
std::string tensorrt_cache_text(const std::map<std::string, Range>& ranges, Method method);

}  // namespace slipway::quantize
