// A plan under load, read or made of a model here: by Slipway's own runtime, with what only it can
// tell.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench_options.h"
#include "cli/options.h"
#include "measure/json.h"
#include "plan/plan.h"
#include "runtime/session.h"

namespace slipway {

struct PlanLoad {
  std::shared_ptr<const plan::Plan> plan;
  std::vector<std::unique_ptr<runtime::Session>> sessions;  // one a stream
  double compile_s = 0;  // of a model: reading, checking and compiling it
  double prepare_s = 0;  // of the first session; of a plan: reading it, too
  measure::LoadResult result;
  std::vector<runtime::StepTime> steps;  // with --profile, of as many runs again
  std::size_t profiled_runs = 0;
};

Result<PlanLoad> run_plan_load(const Arguments& arguments, const BenchRequest& request);

// The lines that stand below the latencies, and the steps where there are some.
std::string plan_costs_text(const PlanLoad& load);
std::string profile_text(const PlanLoad& load);
// Into a result that has the times of runs.
void add_plan_json(measure::Json& root, const PlanLoad& load);
void add_steps_json(measure::Json& root, const PlanLoad& load);

}  // namespace slipway
