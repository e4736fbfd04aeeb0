// The model that everything else is made of: as `slipway optimize` makes it, or as it came.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "ops/interpreter.h"
#include "report/report.h"

namespace slipway::choose {

// Runs the passes of libs/optimize, compares the result with the model on random data at the
// extents of `dims`, or on `sample` where no random data makes the model run, and writes it to
// `file`. Where that fails, or nothing changes, the model is
// used as it came, and the text says why. Fails only where the file cannot be written.
Result<report::Optimised> optimise_model(const std::filesystem::path& model,
                                         const std::map<std::string, std::int64_t>& dims,
                                         const std::vector<NamedValue>& sample,
                                         const std::filesystem::path& file);

// The comparison alone; "" where `result` gives what the model gives.
std::string difference_to(const Model& model, const Model& result, bool is_exact,
                          const std::map<std::string, std::int64_t>& dims,
                          const std::vector<NamedValue>& sample);

// Which of the two models each engine is given.
class BaseModel {
 public:
  // Opens a model in an engine, and forgets it.
  using Opens = std::function<Status(const std::string& engine, const std::filesystem::path&)>;

  BaseModel() = default;
  // Without `optimised` every engine is given the original.
  BaseModel(std::filesystem::path original, std::optional<std::filesystem::path> optimised)
      : original_(std::move(original)), optimised_(std::move(optimised)) {}

  bool is_optimised(const std::string& engine) const;

  // For when something made of the optimised model failed in the engine. True where the engine
  // opens the model as it came and not the optimised one: from then on it is given the former.
  // Engines are asked once.
  bool gives_way(const std::string& engine, const Opens& opens);

  // A sentence for each engine that is given the model as it came.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::filesystem::path original_;
  std::optional<std::filesystem::path> optimised_;
  std::map<std::string, bool> gives_way_;  // of engines that were asked
  std::vector<std::string> notes_;
};

}  // namespace slipway::choose
