#include "kernels/recurrent/recurrent.h"

#include <algorithm>

#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/store_weights.h"
#include "ops/nn/recurrent_scales.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

// Inputs: X, W, R, B, sequence_lens, initial_h, and for an LSTM initial_c, P.
ValueId input(const Node& node, std::size_t i) {
  return i < node.inputs.size() ? node.inputs[i] : kNoValue;
}

// Whether the gates use ONNX's default activations, or Relu in an RNN.
bool has_kernel_activations(const NodeView& view, RecurrentKind kind, std::size_t directions,
                            bool& is_relu) {
  const std::vector<std::string>* const named = view.get_strings("activations");
  is_relu = false;
  if (named == nullptr || named->empty()) return true;
  const std::vector<std::string> usual =
      kind == RecurrentKind::kLstm  ? std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"}
      : kind == RecurrentKind::kGru ? std::vector<std::string>{"Sigmoid", "Tanh"}
                                    : std::vector<std::string>{"Tanh"};
  const auto are_all = [&](const std::vector<std::string>& wanted) {
    if (named->size() != wanted.size() * directions) return false;
    for (std::size_t i = 0; i < named->size(); ++i) {
      if ((*named)[i] != wanted[i % wanted.size()]) return false;
    }
    return true;
  };
  if (kind == RecurrentKind::kRnn && are_all({"Relu"})) return is_relu = true;
  return are_all(usual);
}

// A constant float input, or nothing where it is left out; false where it is something else.
bool take_constant(const Lowering& lowering, ValueId id, std::optional<Tensor>& tensor) {
  if (id == kNoValue) return true;
  const Tensor* const constant = lowering.constant(id);
  if (constant == nullptr || constant->dtype() != DType::kFloat32) return false;
  Result<Tensor> direct = constant->direct();
  if (!direct.ok()) return false;
  tensor = *std::move(direct);
  return true;
}

struct Parameters {
  std::optional<Tensor> w, r, b, p;  // W and R in the form's type
  const std::vector<float>* w_scale = nullptr;
  const std::vector<float>* r_scale = nullptr;
};

// W and R as int8 where they are whole numbers with scales, else in the type that weights are
// stored in, or as floats; false where whole numbers do not fit.
Result<bool> narrow(const Lowering& lowering, const NodeView& view, Parameters& parameters,
                    WeightType& type) {
  parameters.w_scale = view.get_floats(kInputScale);
  parameters.r_scale = view.get_floats(kStateScale);
  const bool has_scales = parameters.w_scale != nullptr && parameters.r_scale != nullptr;
  if (!has_scales && lowering.weights == WeightType::kI8) return true;
  const WeightType stored = has_scales ? WeightType::kI8 : lowering.weights;
  std::optional<Tensor> w = TRY(narrow_exactly(*parameters.w, stored));
  std::optional<Tensor> r = TRY(narrow_exactly(*parameters.r, stored));
  if (!w || !r) return !has_scales;
  parameters.w = std::move(w);
  parameters.r = std::move(r);
  type = stored;
  return true;
}

Result<TensorIndex> pack(Lowering& lowering, const RecurrentForm& form,
                         const Parameters& parameters, std::size_t direction,
                         const std::string& name) {
  const std::size_t rows = form.gates() * form.hidden;
  const auto part = [&](const std::optional<Tensor>& tensor, std::size_t floats) {
    return tensor ? tensor->data<float>().data() + direction * floats : nullptr;
  };
  const auto weights = [&](const Tensor& tensor, std::size_t count) {
    return tensor.bytes().data() + direction * count * bytes_of(form.type);
  };
  RecurrentParameters from{};
  from.w = weights(*parameters.w, rows * form.inputs);
  from.r = weights(*parameters.r, rows * form.hidden);
  if (form.type == WeightType::kI8) {
    from.w_scale = parameters.w_scale->data() + direction * rows;
    from.r_scale = parameters.r_scale->data() + direction * rows;
  }
  from.bias = part(parameters.b, 2 * rows);
  from.peepholes = part(parameters.p, 3 * form.hidden);
  const std::size_t bytes = recurrent_packed_bytes(form);
  Tensor packed = TRY(Tensor::create(DType::kUint8, {static_cast<std::int64_t>(bytes)}));
  pack_recurrent(form, from, packed.mutable_bytes().data());
  return lowering.add_constant(str(name, " parameters ", direction), std::move(packed));
}

std::optional<RecurrentForm> form_of(const Lowering& lowering, const Node& n, const NodeView& view,
                                     std::size_t directions) {
  RecurrentForm form{};
  form.kind = n.op == "LSTM"  ? RecurrentKind::kLstm
              : n.op == "GRU" ? RecurrentKind::kGru
                              : RecurrentKind::kRnn;
  const Shape& x = lowering.shape(n.inputs[0]);
  const Shape& r = lowering.shape(n.inputs[2]);
  if (x.size() != 3 || r.size() != 3 || std::ranges::count(x, 0) != 0) return std::nullopt;
  form.inputs = static_cast<std::size_t>(x[2]);
  form.hidden = static_cast<std::size_t>(r[2]);
  form.couples_input_forget = view.get_flag("input_forget", false);
  form.is_linear_before_reset = view.get_flag("linear_before_reset", false);
  form.clip = view.get_float("clip", 0.0F);
  if (form.hidden == 0 || !(form.clip >= 0) ||
      !has_kernel_activations(view, form.kind, directions, form.is_relu)) {
    return std::nullopt;
  }
  return form;
}

}  // namespace

Result<Lowered> lower_recurrent(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  if (!lowering.is_float(n.inputs[0]) || n.version < 7) return Lowered::kDeclined;
  const std::string direction = view.get_string("direction", "forward");
  const std::size_t directions = direction == "bidirectional" ? 2 : 1;
  auto form = form_of(lowering, n, view, directions);
  Parameters parameters;
  if (!form || !take_constant(lowering, n.inputs[1], parameters.w) || !parameters.w ||
      !take_constant(lowering, n.inputs[2], parameters.r) || !parameters.r ||
      !take_constant(lowering, input(n, 3), parameters.b) ||
      !take_constant(lowering, input(n, 7), parameters.p)) {
    return Lowered::kDeclined;
  }
  if (!TRY(narrow(lowering, view, parameters, form->type))) return Lowered::kDeclined;
  form->has_peepholes = parameters.p.has_value();
  std::vector<TensorIndex> inputs = {
      TRY(lowering.read(n.inputs[0])), kLeftOut, kLeftOut, kLeftOut, kLeftOut, kLeftOut};
  for (std::size_t d = 0; d < directions; ++d)
    inputs[1 + d] = TRY(pack(lowering, *form, parameters, d, n.op));
  for (std::size_t i = 4; i < 7; ++i) inputs[i - 1] = TRY(lowering.read(input(n, i)));
  std::vector<TensorIndex> outputs(3, kLeftOut);
  for (std::size_t i = 0; i < n.outputs.size(); ++i) {
    if (n.outputs[i] != kNoValue && lowering.uses(n.outputs[i]) != 0)
      outputs[i] = lowering.write(n.outputs[i]);
  }
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kRecurrent, inputs, outputs);
  std::uint32_t flags = 0;
  const auto set = [&](bool is_set, plan::RecurrentFlags flag) {
    if (is_set) flags |= flag;
  };
  set(form->has_peepholes, plan::kHasPeepholes);
  set(form->couples_input_forget, plan::kCouplesInputForget);
  set(form->is_linear_before_reset, plan::kIsLinearBeforeReset);
  set(form->is_relu, plan::kIsRelu);
  set(direction == "reverse", plan::kStartsReversed);
  set(view.get_flag("layout", false), plan::kIsBatchFirst);
  step.set_params(plan::RecurrentParams{
      static_cast<std::uint32_t>(form->kind), static_cast<std::uint32_t>(form->inputs),
      static_cast<std::uint32_t>(form->hidden), static_cast<std::uint32_t>(directions),
      static_cast<std::uint32_t>(form->type), flags, form->clip});
  step.note = str(n.op, form->type == WeightType::kI8 ? ", whole, in integers" : ", whole",
                  weights_note(form->type));
  return Lowered::kYes;
}

}  // namespace slipway::compile
