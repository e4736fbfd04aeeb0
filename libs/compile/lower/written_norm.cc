#include "compile/lower/written_norm.h"

#include <algorithm>
#include <optional>

#include "base/str.h"
#include "compile/lower/elementwise.h"
#include "compile/lower/numbers.h"
#include "ops/node_view.h"

namespace slipway::compile {
namespace {

class NormMatcher {
 public:
  NormMatcher(const Lowering& lowering, const std::vector<std::size_t>& made_by)
      : lowering_(lowering), made_by_(made_by) {}

  // `node` is the mean of the squares.
  std::optional<NormMatch> match(std::size_t node) {
    const auto axis = mean_axis(node);
    if (!axis || !take_squares(node) || !take_root(node)) return std::nullopt;
    match_.params.axis = *axis;
    match_.params.flags |= plan::kIsWritten;
    if (!take_centre(*axis)) {
      match_.params.flags |= plan::kIsRms;
      match_.x = centred_;
    }
    if (!take_quotient()) return std::nullopt;
    match_.scale = take_row(Binary::kMul);
    match_.bias = take_row(Binary::kAdd);
    std::ranges::sort(match_.nodes);
    return std::move(match_);
  }

 private:
  const Node& at(std::size_t node) const { return lowering_.graph.nodes[node]; }
  ValueId result(std::size_t node) const { return at(node).outputs[0]; }

  std::optional<std::size_t> maker(ValueId id) const {
    const std::size_t node = made_by_[slipway::index(id)];
    return node == SIZE_MAX || lowering_.is_done(node) ? std::nullopt : std::optional(node);
  }
  std::optional<std::size_t> only_user(ValueId id) const {
    const auto user = lowering_.only_user(id);
    return user && lowering_.is_done(*user) ? std::nullopt : user;
  }
  std::optional<Elementwise> binary(std::size_t node, Binary function) const {
    const auto f = elementwise_of(lowering_, node);
    const bool is_it = f && f->is_binary && f->function == static_cast<std::uint8_t>(function);
    return is_it ? f : std::nullopt;
  }
  std::optional<float> constant_float(ValueId id) const {
    const Tensor* const tensor = lowering_.constant(id);
    if (tensor == nullptr || tensor->size() != 1) return std::nullopt;
    const Result<Tensor> direct = tensor->direct();
    return direct.ok() ? std::optional(direct->data<float>()[0]) : std::nullopt;
  }

  // The first of the axes that a ReduceMean takes the mean of, where these are the last ones and
  // stay, as axes of one element.
  std::optional<std::uint32_t> mean_axis(std::size_t node) const {
    const Node& n = at(node);
    if (n.op != "ReduceMean" || !n.domain.empty() || !lowering_.is_float(n.inputs[0]) ||
        lowering_.is_done(node)) {
      return std::nullopt;
    }
    const NodeView view(n, "");
    const Shape& shape = lowering_.shape(n.inputs[0]);
    std::optional<std::vector<std::int64_t>> axes;
    if (const std::vector<std::int64_t>* const stated = view.get_ints("axes")) {
      axes = *stated;
    } else if (has_input(n, 1)) {
      axes = ints_of(lowering_, n.inputs[1]);
    }
    if (!axes || axes->empty() || !view.get_flag("keepdims", true) ||
        std::ranges::count(shape, 0) != 0) {
      return std::nullopt;
    }
    const auto rank = static_cast<std::int64_t>(shape.size());
    for (std::int64_t& axis : *axes) axis = axis < 0 ? axis + rank : axis;
    std::ranges::sort(*axes);
    const std::int64_t first = rank - static_cast<std::int64_t>(axes->size());
    for (std::size_t i = 0; i < axes->size(); ++i) {
      if ((*axes)[i] != first + static_cast<std::int64_t>(i)) return std::nullopt;
    }
    return static_cast<std::uint32_t>(first);
  }

  // x * x or Pow(x, 2), for the mean alone.
  bool take_squares(std::size_t mean) {
    const auto square = maker(at(mean).inputs[0]);
    if (!square || only_user(result(*square)) != mean) return false;
    if (const auto product = binary(*square, Binary::kMul)) {
      if (product->a != product->b) return false;
      centred_ = product->a;
      square_uses_ = 2;
    } else if (const auto power = binary(*square, Binary::kPow)) {
      if (constant_float(power->b) != 2.0F ||
          lowering_.shape(result(*square)) != lowering_.shape(power->a)) {
        return false;
      }
      centred_ = power->a;
    } else {
      return false;
    }
    match_.nodes = {*square, mean};
    return true;
  }

  // sqrt(mean + epsilon).
  bool take_root(std::size_t mean) {
    const auto add = only_user(result(mean));
    const auto sum = add ? binary(*add, Binary::kAdd) : std::nullopt;
    if (!sum || lowering_.shape(result(*add)) != lowering_.shape(result(mean))) return false;
    const auto epsilon = constant_float(sum->a == result(mean) ? sum->b : sum->a);
    const auto root = only_user(result(*add));
    const auto f = root ? elementwise_of(lowering_, *root) : std::nullopt;
    if (!epsilon || !f || f->is_binary || f->function != static_cast<std::uint8_t>(Unary::kSqrt))
      return false;
    match_.params.epsilon = *epsilon;
    match_.nodes.insert(match_.nodes.end(), {*add, *root});
    root_ = result(*root);
    return true;
  }

  // What the squares are of is x - mean(x), and nothing but they and the quotient use it.
  bool take_centre(std::uint32_t axis) {
    const auto sub = maker(centred_);
    const auto f = sub ? binary(*sub, Binary::kSub) : std::nullopt;
    if (!f || lowering_.uses(centred_) != square_uses_ + 1) return false;
    const auto mean = maker(f->b);
    if (!mean || only_user(f->b) != *sub || mean_axis(*mean) != axis || at(*mean).inputs[0] != f->a)
      return false;
    match_.x = f->a;
    match_.nodes.insert(match_.nodes.end(), {*sub, *mean});
    return true;
  }

  // x / root, or x * (1 / root).
  bool take_quotient() {
    auto user = only_user(root_);
    if (!user) return false;
    if (const auto quotient = binary(*user, Binary::kDiv); quotient && quotient->b == root_) {
      if (quotient->a == centred_) {
        match_.params.flags |= plan::kIsQuotient;
        return take(*user);
      }
      if (constant_float(quotient->a) != 1.0F) return false;
    } else {
      const auto f = elementwise_of(lowering_, *user);
      if (!f || f->is_binary || f->function != static_cast<std::uint8_t>(Unary::kReciprocal))
        return false;
    }
    if (lowering_.shape(result(*user)) != lowering_.shape(root_)) return false;
    match_.nodes.push_back(*user);
    const ValueId inverse = result(*user);
    user = only_user(inverse);
    const auto product = user ? binary(*user, Binary::kMul) : std::nullopt;
    if (!product || (product->a == inverse ? product->b : product->a) != centred_) return false;
    return take(*user);
  }
  bool take(std::size_t node) {
    match_.nodes.push_back(node);
    match_.y = result(node);
    return true;
  }

  // What the result so far is multiplied by, or what is added to it: a value for each element of a
  // row that is there before the norm.
  ValueId take_row(Binary function) {
    const auto user = only_user(match_.y);
    const auto f = user ? binary(*user, function) : std::nullopt;
    if (!f || f->a == f->b) return kNoValue;
    const ValueId row = f->a == match_.y ? f->b : f->a;
    const Shape& shape = lowering_.shape(match_.y);
    if (lowering_.constant(row) == nullptr || lowering_.shape(result(*user)) != shape ||
        !is_row(lowering_.shape(row), shape)) {
      return kNoValue;
    }
    take(*user);
    return row;
  }
  bool is_row(const Shape& row, const Shape& shape) const {
    if (row.size() > shape.size()) return false;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const std::size_t lead = shape.size() - row.size();
      const std::int64_t extent = axis < lead ? 1 : row[axis - lead];
      if (extent != (axis < match_.params.axis ? 1 : shape[axis])) return false;
    }
    return true;
  }

  const Lowering& lowering_;
  const std::vector<std::size_t>& made_by_;
  NormMatch match_;
  ValueId centred_ = kNoValue;
  ValueId root_ = kNoValue;
  std::size_t square_uses_ = 1;
};

}  // namespace

std::map<std::size_t, NormMatch> find_norms(const Lowering& lowering) {
  const std::vector<std::size_t> made_by = lowering.makers();
  std::map<std::size_t, NormMatch> found;
  for (std::size_t n = 0; n < lowering.graph.nodes.size(); ++n) {
    auto match = NormMatcher(lowering, made_by).match(n);
    if (!match) continue;
    const std::size_t last = match->nodes.back();
    found.emplace(last, *std::move(match));
  }
  return found;
}

Status lower_norm(Lowering& lowering, std::size_t node, const NormMatch& match) {
  std::vector<TensorIndex> inputs;
  for (const ValueId id : {match.x, match.scale, match.bias})
    inputs.push_back(TRY(lowering.read(id)));
  const TensorIndex to = lowering.write(match.y);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kLayerNorm, inputs, {to});
  step.set_params(match.params);
  step.note = str((match.params.flags & plan::kIsRms) != 0 ? "root mean square of " : "of ",
                  match.nodes.size(), " nodes");
  return {};
}

}  // namespace slipway::compile
