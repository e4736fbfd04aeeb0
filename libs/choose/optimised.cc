#include "choose/optimised.h"

#include "base/str.h"
#include "onnx/reader.h"
#include "onnx/writer.h"
#include "ops/check.h"
#include "ops/infer.h"
#include "optimize/check_same.h"
#include "optimize/optimize.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;
using report::Optimised;

// A build has to go on: a model that takes long is compared on fewer data.
constexpr double kMostCheckSeconds = 2;

constexpr const char* kAsItCame = ": everything is made of the model as it came";

std::string nodes_text(std::uint64_t count) { return str(count, count == 1 ? " node" : " nodes"); }

Model at_extents(const Model& model, const std::map<std::string, std::int64_t>& dims) {
  Model bound = model.clone();
  if (!dims.empty()) bind_dims(bound, dims);
  return bound;
}

}  // namespace

std::string difference_to(const Model& model, const Model& result, bool is_exact,
                          const std::map<std::string, std::int64_t>& dims,
                          const std::vector<NamedValue>& sample) {
  Problems problems;
  check_model(result, problems);
  if (const Problem* const fault = first_fault(problems)) return to_text(*fault);
  optimize::CheckOptions options;
  options.exact = is_exact;
  options.most_seconds = kMostCheckSeconds;
  const Model before = at_extents(model, dims);
  const Model after = at_extents(result, dims);
  auto same = optimize::check_same(before, after, options);
  if (!same.ok() && same.error().code == Code::kUnsupported)
    same = optimize::check_same_on(before, after, sample, options);
  return same.ok() ? std::string() : same.error().message;
}

Result<Optimised> optimise_model(const fs::path& model,
                                 const std::map<std::string, std::int64_t>& dims,
                                 const std::vector<NamedValue>& sample, const fs::path& file) {
  const Model original = TRY(read_model(model));
  Model result = original.clone();
  Optimised optimised;
  optimised.nodes_before = optimised.nodes_after = optimize::size_of(original).nodes;
  const Result<optimize::Outcome> outcome = optimize::optimize(result);
  if (!outcome.ok()) {
    optimised.text = str("the model could not be optimised: ", outcome.error().message, kAsItCame);
    return optimised;
  }
  if (outcome->notes.empty()) {
    optimised.text = str("there was nothing to optimise in ", nodes_text(optimised.nodes_before));
    return optimised;
  }
  const std::string difference =
      difference_to(original, result, !outcome->changed_arithmetic, dims, sample);
  if (!difference.empty()) {
    optimised.text = str("the optimised model did not pass its check: ", difference, kAsItCame);
    return optimised;
  }
  optimised.is_used = true;
  optimised.nodes_after = optimize::size_of(result).nodes;
  optimised.text =
      str("everything is made of the optimised model: ", nodes_text(optimised.nodes_after),
          optimised.nodes_after == optimised.nodes_before
              ? std::string(", as many as the model has")
              : str(" where the model has ", optimised.nodes_before));
  TRY(write_model(result, file));
  return optimised;
}

bool BaseModel::is_optimised(const std::string& engine) const {
  const auto asked = gives_way_.find(engine);
  return optimised_.has_value() && (asked == gives_way_.end() || !asked->second);
}

bool BaseModel::gives_way(const std::string& engine, const Opens& opens) {
  if (!optimised_) return false;
  const auto asked = gives_way_.find(engine);
  if (asked != gives_way_.end()) return asked->second;
  const Status opened = opens(engine, *optimised_);
  const bool gives_way = !opened.ok() && opens(engine, original_).ok();
  gives_way_[engine] = gives_way;
  if (gives_way) {
    notes_.push_back(str(engine,
                         " is given the model as it came, because it cannot load the "
                         "optimised one: ",
                         opened.error().message));
  }
  return gives_way;
}

}  // namespace slipway::choose
