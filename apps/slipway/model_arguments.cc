#include "model_arguments.h"

#include "base/str.h"
#include "compile/store_weights.h"
#include "console.h"
#include "inspect/open_dims.h"
#include "ops/check.h"
#include "plan/format.h"

namespace slipway {
namespace {

constexpr std::int64_t kMostExtent = std::int64_t{1} << 40;

Status check_runnable(const Model& model, const std::string& path) {
  Problems problems;
  check_model(model, problems);
  const Problem* fault = first_fault(problems);
  if (fault == nullptr) {
    for (const Problem& warning : problems) say(str("warning: ", to_text(warning)));
    return {};
  }
  std::string more;
  if (problems.size() > 1)
    more = str("\n(", problems.size(), " problems in all: slipway check ", path, " lists them)");
  return Error{fault->code, str(path, ": ", to_text(*fault), more)};
}

}  // namespace

Result<Model> open_runnable_model(const std::string& path) {
  Model model = TRY(open_model(path));
  TRY(check_runnable(model, path));
  return model;
}

Result<std::map<std::string, std::int64_t>> parse_extents(const Arguments& arguments,
                                                          std::string_view option) {
  std::map<std::string, std::int64_t> extents;
  for (const std::string& word : arguments.values(option)) {
    const std::size_t equals = word.rfind('=');
    if (equals == std::string::npos || equals == 0) {
      return Error{Code::kUsage,
                   str(option, " needs DIM=N, as in ", option, " batch=8, not '", word, "'")};
    }
    extents[word.substr(0, equals)] =
        TRY(parse_number(option, word.substr(equals + 1), 0, kMostExtent));
  }
  return extents;
}

Result<compile::CompileOptions> parse_compile_options(const Arguments& arguments) {
  compile::CompileOptions options;
  options.dims = TRY(parse_extents(arguments));
  if (arguments.value("--batch") == "any") {
    options.batch = compile::kAnyBatch;
  } else if (arguments.has("--batch")) {
    options.batch = TRY(parse_number("--batch", arguments.value("--batch"), 1, plan::kMaxBatch));
  }
  if (arguments.has("--weights"))
    options.weights = TRY(compile::parse_weight_type(arguments.value("--weights")));
  for (const std::string& word : arguments.values("--slide"))
    options.slides.push_back(TRY(compile::parse_slide(word)));
  for (const std::string& word : arguments.values("--state"))
    options.states.push_back(TRY(compile::parse_state_pair(word)));
  return options;
}

Result<compile::Compiled> compile_runnable_model(Model model,
                                                 const compile::CompileOptions& options) {
  TRY(check_extents(options.dims, name_open_dims(model.graph)));
  return compile::compile_model(std::move(model), options);
}

Result<std::size_t> parse_threads(const Arguments& arguments) {
  constexpr std::int64_t kMostThreads = 256;
  if (!arguments.has("--threads")) return std::size_t{1};
  return static_cast<std::size_t>(
      TRY(parse_number("--threads", arguments.value("--threads"), 1, kMostThreads)));
}

}  // namespace slipway
