#include "run_case.h"

#include <algorithm>

#include "base/str.h"
#include "case_data.h"
#include "compare.h"
#include "compile/compile.h"
#include "compile/prove.h"
#include "exceptions.h"
#include "onnx/reader.h"
#include "ops/check.h"
#include "ops/infer.h"
#include "ops/interpreter.h"

namespace slipway {
namespace {

// The graph inputs that the files feed, in order: those without a default value, or all of them.
Result<std::vector<ValueId>> fed_inputs(const Graph& graph, std::size_t file_count) {
  if (file_count == graph.inputs.size()) return graph.inputs;
  std::vector<ValueId> required;
  for (const ValueId id : graph.inputs) {
    if (graph.initializer(id) == nullptr) required.push_back(id);
  }
  if (file_count == required.size()) return required;
  return Error{Code::kInvalid,
               str("there are ", file_count, " input files for ", required.size(), " inputs")};
}

// Cases from before NumPy had bfloat16 hold its bits as uint16.
Result<Value> read_declared(const std::filesystem::path& path, const Type& type) {
  Value value = TRY(read_value(path, type));
  if (type.dtype != DType::kBfloat16 || !value.is_tensor()) return value;
  const Tensor stored = TRY(value.tensor().direct());
  if (stored.dtype() != DType::kUint16) return value;
  Tensor tensor = TRY(Tensor::create(DType::kBfloat16, stored.shape()));
  std::ranges::copy(stored.bytes(), tensor.mutable_bytes().begin());
  return Value(std::move(tensor));
}

}  // namespace

Result<std::vector<NamedValue>> read_inputs(const Graph& graph, const CaseData& data) {
  const std::vector<ValueId> ids = TRY(fed_inputs(graph, data.inputs.size()));
  std::vector<NamedValue> inputs;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const ValueDef& value = graph.value(ids[i]);
    Value read = TRY(read_declared(data.inputs[i], value.type));
    inputs.push_back({value.name, std::move(read)});
  }
  return inputs;
}

Result<Tolerance> tolerance_of(const Case& c) {
  Tolerance tolerance = TRY(read_tolerance(c.folder));
  tolerance.type_and_shape_only = find_exception(random_cases(), c.folder) != nullptr;
  if (find_exception(noisy_cases(), c.folder) != nullptr) {
    tolerance.absolute = std::max(tolerance.absolute, kNoiseTolerance);
  }
  if (find_exception(half_cases(), c.folder) != nullptr) {
    tolerance.relative = std::max(tolerance.relative, kHalfTolerance);
  }
  return tolerance;
}

Status compare_outputs(const Graph& graph, const CaseData& data, const Tolerance& tolerance,
                       const std::vector<NamedValue>& got) {
  if (data.outputs.size() > got.size()) {
    return Error{Code::kInvalid, str("there are ", data.outputs.size(), " output files for ",
                                     got.size(), " outputs")};
  }
  for (std::size_t i = 0; i < data.outputs.size(); ++i) {
    const Value want = TRY(read_declared(data.outputs[i], graph.value(graph.outputs[i]).type));
    const std::string found = difference(got[i].value, want, tolerance);
    if (!found.empty()) return Error{Code::kInvalid, str(got[i].name, found)};
  }
  return {};
}

namespace {

// What inference says of each output of the graph.
Result<std::vector<Type>> inferred_outputs(const Model& model) {
  Model copy = model.clone();
  Problems problems;
  infer_types(copy, problems);
  if (!problems.empty())
    return Error{Code::kInvalid, str("inference: ", to_text(problems.front()))};
  std::vector<Type> types;
  for (const ValueId id : copy.graph.outputs) types.push_back(copy.graph.value(id).type);
  return types;
}

Status run_data_set(const Interpreter& interpreter, const std::vector<Type>& inferred,
                    const CaseData& data, const Tolerance& tolerance) {
  const Graph& graph = interpreter.model().graph;
  std::vector<NamedValue> inputs = TRY(read_inputs(graph, data));
  const std::vector<NamedValue> got = TRY(interpreter.run(std::move(inputs)));
  TRY(compare_outputs(graph, data, tolerance, got));
  for (std::size_t i = 0; i < data.outputs.size(); ++i) {
    const Result<Type> agreed = merge(inferred[i], type_of(got[i].value));
    if (!agreed.ok()) {
      return Error{Code::kInvalid, str(got[i].name, ": inferred ", to_text(inferred[i]),
                                       ", computed ", to_text(type_of(got[i].value)))};
    }
  }
  return {};
}

Status run_model(Model model, const Case& c) {
  if (find_exception(open_shape_cases(), c.folder) != nullptr) {
    for (const ValueId id : model.graph.inputs) model.graph.value(id).type.dims.reset();
  }
  Problems problems;
  check_model(model, problems);
  if (const Problem* fault = first_fault(problems)) {
    return Error{fault->code, str("check: ", to_text(*fault))};
  }
  const std::vector<Type> inferred = TRY(inferred_outputs(model));
  const Tolerance tolerance = TRY(tolerance_of(c));
  const Interpreter interpreter = TRY(Interpreter::create(std::move(model)));
  for (const CaseData& data : TRY(data_sets(c))) {
    TRY(run_data_set(interpreter, inferred, data, tolerance));
  }
  return {};
}

}  // namespace

Model bind_data(const Model& model, std::vector<NamedValue>& inputs, Fixed fixed) {
  Model bound = model.clone();
  std::vector<NamedValue> taken;
  for (const ValueId id : std::vector<ValueId>(bound.graph.inputs)) {
    ValueDef& value = bound.graph.value(id);
    const auto given = std::ranges::find(inputs, value.name, &NamedValue::name);
    if (given == inputs.end() || !given->value.is_tensor()) {
      if (bound.graph.initializer(id) != nullptr) std::erase(bound.graph.inputs, id);
      if (given != inputs.end()) taken.push_back(*given);
      continue;
    }
    value.type = type_of(given->value);
    if (fixed == Fixed::kAllButFirst && id != model.graph.inputs.front()) {
      bound.graph.initializers[id] = given->value.tensor();
      std::erase(bound.graph.inputs, id);
      continue;
    }
    bound.graph.initializers.erase(id);  // the data stands in its place
    taken.push_back(*given);
  }
  inputs = std::move(taken);
  return bound;
}

namespace {

// As the case has it, and as models mostly are: axes, shapes and weights are constants.
Status prove_data_set(const Model& model, const CaseData& data) {
  for (const Fixed fixed : {Fixed::kNone, Fixed::kAllButFirst}) {
    if (fixed == Fixed::kAllButFirst && model.graph.inputs.size() < 2) continue;
    std::vector<NamedValue> inputs = TRY(read_inputs(model.graph, data));
    Model bound = bind_data(model, inputs, fixed);
    const compile::Compiled compiled = TRY(compile::compile_model(std::move(bound), {}));
    TRY(compile::prove(compiled, inputs, {{}, {1, 3}}));
  }
  return {};
}

Status prove_model(const Model& model, const Case& c) {
  for (const CaseData& data : TRY(data_sets(c))) TRY(prove_data_set(model, data));
  return {};
}

}  // namespace

Outcome run_case_compiled(const Case& c) {
  Result<Model> model = read_model(c.folder / "model.onnx");
  const Subject subject = model.ok() ? subject_of(c, *model) : subject_by_name(c);
  Outcome outcome{Verdict::kPassed, subject.domain, subject.op, ""};
  if (const Exception* skipped = find_exception(skipped_cases(), c.folder)) {
    outcome.verdict = Verdict::kSkipped;
    outcome.reason = skipped->reason;
    return outcome;
  }
  const Status status = model.ok() ? prove_model(*model, c) : Status(model.error());
  if (!status.ok()) {
    outcome.verdict =
        status.error().code == Code::kUnsupported ? Verdict::kSkipped : Verdict::kFailed;
    outcome.reason = status.error().message;
  }
  return outcome;
}

Outcome run_case(const Case& c) {
  Result<Model> model = read_model(c.folder / "model.onnx");
  const Subject subject = model.ok() ? subject_of(c, *model) : subject_by_name(c);
  Outcome outcome{Verdict::kPassed, subject.domain, subject.op, ""};
  if (const Exception* skipped = find_exception(skipped_cases(), c.folder)) {
    outcome.verdict = Verdict::kSkipped;
    outcome.reason = skipped->reason;
    return outcome;
  }
  const Status status = model.ok() ? run_model(std::move(*model), c) : Status(model.error());
  if (!status.ok()) {
    outcome.verdict = Verdict::kFailed;
    outcome.reason = status.error().message;
  }
  return outcome;
}

}  // namespace slipway
