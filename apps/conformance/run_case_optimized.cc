#include <algorithm>

#include "base/str.h"
#include "case_data.h"
#include "exceptions.h"
#include "onnx/reader.h"
#include "onnx/writer.h"
#include "ops/check.h"
#include "optimize/optimize.h"
#include "run_case.h"

namespace slipway {
namespace {

// Some cases state types that their own data contradict; those of inputs are the data's here.
Status run_optimized(Model model, const Case& c, const CaseData& data,
                     std::vector<NamedValue> inputs, const OptimizedOptions& options) {
  optimize::Options optimize_options;
  optimize_options.opset = options.opset;
  TRY(optimize::optimize(model, optimize_options));
  if (options.opset && model.opset("") != *options.opset)
    return Error{Code::kInternal, str("the result is of opset ", model.opset(""))};
  const std::string bytes = TRY(model_bytes(model));
  Model back = TRY(read_model_bytes(std::as_bytes(std::span(bytes)), nullptr, c.folder));
  Problems problems;
  check_model(back, problems);
  if (const Problem* const fault = first_fault(problems))
    return Error{Code::kInternal, str("the result breaks a rule: ", to_text(*fault))};
  const Tolerance tolerance = TRY(tolerance_of(c));
  const Interpreter interpreter = TRY(Interpreter::create(std::move(back)));
  const std::vector<NamedValue> got = TRY(interpreter.run(std::move(inputs)));
  return compare_outputs(interpreter.model().graph, data, tolerance, got);
}

Status run_both_ways(const Model& model, const Case& c, const OptimizedOptions& options) {
  for (const CaseData& data : TRY(data_sets(c))) {
    for (const Fixed fixed : {Fixed::kNone, Fixed::kAllButFirst}) {
      if (fixed == Fixed::kAllButFirst && model.graph.inputs.size() < 2) continue;
      std::vector<NamedValue> inputs = TRY(read_inputs(model.graph, data));
      Model bound = bind_data(model, inputs, fixed);
      TRY(run_optimized(std::move(bound), c, data, std::move(inputs), options));
    }
    std::vector<NamedValue> inputs = TRY(read_inputs(model.graph, data));
    if (find_exception(open_shape_cases(), c.folder) != nullptr) continue;
    TRY(run_optimized(model.clone(), c, data, std::move(inputs), options));
  }
  return {};
}

}  // namespace

Outcome run_case_optimized(const Case& c, const OptimizedOptions& options) {
  Result<Model> model = read_model(c.folder / "model.onnx");
  const Subject subject = model.ok() ? subject_of(c, *model) : subject_by_name(c);
  Outcome outcome{Verdict::kPassed, subject.domain, subject.op, ""};
  if (const Exception* skipped = find_exception(skipped_cases(), c.folder)) {
    outcome.verdict = Verdict::kSkipped;
    outcome.reason = skipped->reason;
    return outcome;
  }
  const Status status = model.ok() ? run_both_ways(*model, c, options) : Status(model.error());
  if (!status.ok()) {
    const bool has_no_form = options.opset && status.error().code == Code::kUnsupported;
    outcome.verdict = has_no_form ? Verdict::kSkipped : Verdict::kFailed;
    outcome.reason = status.error().message;
  }
  return outcome;
}

}  // namespace slipway
