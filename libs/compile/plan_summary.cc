#include "compile/plan_summary.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/str.h"
#include "compile/store_weights.h"
#include "onnx/reader.h"
#include "plan/params.h"
#include "runtime/list.h"

namespace slipway::compile {
namespace {

using Counts = std::map<std::string, std::size_t>;

void count_operators(const Graph& graph, Counts& counts) {
  for (const Node& node : graph.nodes) {
    ++counts[node.domain.empty() ? node.op : str(node.domain, ".", node.op)];
    for_each_subgraph(node, [&](const Graph& body) { count_operators(body, counts); });
  }
}

// The parameters of an interpreted step are a model of their own.
Result<std::vector<std::pair<std::string, std::size_t>>> operators_of(
    std::span<const std::byte> params) {
  const Model piece = TRY(read_model_bytes(params, nullptr, {}));
  Counts counts;
  count_operators(piece.graph, counts);
  return std::vector<std::pair<std::string, std::size_t>>(counts.begin(), counts.end());
}

Type type_of(const plan::Plan& plan, const plan::TensorRecord& tensor) {
  Dims dims;
  for (const plan::Dim& dim : plan.dims(tensor)) {
    if (dim.per_batch == 0) {
      dims.emplace_back(dim.fixed);
    } else if (dim.fixed == 0 && dim.per_batch == 1) {
      dims.push_back(Dim::symbol(std::string(kBatchSymbol)));
    } else {
      dims.emplace_back();
    }
  }
  return Type::tensor(static_cast<DType>(tensor.dtype), std::move(dims));
}

template <typename P>
std::string_view narrow_type(std::span<const std::byte> params) {
  P p;
  if (params.size() != sizeof(P)) return {};
  std::memcpy(&p, params.data(), sizeof(P));
  const auto type = static_cast<WeightType>(p.weight_type);
  if (p.weight_type > static_cast<std::uint32_t>(WeightType::kI8) || type == WeightType::kF32)
    return {};
  return weight_type_name(type);
}

std::string_view weight_type_of(plan::KernelId kernel, std::span<const std::byte> params) {
  if (kernel == plan::KernelId::kGemm) return narrow_type<plan::GemmParams>(params);
  if (kernel == plan::KernelId::kRecurrent) return narrow_type<plan::RecurrentParams>(params);
  return {};
}

Result<PlanStep> summarize_step(const plan::Plan& plan, const plan::StepRecord& record) {
  const auto id = static_cast<plan::KernelId>(record.kernel);
  const runtime::StepKernel* const kernel = runtime::find_kernel(id);
  PlanStep step;
  step.name = plan.text(record.name);
  step.kernel = kernel != nullptr ? kernel->name : str("number ", record.kernel);
  if (id == plan::KernelId::kInterpret) step.interpreted = TRY(operators_of(plan.params(record)));
  step.multiply_adds = record.multiply_adds;
  step.weight_type = weight_type_of(id, plan.params(record));
  const std::span<const std::uint32_t> outputs = plan.step_outputs(record);
  if (!outputs.empty() && outputs[0] != plan::kNoTensor) {
    const plan::TensorRecord& tensor = plan.tensors()[outputs[0]];
    step.output = str(to_text(type_of(plan, tensor)),
                      tensor.layout == plan::Layout::kBlocked16 ? " blocked" : "");
  }
  for (const std::uint32_t input : plan.step_inputs(record)) {
    if (input == plan::kNoTensor) continue;
    const plan::TensorRecord& tensor = plan.tensors()[input];
    if (tensor.place != plan::Place::kWeights) continue;
    const auto dtype = static_cast<DType>(tensor.dtype);
    step.weight_bytes += TRY(plan::extent_of(dtype, tensor.layout, plan.dims(tensor), 1)).bytes;
  }
  return step;
}

}  // namespace

Result<PlanSummary> summarize(const plan::Plan& plan) {
  PlanSummary summary;
  const plan::Header& header = plan.header();
  summary.file_bytes = header.file_bytes;
  summary.weight_bytes = plan.weights().size();
  summary.arena_bytes = header.arena_bytes;
  summary.multiply_adds = header.multiply_adds;
  for (const plan::MetadataRecord& entry : plan.metadata()) {
    if (plan.text(entry.key) == "name") {
      summary.name = plan.text(entry.value);
    } else {
      summary.metadata.emplace_back(plan.text(entry.key), plan.text(entry.value));
    }
  }
  for (const plan::StepRecord& record : plan.steps()) {
    summary.steps.push_back(TRY(summarize_step(plan, record)));
  }
  return summary;
}

Graph signature(const plan::Plan& plan) {
  Graph graph;
  for (const plan::PortRecord& port : plan.inputs()) {
    graph.inputs.push_back(graph.add_value(std::string(plan.text(port.name)),
                                           type_of(plan, plan.tensors()[port.tensor])));
  }
  for (const plan::PortRecord& port : plan.outputs()) {
    graph.outputs.push_back(graph.add_value(std::string(plan.text(port.name)),
                                            type_of(plan, plan.tensors()[port.tensor])));
  }
  return graph;
}

std::vector<std::pair<std::string, std::size_t>> interpreted_operators(const PlanSummary& summary) {
  Counts counts;
  for (const PlanStep& step : summary.steps) {
    for (const auto& [op, times] : step.interpreted) counts[op] += times;
  }
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

}  // namespace slipway::compile
