// The rows of the benchmark as a table and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine.h"
#include "footprint.h"
#include "measure.h"

namespace slipway::bench {

struct Row {
  std::string model;
  std::string precision;
  EngineKind engine = EngineKind::kSlipway;
  std::size_t threads = 1;
  Timing timing;
  Footprint footprint;
  double ratio = 0;                 // ONNX Runtime's p50 over Slipway's; of Slipway's rows
  std::uint64_t library_bytes = 0;  // of the engine's shared library, where it has one
  double share_of_peak = 0;         // of measured float32 multiply-adds; 0 where it says nothing
};

// Two rows a model, Slipway's with the ratio.
std::string rows_text(const std::vector<Row>& rows, std::size_t width_columns);

// An array with one object a line.
std::string rows_json(const std::vector<Row>& rows);

}  // namespace slipway::bench
