#include "measure/engine_load.h"

#include <memory>

#include "engines/values.h"
#include "measure/memory.h"

namespace slipway::measure {

Result<EngineLoaded> run_engine_load(const EngineLoad& load, const LoadOptions& options) {
  TRY(load.engine->load(load.subject));
  const auto before = resident_bytes();
  const double start_s = machine_clock().now_s();
  std::vector<std::unique_ptr<engines::Session>> sessions;
  sessions.push_back(TRY(load.engine->open(load.subject, load.progress)));
  const double load_s = machine_clock().now_s() - start_s;
  const auto after = resident_bytes();
  while (sessions.size() < load.sessions)
    sessions.push_back(TRY(load.engine->open(load.subject, load.progress)));

  std::vector<NamedValue> inputs = load.inputs;
  if (inputs.empty()) inputs = TRY(engines::sample_inputs(*sessions[0], 1));
  std::vector<engines::Values> values;
  for (const auto& session : sessions)
    values.push_back(TRY(engines::Values::create(*session, inputs)));
  std::vector<Stream> streams;
  for (engines::Values& each : values)
    streams.push_back({[&each] { return each.run(); }, &machine_clock()});

  EngineLoaded loaded;
  loaded.result = TRY(run_load(streams, options));
  loaded.how = sessions[0]->describe();
  loaded.result.load_s = load_s;
  if (before.has_value() && after.has_value() && *after >= *before)
    loaded.result.session_bytes = *after - *before;
  loaded.result.resident_bytes = resident_bytes();
  loaded.result.resident_peak_bytes = resident_peak_bytes();
  return loaded;
}

}  // namespace slipway::measure
