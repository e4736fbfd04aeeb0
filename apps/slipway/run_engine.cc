#include "run_engine.h"

#include <chrono>

#include "base/str.h"
#include "compile/plan_summary.h"
#include "console.h"
#include "engines/values.h"
#include "plan_session.h"

namespace slipway {

Result<std::map<std::string, std::string>> parse_engine_options(
    const std::vector<std::string>& words) {
  std::map<std::string, std::string> options;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error{Code::kUsage,
                   str("--engine-option needs NAME=VALUE, as in --engine-option provider=cuda, "
                       "not '",
                       word, "'")};
    }
    if (!options.emplace(word.substr(0, equals), word.substr(equals + 1)).second)
      return Error{Code::kUsage, str("the option ", word.substr(0, equals), " is given twice")};
  }
  return options;
}

Result<EngineRun> run_by_engine(const engines::Engine& engine, engines::Subject subject,
                                const BoundInputs& bound) {
  const bool is_plan = is_plan_file(subject.model);
  for (const auto& [name, extent] : bound.extents) {
    if (is_plan && name == compile::kBatchSymbol) {
      subject.batch = extent;
    } else {
      subject.dims[name] = extent;
    }
  }
  const auto session = TRY(engine.open(subject, [](std::string_view what, double share) {
    say(share < 0 ? std::string(what) : str(what, ", ", static_cast<int>(share * 100), " %"));
  }));
  std::vector<NamedValue> inputs;
  for (const BoundInput& input : bound.inputs) inputs.push_back(input.value);
  engines::Values values = TRY(engines::Values::create(*session, inputs));
  const auto start = std::chrono::steady_clock::now();
  TRY(values.run());
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return EngineRun{values.outputs(), taken.count(), session->describe()};
}

}  // namespace slipway
