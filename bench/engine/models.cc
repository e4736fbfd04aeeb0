#include "models.h"

#include <algorithm>

#include "base/files.h"
#include "base/str.h"
#include "clock.h"
#include "compile/compile.h"
#include "compile/plan_summary.h"
#include "graph/problem.h"
#include "inspect/open_dims.h"
#include "inspect/summary.h"
#include "onnx/reader.h"
#include "ops/check.h"

namespace slipway::bench {
namespace {

// Rounding to 8 bits in one layer moves what the next one rounds.
constexpr double kInt8Tolerance = 0.1;
// Of all elements together, where it moves a few of them far: the place of a greatest, say.
constexpr double kInt8MeanTolerance = 0.01;
// Of weights that are rounded, with the model's own weights in ONNX Runtime.
constexpr double kHalfWeightsTolerance = 0.01;

Result<Model> read_checked(const std::filesystem::path& path) {
  Model model = TRY(read_model(path));
  Problems problems;
  check_model(model, problems);
  if (const Problem* fault = first_fault(problems)) return to_error(*fault);
  return model;
}

}  // namespace

std::vector<Entry> built_in_models(const std::filesystem::path& made) {
  const std::filesystem::path examples = "examples";
  return {
      {.name = "one_node", .model = made / "one_node.onnx"},
      {.name = "gemm_512", .model = made / "gemm_512.onnx"},
      {.name = "policy_mlp", .model = made / "policy_mlp.onnx"},
      {.name = "autopilot", .model = examples / "autopilot/autopilot.onnx"},
      {.name = "autopilot",
       .model = examples / "autopilot/autopilot.onnx",
       .precision = "f16-weights",
       .tolerance = kHalfWeightsTolerance,
       .weights = WeightType::kF16},
      {.name = "autopilot",
       .model = examples / "autopilot/autopilot.onnx",
       .precision = "bf16-weights",
       .tolerance = kInt8Tolerance,  // they have eight bits, too
       .weights = WeightType::kBf16},
      {.name = "autopilot",
       .model = examples / "autopilot/autopilot.onnx",
       .precision = "int8-weights",
       .tolerance = kInt8Tolerance,
       .weights = WeightType::kI8},
      {.name = "gru", .model = made / "gru.onnx"},
      {.name = "tcn", .model = examples / "pitwall/tcn.onnx"},
      {.name = "tcn_sliding",
       .model = examples / "pitwall/tcn.onnx",
       .slides = {{.input = "telemetry", .axis = 2}}},
      {.name = "trees_1_row", .model = examples / "pitwall/trees.onnx"},
      {.name = "trees_1000_rows", .model = examples / "pitwall/trees.onnx", .batch = 1000},
      {.name = "mobilenet_v2", .model = made / "mobilenet_v2.onnx"},
      {.name = "mobilenet_v2",
       .model = made / "mobilenet_v2_int8.onnx",
       .precision = "int8",
       .tolerance = kInt8Tolerance},
      {.name = "efficientnet_b0", .model = made / "efficientnet_b0.onnx"},
      {.name = "policy_transformer", .model = made / "policy_transformer.onnx"},
      {.name = "resnet50", .model = made / "resnet50.onnx"},
      {.name = "resnet50",
       .model = made / "resnet50_int8.onnx",
       .precision = "int8",
       .tolerance = kInt8Tolerance},
  };
}

Entry named_model(const std::filesystem::path& path, std::int64_t batch) {
  Entry entry{.name = path.stem().string(), .model = path, .batch = batch};
  const Result<Model> model = read_model(path);  // what cannot be read is told when it is prepared
  if (model.ok() && std::ranges::any_of(model->graph.nodes, [](const Node& node) {
        return node.op == "DequantizeLinear" || node.op == "QLinearConv" ||
               node.op == "QLinearMatMul" || node.op == "MatMulInteger" || node.op == "ConvInteger";
      })) {
    entry.precision = "int8";
    entry.tolerance = kInt8Tolerance;
    entry.mean_tolerance = kInt8MeanTolerance;
  }
  return entry;
}

Result<Prepared> prepare_model(const Entry& entry, const std::map<std::string, std::int64_t>& dims,
                               const std::filesystem::path& plan) {
  Model model = TRY(read_checked(entry.model));
  Prepared prepared;
  for (const std::string& symbol : name_open_dims(model.graph)) {
    const auto given = dims.find(symbol);
    prepared.extents[symbol] = given == dims.end() ? 1 : given->second;
  }
  TRY(check_extents(dims, name_open_dims(model.graph)));
  for (const ValueId id : model.graph.inputs) {
    const Type& type = model.graph.value(id).type;
    if (!type.dims || type.dims->empty() || !type.dims->front().is_symbol()) continue;
    const std::string& leading = type.dims->front().symbol();
    if (!dims.contains(leading)) prepared.extents[leading] = entry.batch;
  }
  const Summary summary = TRY(summarize(model, prepared.extents));
  prepared.multiply_adds = static_cast<std::uint64_t>(summary.multiply_adds);

  const double start_ms = now_ms();
  compile::CompileOptions options;
  options.dims = prepared.extents;
  options.batch = entry.batch;
  options.weights = entry.weights;
  options.slides = entry.slides;
  const compile::Compiled compiled = TRY(compile::compile_model(std::move(model), options));
  prepared.compile_ms = now_ms() - start_ms;
  const compile::PlanSummary steps =
      TRY(compile::summarize(TRY(plan::Plan::parse(compiled.file.bytes()))));
  prepared.steps = steps.steps.size();
  prepared.plan_multiply_adds = std::min(steps.multiply_adds, prepared.multiply_adds);
  for (const compile::PlanStep& step : steps.steps)
    prepared.interpreted_steps += step.interpreted.empty() ? 0 : 1;

  std::filesystem::create_directories(plan.parent_path());
  AtomicFile file = TRY(AtomicFile::create(plan));
  TRY(file.write(compiled.file.bytes()));
  TRY(file.commit());
  return prepared;
}

}  // namespace slipway::bench
