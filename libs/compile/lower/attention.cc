#include "compile/lower/attention.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/str.h"
#include "compile/lower/elementwise.h"
#include "compile/lower/strided.h"
#include "kernels/attention/attention.h"
#include "kernels/numeric/dot.h"
#include "ops/node_view.h"

namespace slipway::compile {
namespace {

class AttentionMatcher {
 public:
  AttentionMatcher(const Lowering& lowering, const std::vector<std::size_t>& made_by)
      : lowering_(lowering), made_by_(made_by) {}

  // `node` is the product with the values.
  std::optional<AttentionMatch> match(std::size_t node) {
    const Node& mixed = at(node);
    if (!is_product(mixed)) return std::nullopt;
    match_.nodes = {node};
    const auto softmax = maker(mixed.inputs[0]);
    if (!softmax || at(*softmax).op != "Softmax" || !is_last_axis(at(*softmax)))
      return std::nullopt;
    match_.nodes.push_back(*softmax);
    auto scores = maker(at(*softmax).inputs[0]);
    if (scores) scores = take_mask(*scores);
    if (scores) scores = take_scale(*scores);
    if (!scores || !is_product(at(*scores))) return std::nullopt;
    match_.nodes.push_back(*scores);
    return finish(at(*scores), mixed) ? std::optional(match_) : std::nullopt;
  }

 private:
  const Node& at(std::size_t node) const { return lowering_.graph.nodes[node]; }

  // The node that makes a value for one use alone.
  std::optional<std::size_t> maker(ValueId id) const {
    const std::size_t node = made_by_[slipway::index(id)];
    if (node == SIZE_MAX || lowering_.uses(id) != 1 || lowering_.is_done(node)) return std::nullopt;
    return node;
  }

  bool is_product(const Node& node) const {
    if (node.op != "MatMul" || !node.domain.empty()) return false;
    const Shape& a = lowering_.shape(node.inputs[0]);
    const Shape& b = lowering_.shape(node.inputs[1]);
    return lowering_.is_float(node.inputs[0]) && (a.size() == 3 || a.size() == 4) &&
           a.size() == b.size() && std::equal(a.begin(), a.end() - 2, b.begin()) &&
           std::ranges::count(a, 0) + std::ranges::count(b, 0) == 0;
  }

  bool is_last_axis(const Node& softmax) const {
    if (softmax.version < 13) return false;  // the older form flattens
    const auto rank = static_cast<std::int64_t>(lowering_.shape(softmax.inputs[0]).size());
    const std::int64_t axis = NodeView(softmax, "").get_int("axis", -1);
    return axis == -1 || axis == rank - 1;
  }

  std::optional<std::size_t> take_mask(std::size_t node) {
    const auto add = elementwise_of(lowering_, node);
    if (!add || !add->is_binary || add->function != static_cast<std::uint8_t>(Binary::kAdd))
      return node;
    const Shape& whole = lowering_.shape(at(node).outputs[0]);
    ValueId scores = add->a;
    ValueId mask = add->b;
    if (lowering_.shape(scores) != whole || is_broadcast_more(scores, mask))
      std::swap(scores, mask);
    if (lowering_.shape(scores) != whole) return std::nullopt;
    match_.mask = mask;
    match_.nodes.push_back(node);
    match_.note = " + mask";
    return maker(scores);
  }
  // Both have the scores' shape: the mask is the one that is no product.
  bool is_broadcast_more(ValueId a, ValueId b) const {
    return lowering_.shape(a) == lowering_.shape(b) && !maker(a) && maker(b);
  }

  std::optional<std::size_t> take_scale(std::size_t node) {
    const auto scale = elementwise_of(lowering_, node);
    if (!scale || !scale->is_binary) return node;
    const bool is_product = scale->function == static_cast<std::uint8_t>(Binary::kMul);
    if (!is_product && scale->function != static_cast<std::uint8_t>(Binary::kDiv)) return node;
    ValueId scores = scale->a;
    ValueId factor = scale->b;
    if (is_product && lowering_.constant(scores) != nullptr) std::swap(scores, factor);
    const Tensor* const constant = lowering_.constant(factor);
    if (constant == nullptr || constant->size() != 1) return std::nullopt;
    const Result<Tensor> direct = constant->direct();
    if (!direct.ok() || lowering_.shape(scores) != lowering_.shape(at(node).outputs[0]))
      return std::nullopt;
    match_.params.scaling = static_cast<std::uint32_t>(is_product ? AttentionScale::kMultiply
                                                                  : AttentionScale::kDivide);
    match_.params.scale = direct->data<float>()[0];
    match_.nodes.push_back(node);
    match_.note = " + scale" + match_.note;
    return maker(scores);
  }

  // A Transpose that alone uses the output moves into the step, where rows stay rows of floats.
  void take_output_transpose() {
    const auto user = lowering_.only_user(match_.y);
    if (!user || at(*user).op != "Transpose" || lowering_.is_done(*user)) return;
    const std::vector<std::int64_t>* const perm = NodeView(at(*user), "").get_ints("perm");
    const std::size_t rank = lowering_.shape(match_.y).size();
    if (perm == nullptr || perm->back() != static_cast<std::int64_t>(rank) - 1) return;
    const auto place = [&](std::uint8_t axis) {
      if (axis == plan::kNoAxis) return axis;
      return static_cast<std::uint8_t>(std::ranges::find(*perm, axis) - perm->begin());
    };
    plan::AttentionAxes& y = match_.params.y;
    y = {place(y.batch), place(y.head), place(y.row), place(y.column), plan::kNoAxis, {}, 0};
    match_.y = at(*user).outputs[0];
    match_.nodes.push_back(*user);
  }

  bool finish(const Node& scores, const Node& mixed) {
    match_.q = scores.inputs[0];
    match_.k = scores.inputs[1];
    match_.v = mixed.inputs[1];
    match_.y = mixed.outputs[0];
    const Shape q = lowering_.shape(match_.q);
    const Shape v = lowering_.shape(match_.v);
    const std::size_t rank = q.size();
    if (v.size() != rank || lowering_.shape(match_.k).size() != rank) return false;
    const auto keys = static_cast<std::size_t>(v[rank - 2]);
    match_.params.score_chains = static_cast<std::uint32_t>(
        numeric::chain_count(keys, static_cast<std::size_t>(q[rank - 1])));
    match_.params.value_chains = static_cast<std::uint32_t>(
        numeric::chain_count(static_cast<std::size_t>(v[rank - 1]), keys));
    match_.params.y = {rank == 4 ? std::uint8_t{0} : plan::kNoAxis,
                       static_cast<std::uint8_t>(rank - 3),
                       static_cast<std::uint8_t>(rank - 2),
                       static_cast<std::uint8_t>(rank - 1),
                       plan::kNoAxis,
                       {},
                       0};
    take_output_transpose();
    return true;
  }

  const Lowering& lowering_;
  const std::vector<std::size_t>& made_by_;
  AttentionMatch match_;
};

// What the kernel needs to know of keys and values to say how large its workspace is.
AttentionSpec workspace_spec(const Lowering& lowering, const AttentionMatch& match,
                             std::int64_t repeats) {
  const Shape& k = lowering.shape(match.k);
  const Shape& v = lowering.shape(match.v);
  const std::size_t rank = k.size();
  AttentionSpec spec;
  spec.batch = rank == 4 ? static_cast<std::size_t>(k[0]) : 1;
  spec.heads = static_cast<std::size_t>(k[rank - 3] / repeats);
  spec.keys = static_cast<std::size_t>(k[rank - 1]);
  spec.width = static_cast<std::size_t>(k[rank - 2]);
  spec.value_width = static_cast<std::size_t>(v[rank - 1]);
  spec.score_chains = match.params.score_chains;
  spec.value_chains = match.params.value_chains;
  return spec;
}

// The axes of a view of matrices; none where the kernel cannot walk over it.
std::optional<plan::AttentionAxes> axes_of(const Strided& strided, bool is_transposed,
                                           bool has_rows) {
  const std::size_t rank = strided.axes().size();
  const auto fixed = strided.fixed();
  if (strided.extents().size() > 8 || fixed.size() > 1) return std::nullopt;
  const auto place = [&](std::size_t axis) {
    const std::vector<Strided::Piece>& pieces = strided.axes()[axis];
    return pieces.empty() ? plan::kNoAxis : static_cast<std::uint8_t>(pieces[0].extent);
  };
  plan::AttentionAxes axes{};
  axes.batch = rank == 4 ? place(0) : plan::kNoAxis;
  axes.head = place(rank - 3);
  axes.row = place(is_transposed ? rank - 1 : rank - 2);
  axes.column = place(is_transposed ? rank - 2 : rank - 1);
  axes.fixed = fixed.empty() ? plan::kNoAxis : static_cast<std::uint8_t>(fixed[0].first);
  axes.index = fixed.empty() ? 0 : static_cast<std::uint32_t>(fixed[0].second);
  const bool is_row = axes.column == plan::kNoAxis || axes.column + 1U == strided.extents().size();
  return has_rows && !is_row ? std::nullopt : std::optional(axes);
}

}  // namespace

Result<Heads> heads_of(Lowering& lowering, ValueId id, Matrix matrix, bool takes_repeats) {
  for (ValueView& view : lowering.views_of(id)) {
    Strided strided = view.strided;
    std::int64_t repeats = 1;
    if (!strided.regroup(lowering.shape(id))) continue;
    if (takes_repeats) repeats = strided.take_repeats(strided.axes().size() - 3);
    if (!strided.merge()) continue;
    const auto axes =
        axes_of(strided, matrix == Matrix::kTransposedKeys, matrix == Matrix::kQueries);
    if (!axes) continue;
    const TensorIndex base = TRY(lowering.read(view.base, view.layout));
    return Heads{lowering.stored(base, strided.extents()), *axes, repeats};
  }
  return Error{Code::kInternal, str("value ", lowering.graph.value(id).name, " has no axes")};
}

std::map<std::size_t, AttentionMatch> find_attention(const Lowering& lowering) {
  const std::vector<std::size_t> made_by = lowering.makers();
  std::map<std::size_t, AttentionMatch> found;
  for (std::size_t n = 0; n < lowering.graph.nodes.size(); ++n) {
    auto match = AttentionMatcher(lowering, made_by).match(n);
    if (!match) continue;
    const std::size_t last = *std::ranges::max_element(match->nodes);
    found.emplace(last, *std::move(match));
  }
  return found;
}

Status lower_attention(Lowering& lowering, std::size_t node, const AttentionMatch& match) {
  plan::AttentionParams params = match.params;
  Heads k = TRY(heads_of(lowering, match.k, Matrix::kTransposedKeys, true));
  Heads v = TRY(heads_of(lowering, match.v, Matrix::kRows, true));
  if (k.repeats != v.repeats) {
    k = TRY(heads_of(lowering, match.k, Matrix::kTransposedKeys, false));
    v = TRY(heads_of(lowering, match.v, Matrix::kRows, false));
  }
  const Heads q = TRY(heads_of(lowering, match.q, Matrix::kQueries, false));
  params.q = q.axes;
  params.k = k.axes;
  params.v = v.axes;
  const TensorIndex mask = TRY(lowering.read(match.mask));
  const auto floats = attention_packed_floats(workspace_spec(lowering, match, k.repeats));
  const TensorIndex workspace =
      lowering.add_temporary("workspace", DType::kFloat32, {static_cast<std::int64_t>(floats)});
  lowering.add_step(node, plan::KernelId::kAttentionPack, {k.tensor, v.tensor}, {workspace})
      .set_params(params);
  const TensorIndex y = lowering.write(match.y);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kAttention,
                                        {q.tensor, k.tensor, v.tensor, workspace, mask}, {y});
  step.set_params(params);
  step.multiply_adds = 0;
  for (const std::size_t n : match.nodes) step.multiply_adds += lowering.multiply_adds(n);
  step.note = "MatMul" + match.note + " + Softmax + MatMul";
  return {};
}

}  // namespace slipway::compile
