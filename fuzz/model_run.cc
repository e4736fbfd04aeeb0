// Any bytes as a model: read, check, run on zeros. What passes the check may fail to run, with an
// error; it may not crash, hang or take the machine's memory, whatever its attributes, shapes and
// constants say.
#include <cstddef>
#include <cstdint>
#include <span>

#include "onnx/reader.h"
#include "ops/check.h"
#include "ops/interpreter.h"

namespace slipway {
namespace {

constexpr std::size_t kTensorLimitBytes = 4 << 20;
constexpr std::int64_t kSymbolExtent = 2;

// A tensor of zeros of the stated type; absent when the type is no tensor or not definite enough.
Value zeros(const Type& type) {
  if (!type.is_tensor() || type.dtype == DType::kUndefined || !type.dims.has_value()) return {};
  Shape shape;
  for (const Dim& dim : *type.dims) {
    shape.push_back(dim.is_known() ? dim.extent() : kSymbolExtent);
  }
  Result<Tensor> tensor = Tensor::create(type.dtype, shape);
  return tensor.ok() ? Value(*std::move(tensor)) : Value();
}

void run_on_zeros(Model model) {
  const Result<Interpreter> interpreter = Interpreter::create(std::move(model));
  if (!interpreter.ok()) return;
  const Graph& graph = interpreter->model().graph;
  std::vector<NamedValue> inputs;
  for (const ValueId id : graph.inputs) {
    Value value = zeros(graph.value(id).type);
    if (!value.is_absent()) inputs.push_back({graph.value(id).name, std::move(value)});
  }
  const RunOptions options = {.max_steps = 200};
  (void)interpreter->run(std::move(inputs), options).ok();
}

}  // namespace
}  // namespace slipway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;  // NOLINT: the one function of this program
  set_tensor_limit_bytes(kTensorLimitBytes);
  const auto bytes = std::as_bytes(std::span(data, size));
  Result<Model> model = read_model_bytes(bytes, nullptr, {});
  if (!model.ok()) return 0;
  Problems problems;
  check_model(*model, problems);
  if (first_fault(problems) == nullptr) run_on_zeros(*std::move(model));
  return 0;
}
