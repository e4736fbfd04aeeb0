// Scan where it is what skl2onnx writes for distances: each row of a constant table subtracted from
// all rows of the state, the squares of each difference added up.
#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "compile/lower/panels.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

using Ints = std::vector<std::int64_t>;

// The node of a body that makes a value; Identity is looked through.
const Node* maker_in(const Graph& body, ValueId& id) {
  for (std::size_t looks = 0; looks <= body.nodes.size(); ++looks) {
    const Node* maker = nullptr;
    for (const Node& node : body.nodes) {
      if (!node.outputs.empty() && node.outputs[0] == id) maker = &node;
    }
    if (maker == nullptr || maker->op != "Identity" || !maker->domain.empty()) return maker;
    id = maker->inputs[0];
  }
  return nullptr;
}

bool is_default(const NodeView& view, std::string_view name) {
  const Ints* const stated = view.get_ints(name);
  return stated == nullptr || (stated->size() == 1 && stated->front() == 0);
}

// Whether the squares of each row are added up: axis 1 of a matrix, which then is gone.
bool adds_rows(const Graph& body, const Node& node) {
  if (node.op != "ReduceSumSquare" || !node.domain.empty()) return false;
  const NodeView view(node, "");
  if (view.get_int("keepdims", 1) != 0) return false;
  if (const Ints* const stated = view.get_ints("axes"))
    return stated->size() == 1 && (stated->front() == 1 || stated->front() == -1);
  if (!has_input(node, 1)) return false;
  const Tensor* const axes = body.initializer(node.inputs[1]);
  if (axes == nullptr || axes->dtype() != DType::kInt64 || axes->size() != 1) return false;
  const Result<Tensor> direct = axes->direct();
  return direct.ok() &&
         (direct->data<std::int64_t>()[0] == 1 || direct->data<std::int64_t>()[0] == -1);
}

bool is_of_distances(const Graph& body) {
  if (body.inputs.size() != 2 || body.outputs.size() != 2) return false;
  ValueId state = body.outputs[0];
  if (maker_in(body, state) != nullptr || state != body.inputs[0]) return false;
  ValueId sums = body.outputs[1];
  const Node* const sum = maker_in(body, sums);
  if (sum == nullptr || !adds_rows(body, *sum)) return false;
  ValueId differences = sum->inputs[0];
  const Node* const sub = maker_in(body, differences);
  if (sub == nullptr || sub->op != "Sub" || !sub->domain.empty() || sub->inputs.size() != 2)
    return false;
  ValueId a = sub->inputs[0];
  ValueId b = sub->inputs[1];
  if (maker_in(body, a) != nullptr || maker_in(body, b) != nullptr) return false;
  return (a == body.inputs[0] && b == body.inputs[1]) ||
         (a == body.inputs[1] && b == body.inputs[0]);
}

// The only thing done with a matrix: it is transposed.
std::optional<std::size_t> transposed_by(const Lowering& lowering, ValueId id) {
  const auto user = lowering.only_user(id);
  if (!user || lowering.is_done(*user)) return std::nullopt;
  const Node& node = lowering.graph.nodes[*user];
  if (node.op != "Transpose" || !node.domain.empty()) return std::nullopt;
  const Ints* const perm = NodeView(node, "").get_ints("perm");
  return perm == nullptr || *perm == Ints{1, 0} ? user : std::nullopt;
}

bool has_form(const Lowering& lowering, const Node& node, const NodeView& view) {
  const Graph* const body = view.get_graph("body");
  if (node.version < 9 || body == nullptr || node.inputs.size() != 2 || node.outputs.size() != 2 ||
      node.outputs[1] == kNoValue || view.get_int("num_scan_inputs", 0) != 1 ||
      (node.outputs[0] != kNoValue && lowering.uses(node.outputs[0]) != 0)) {
    return false;
  }
  for (const char* name :
       {"scan_input_axes", "scan_input_directions", "scan_output_axes", "scan_output_directions"}) {
    if (!is_default(view, name)) return false;
  }
  return is_of_distances(*body);
}

}  // namespace

Result<Lowered> lower_scan(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  if (!has_form(lowering, n, view)) return Lowered::kDeclined;
  const Tensor* const vectors = lowering.constant(n.inputs[1]);
  const Shape& rows = lowering.shape(n.inputs[0]);
  const auto transpose = transposed_by(lowering, n.outputs[1]);
  if (vectors == nullptr || !lowering.is_float(n.inputs[0]) ||
      vectors->dtype() != DType::kFloat32 || vectors->rank() != 2 || rows.size() != 2 ||
      vectors->dim(1) != rows[1] || rows[1] == 0 || vectors->dim(0) == 0 ||
      vectors->dim(0) > 1 << 24 || !transpose) {
    return Lowered::kDeclined;
  }
  const Tensor direct = TRY(vectors->direct());
  const auto count = static_cast<std::size_t>(vectors->dim(0));
  const auto columns = static_cast<std::size_t>(vectors->dim(1));
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex panels =
      lowering.add_constant(lowering.graph.value(n.inputs[1]).name,
                            TRY(panels_of(direct.data<float>().data(), count, columns)));
  const TensorIndex to = lowering.write(lowering.graph.nodes[*transpose].outputs[0]);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kDistances, {from, panels}, {to});
  step.set_params(plan::DistancesParams{static_cast<std::uint32_t>(count)});
  step.note = str("squared, to ", count, " vectors of ", columns);
  lowering.absorb(*transpose);
  return Lowered::kYes;
}

}  // namespace slipway::compile
