// The recipe of a model, slipway.toml: what it is, what it promises, what may be tried to keep
// that. docs/formats/recipe.md says what each key means; this is what they are read into.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/version.h"

namespace slipway::recipe {

struct ModelPart {
  std::string name;
  Version version;
  std::filesystem::path file;  // as written; relative to the recipe's folder
  std::map<std::string, std::int64_t> dims;
};

struct SamplesPart {
  std::filesystem::path file;    // .npz or a folder
  std::filesystem::path labels;  // empty: none
  std::size_t limit = 0;         // 0: all of them
};

// What is not stated is not checked.
struct Budget {
  std::optional<double> p99_latency_ms;
  std::optional<double> accuracy_drop_percent;
  std::optional<double> memory_mib;
};

// What is tried; empty: what this build of Slipway takes by default.
struct Tries {
  std::vector<std::string> engines;
  std::vector<std::string> precisions;
  std::vector<std::size_t> threads;
};

struct Target {
  std::string board;  // words that the machine's name must contain; empty: any
  Tries tries;        // replaces what is not empty
  Budget budget;      // replaces what is stated
};

struct InputPart {
  std::optional<std::int64_t> window_axis;
  std::int64_t window_step = 1;
  std::optional<double> rate_hz;
  std::vector<double> mean;  // one for all, or one for each position of the last axis
  std::vector<double> scale;
};

struct OutputPart {
  std::optional<std::pair<double, double>> clamp;
  std::vector<double> safe_value;
};

struct Link {
  std::string kind;
  std::string address;
  std::string topic;
  std::vector<std::string> publish;
  std::vector<std::string> subscribe;
};

struct Rollout {
  std::vector<double> stages_percent;
  double soak_minutes = 0;
  double max_failures_percent = 0;
};

struct Recipe {
  ModelPart model;
  std::optional<SamplesPart> samples;
  Budget budget;
  Tries tries;
  bool optimizes = true;       // the model, before anything is made of it
  std::vector<double> prunes;  // shares of channels to try without, each between 0 and 1
  std::map<std::string, std::map<std::string, std::string>> engine_options;  // by engine
  std::map<std::string, Target> targets;
  std::map<std::string, InputPart> inputs;
  std::map<std::string, OutputPart> outputs;
  std::map<std::string, Link> links;
  std::optional<Rollout> rollout;

  // Of the target that apply() took; empty where none was.
  std::string target;
  std::string board;
};

inline constexpr std::size_t kMostRecipeBytes = std::size_t{1} << 20;

// Errors are kInvalid and begin with "origin:line:column: ".
Result<Recipe> parse_recipe(std::string_view text, std::string_view origin);
Result<Recipe> read_recipe(const std::filesystem::path& path);

// The recipe with a target's tries and budget in place of its own; kUsage, with the nearest name,
// where it has none of that name.
Result<Recipe> for_target(Recipe recipe, const std::string& target);

// What precisions are called in recipes, most exact first.
std::vector<std::string> precision_names();

}  // namespace slipway::recipe
