// Which models are measured, and how they are prepared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "compile/compile.h"
#include "kernels/gemm/pack.h"

namespace slipway::bench {

struct Entry {
  std::string name;
  std::filesystem::path model;
  std::string precision = "f32";
  std::int64_t batch = 1;
  double tolerance = 1e-3;                // of an output's largest magnitude
  double mean_tolerance = 0;              // in its place, if not 0, for the root mean square
  WeightType weights = WeightType::kF32;  // as Slipway stores them
  // Windows that slide in Slipway, by one position a run; ONNX Runtime takes them whole.
  std::vector<compile::Slide> slides = {};
};

// The built-in list. `made`: the folder that make_models.py filled; other files are the examples',
// from the repository's root.
std::vector<Entry> built_in_models(const std::filesystem::path& made);

// A file as it was named: its name without the ending, and, where it has quantised tensors, the
// precision and the tolerance of 8 bits.
Entry named_model(const std::filesystem::path& path, std::int64_t batch);

struct Prepared {
  std::map<std::string, std::int64_t> extents;  // of every open dimension
  std::uint64_t multiply_adds = 0;
  std::uint64_t plan_multiply_adds = 0;  // fewer where the plan computes less
  std::size_t steps = 0;
  std::size_t interpreted_steps = 0;
  double compile_ms = 0;
};

// Compiles the model and writes the plan.
Result<Prepared> prepare_model(const Entry& entry, const std::map<std::string, std::int64_t>& dims,
                               const std::filesystem::path& plan);

}  // namespace slipway::bench
