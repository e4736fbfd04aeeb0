// The engines: one row each.
#include <array>

#include "base/nearest.h"
#include "base/str.h"
#include "engines/engine.h"
#include "engines/native/engine.h"
#include "engines/onnxruntime/engine.h"
#include "engines/tensorrt/engine.h"

namespace slipway::engines {

std::span<const Engine* const> all_engines() {
  static const std::array kEngines = {&native_engine(), &onnxruntime_engine(), &tensorrt_engine()};
  return kEngines;
}

Result<const Engine*> find_engine(std::string_view name) {
  std::vector<std::string> known;
  for (const Engine* engine : all_engines()) {
    if (engine->name() == name) return engine;
    known.emplace_back(engine->name());
  }
  const std::string suggestion = nearest(name, known);
  return Error{Code::kUsage, suggestion.empty() ? str("there is no engine '", shorten(name),
                                                      "': there are ", join(known))
                                                : str("there is no engine '", shorten(name),
                                                      "': did you mean '", suggestion, "'?")};
}

}  // namespace slipway::engines
