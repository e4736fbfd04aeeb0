#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/nearest.h"
#include "base/str.h"
#include "recipe/recipe.h"
#include "recipe/section.h"

namespace slipway::recipe {
namespace {

constexpr double kInfinity = HUGE_VAL;
constexpr Range kAny = {-kInfinity, kInfinity};
constexpr Range kPositive = {1e-9, 1e12};
constexpr Range kPercent = {0, 100};
constexpr double kMostThreads = 1024;
constexpr std::string_view kLinkKinds[] = {"mqtt", "websocket", "ros2"};
constexpr std::string_view kPrecisions[] = {"f32", "f16", "bf16", "int8-weights", "int8"};

// A name that becomes part of file names and topics.
bool is_plain_name(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= 100 && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), is_plain);
}

class Parser {
 public:
  explicit Parser(std::string_view origin) : origin_(origin) {}

  Result<Recipe> parse(const TomlTable& table) {
    const Section root = TRY(Section::open(table, {1, 1}, "", "", origin_));
    if (!root.has("model"))
      return Section::error_at(origin_, {1, 1},
                               "the section [model] is missing: slipway init MODEL writes one");
    TRY(model(TRY(section(root, "model")).value()));
    if (const auto part = TRY(section(root, "samples"))) TRY(samples(*part));
    if (const auto part = TRY(section(root, "budget"))) recipe_.budget = TRY(budget(*part));
    if (const auto part = TRY(section(root, "build"))) TRY(build(*part));
    if (const auto part = TRY(section(root, "rollout"))) TRY(rollout(*part));
    TRY(engine_options(root));
    TRY(each(root, "targets",
             [this](const std::string& name, const Section& part) { return target(name, part); }));
    TRY(each(root, "inputs",
             [this](const std::string& name, const Section& part) { return input(name, part); }));
    TRY(each(root, "outputs",
             [this](const std::string& name, const Section& part) { return output(name, part); }));
    TRY(each(root, "links",
             [this](const std::string& name, const Section& part) { return link(name, part); }));
    return std::move(recipe_);
  }

 private:
  Result<std::optional<Section>> section(const Section& root, const std::string& key) const {
    const TomlTable* table = TRY(root.table(key));
    if (table == nullptr) return std::optional<Section>();
    return std::optional(TRY(Section::open(*table, root.place_of(key), key, key, origin_)));
  }

  // Every table of [key.NAME].
  template <typename Read>
  Status each(const Section& root, const std::string& key, const Read& read) const {
    const TomlTable* table = TRY(root.table(key));
    if (table == nullptr) return {};
    for (const TomlEntry& entry : table->entries) {
      const auto* part = std::get_if<TomlTable>(&entry.node.value);
      if (part == nullptr) {
        return Section::error_at(
            origin_, entry.place,
            str(key, ".", shorten(entry.key), " stands alone: write [", key, ".NAME] above it"));
      }
      const std::string name = str(key, ".", shorten(entry.key));
      TRY(read(entry.key,
               TRY(Section::open(*part, entry.place, str(key, ".NAME"), name, origin_))));
    }
    return {};
  }

  Status model(const Section& part) {
    recipe_.model.name = TRY(part.required_text("name"));
    if (!is_plain_name(recipe_.model.name)) {
      return part.error_at("name", "may have letters, digits, '-', '_' and '.', at most 100");
    }
    const std::string version = TRY(part.required_text("version"));
    Result<Version> parsed = Version::parse(version);
    if (!parsed.ok()) return part.error_at("version", parsed.error().message);
    recipe_.model.version = *std::move(parsed);
    recipe_.model.file = TRY(part.required_text("file"));
    const TomlTable* dims = TRY(part.table("dims"));
    if (dims == nullptr) return {};
    for (const TomlEntry& entry : dims->entries) {
      const auto* extent = std::get_if<std::int64_t>(&entry.node.value);
      if (extent == nullptr || *extent < 1 || *extent > (std::int64_t{1} << 31)) {
        return Section::error_at(
            origin_, entry.node.place,
            str("model.dims.", shorten(entry.key), ": must be a whole number from 1"));
      }
      recipe_.model.dims[entry.key] = *extent;
    }
    return {};
  }

  Status samples(const Section& part) {
    SamplesPart samples;
    samples.file = TRY(part.required_text("file"));
    samples.labels = TRY(part.text("labels"));
    const auto limit = TRY(part.integer("limit", {1, 1e9}));
    samples.limit = static_cast<std::size_t>(limit.value_or(0));
    recipe_.samples = std::move(samples);
    return {};
  }

  static Result<Budget> budget(const Section& part) {
    return Budget{TRY(part.number("p99_latency_ms", kPositive)),
                  TRY(part.number("accuracy_drop_percent", kPercent)),
                  TRY(part.number("memory_mib", kPositive))};
  }

  Status build(const Section& part) {
    recipe_.tries = TRY(tries(part));
    recipe_.optimizes = TRY(part.flag("optimize")).value_or(true);
    recipe_.prunes = TRY(part.numbers("prune", kAny));
    for (const double share : recipe_.prunes) {
      if (!(share > 0 && share < 1)) {
        return part.error_at("prune",
                             "holds shares of the channels, each between 0 and 1: [0.2, 0.4]");
      }
    }
    return {};
  }

  static Result<Tries> tries(const Section& part) {
    Tries tries;
    tries.engines = TRY(part.texts("engines"));
    tries.precisions = TRY(part.texts("precisions"));
    const std::vector<std::string> known = precision_names();
    for (const std::string& precision : tries.precisions) {
      TRY(check_known(part, "precisions", precision, known));
    }
    for (const std::int64_t threads : TRY(part.integers("threads", {1, kMostThreads}))) {
      tries.threads.push_back(static_cast<std::size_t>(threads));
    }
    return tries;
  }

  static Status check_known(const Section& part, std::string_view key, const std::string& word,
                            const std::vector<std::string>& known) {
    if (std::find(known.begin(), known.end(), word) != known.end()) return {};
    const std::string near = nearest(word, known);
    return part.error_at(key, str("there is no '", shorten(word), "': ",
                                  near.empty() ? str("there are ", join(known))
                                               : str("did you mean '", near, "'?")));
  }

  Status engine_options(const Section& root) {
    const TomlTable* engines = TRY(root.table("engines"));
    if (engines == nullptr) return {};
    for (const TomlEntry& engine : engines->entries) {
      const auto* options = std::get_if<TomlTable>(&engine.node.value);
      if (options == nullptr) {
        return Section::error_at(origin_, engine.place,
                                 str("engines.", shorten(engine.key),
                                     " stands alone: which engines are tried says [build] engines, "
                                     "and [engines.NAME] holds an engine's options"));
      }
      for (const TomlEntry& option : options->entries) {
        recipe_.engine_options[engine.key][option.key] = TRY(option_text(engine.key, option));
      }
    }
    return {};
  }

  Result<std::string> option_text(const std::string& engine, const TomlEntry& option) const {
    if (const auto* text = std::get_if<std::string>(&option.node.value)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&option.node.value)) return str(*number);
    return Section::error_at(origin_, option.node.place,
                             str("engines.", shorten(engine), ".", shorten(option.key),
                                 ": write text in quotes, or a whole number"));
  }

  Status target(const std::string& name, const Section& part) {
    Target target;
    target.board = TRY(part.text("board"));
    target.tries = TRY(tries(part));
    if (const TomlTable* table = TRY(part.table("budget"))) {
      target.budget =
          TRY(budget(TRY(Section::open(*table, part.place_of("budget"), "budget",
                                       str("targets.", shorten(name), ".budget"), origin_))));
    }
    recipe_.targets[name] = std::move(target);
    return {};
  }

  Status input(const std::string& name, const Section& part) {
    InputPart input;
    input.window_axis = TRY(part.integer("window_axis", {-64, 63}));
    input.window_step = TRY(part.integer("window_step", {1, 1e9})).value_or(1);
    if (part.has("window_step") && !input.window_axis)
      return part.error_at("window_step", "goes with window_axis: which axis is the window's?");
    input.rate_hz = TRY(part.number("rate_hz", kPositive));
    input.mean = TRY(part.numbers("mean", kAny));
    input.scale = TRY(part.numbers("scale", kAny));
    if (std::find(input.scale.begin(), input.scale.end(), 0.0) != input.scale.end())
      return part.error_at("scale", "is what values are divided by: it may not be 0");
    recipe_.inputs[name] = std::move(input);
    return {};
  }

  Status output(const std::string& name, const Section& part) {
    OutputPart output;
    const std::vector<double> clamp = TRY(part.numbers("clamp", kAny));
    if (part.has("clamp")) {
      if (clamp.size() != 2 || clamp[0] > clamp[1])
        return part.error_at("clamp", "must be the lowest and the highest value: [-1.0, 1.0]");
      output.clamp = {clamp[0], clamp[1]};
    }
    output.safe_value = TRY(part.numbers("safe_value", kAny));
    for (const double value : output.safe_value) {
      if (output.clamp && (value < output.clamp->first || value > output.clamp->second))
        return part.error_at("safe_value", "lies outside the clamp");
    }
    recipe_.outputs[name] = std::move(output);
    return {};
  }

  Status link(const std::string& name, const Section& part) {
    Link link;
    link.kind = TRY(part.required_text("kind"));
    TRY(check_known(part, "kind", link.kind, {std::begin(kLinkKinds), std::end(kLinkKinds)}));
    link.address = TRY(part.text("address"));
    link.topic = TRY(part.text("topic"));
    link.publish = TRY(part.texts("publish"));
    link.subscribe = TRY(part.texts("subscribe"));
    recipe_.links[name] = std::move(link);
    return {};
  }

  Status rollout(const Section& part) {
    Rollout rollout;
    rollout.stages_percent = TRY(part.numbers("stages_percent", kPercent));
    if (!std::is_sorted(rollout.stages_percent.begin(), rollout.stages_percent.end()))
      return part.error_at("stages_percent", "must grow from stage to stage: [5, 25, 100]");
    rollout.soak_minutes = TRY(part.number("soak_minutes", {0, 1e6})).value_or(0);
    rollout.max_failures_percent = TRY(part.number("max_failures_percent", kPercent)).value_or(0);
    recipe_.rollout = std::move(rollout);
    return {};
  }

  std::string origin_;
  Recipe recipe_;
};

}  // namespace

std::vector<std::string> precision_names() {
  return {std::begin(kPrecisions), std::end(kPrecisions)};
}

Result<Recipe> parse_recipe(std::string_view text, std::string_view origin) {
  if (text.size() > kMostRecipeBytes)
    return Error{Code::kTooLarge, str(origin, ": a recipe may have ", kMostRecipeBytes, " bytes")};
  const TomlTable table = TRY(parse_toml(text, origin));
  return Parser(origin).parse(table);
}

Result<Recipe> read_recipe(const std::filesystem::path& path) {
  const std::string text = TRY(read_file(path, kMostRecipeBytes));
  return parse_recipe(text, path.string());
}

Result<Recipe> for_target(Recipe recipe, const std::string& target) {
  const auto found = recipe.targets.find(target);
  if (found == recipe.targets.end()) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : recipe.targets) names.push_back(name);
    const std::string near = nearest(target, names);
    std::string way_out =
        names.empty() ? str("it has no [targets.NAME] at all") : str("it has ", join(names));
    if (!near.empty()) way_out = str("did you mean '", near, "'?");
    return Error{Code::kUsage, str("the recipe has no target '", shorten(target), "': ", way_out)};
  }
  const Target& chosen = found->second;
  if (!chosen.tries.engines.empty()) recipe.tries.engines = chosen.tries.engines;
  if (!chosen.tries.precisions.empty()) recipe.tries.precisions = chosen.tries.precisions;
  if (!chosen.tries.threads.empty()) recipe.tries.threads = chosen.tries.threads;
  const auto replace = [](std::optional<double>& old, const std::optional<double>& stated) {
    if (stated) old = stated;
  };
  replace(recipe.budget.p99_latency_ms, chosen.budget.p99_latency_ms);
  replace(recipe.budget.accuracy_drop_percent, chosen.budget.accuracy_drop_percent);
  replace(recipe.budget.memory_mib, chosen.budget.memory_mib);
  recipe.target = target;
  recipe.board = chosen.board;
  return recipe;
}

}  // namespace slipway::recipe
