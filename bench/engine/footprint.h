// Load time and memory of an engine, measured in a process that does nothing else.
#pragma once

#include <string>

#include "base/result.h"
#include "engine.h"

namespace slipway::bench {

struct Footprint {
  double load_ms = 0;  // the median of several processes
  long rss_kib = 0;    // resident after loading and one run
};

// Slipway: bench_footprint, beside this program, which is libslipway.so and nothing else. ONNX
// Runtime: this program again, as `footprint MODEL PLAN LIBRARY THREADS WINDOW-PLAN AXIS
// [SYMBOL=EXTENT]...`.
Result<Footprint> measure_footprint(EngineKind kind, const Subject& subject,
                                    const std::string& library, std::size_t processes);

// What that process of ONNX Runtime does: prints the footprint. The words after `footprint`.
Status print_footprint(const std::vector<std::string>& words);

}  // namespace slipway::bench
