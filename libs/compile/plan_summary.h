// What a plan holds, in words: its signature, its memory and its steps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "plan/plan.h"

namespace slipway::compile {

struct PlanStep {
  std::string name;
  std::string kernel;
  // Those that run by the reference implementation, and how often each; empty where the kernel is
  // one of its own.
  std::vector<std::pair<std::string, std::size_t>> interpreted;
  std::string output;  // the first: "float[1,64,50] blocked"
  std::uint64_t weight_bytes = 0;
  std::string_view weight_type;  // "f16"; empty where they are floats or there are none
  std::uint64_t multiply_adds = 0;
};

struct PlanSummary {
  std::string name;
  std::uint64_t file_bytes = 0;
  std::uint64_t weight_bytes = 0;
  std::uint64_t arena_bytes = 0;    // at batch 1
  std::uint64_t multiply_adds = 0;  // at batch 1
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<PlanStep> steps;
};

Result<PlanSummary> summarize(const plan::Plan& plan);

// The inputs and outputs as a graph without nodes, so that data is bound to a plan as it is to a
// model. The batch, where the plan leaves it open, is the symbol kBatchSymbol.
inline constexpr std::string_view kBatchSymbol = "batch";
Graph signature(const plan::Plan& plan);

// Operators of the steps that run by the reference implementation, the most frequent first.
std::vector<std::pair<std::string, std::size_t>> interpreted_operators(const PlanSummary& summary);

}  // namespace slipway::compile
