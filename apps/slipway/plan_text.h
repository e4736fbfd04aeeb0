// What compile and inspect show of a plan.
#pragma once

#include <string>
#include <vector>

#include "compile/compile.h"
#include "compile/plan_summary.h"
#include "graph/graph.h"

namespace slipway {

// "warning: ..." naming the operators without a kernel of their own; "" where every step has one.
std::string reference_warning(const compile::PlanSummary& summary);

// "227 KiB of weights, 5.5 KiB of memory for a run, 1.11 M multiply-adds"
std::string costs_text(const compile::PlanSummary& summary);

// A step by its node's name: "conv5 (Conv)" for "node conv5 (Conv)".
std::string_view step_name(std::string_view name);

struct PlanTextOptions {
  std::size_t width_columns = 100;
  std::span<const compile::StepNote> notes;  // of the steps, where the plan was just compiled
};

// Signature, costs and steps.
std::string plan_text(const compile::PlanSummary& summary, const Graph& signature,
                      const PlanTextOptions& options);
std::string steps_text(const compile::PlanSummary& summary, const PlanTextOptions& options);

// `compiled`, where there is one, adds what its passes did and the notes of its steps.
std::string plan_json(const compile::PlanSummary& summary, const Graph& signature,
                      const compile::Compiled* compiled = nullptr);

}  // namespace slipway
