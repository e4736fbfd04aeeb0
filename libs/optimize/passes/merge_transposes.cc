#include <algorithm>
#include <map>

#include "ops/interpreter.h"
#include "ops/node_view.h"
#include "optimize/list.h"
#include "optimize/rewriter.h"
#include "passes/rewrite.h"

namespace slipway::optimize {
namespace {

std::optional<Ints> perm_of(const Graph& graph, const Node& transpose) {
  if (const Ints* const stated = NodeView(transpose, "").get_ints("perm")) return *stated;
  const auto rank = rank_of(graph, transpose.inputs[0]);
  if (!rank) return std::nullopt;
  Ints reversed(*rank);
  for (std::size_t i = 0; i < *rank; ++i) reversed[i] = static_cast<std::int64_t>(*rank - 1 - i);
  return reversed;
}

// Transposing by `first` and then by `second`.
std::optional<Ints> combined(const Ints& first, const Ints& second) {
  if (first.size() != second.size()) return std::nullopt;
  Ints both;
  for (const std::int64_t from : second) {
    if (from < 0 || from >= static_cast<std::int64_t>(first.size())) return std::nullopt;
    both.push_back(first[static_cast<std::size_t>(from)]);
  }
  return both;
}

bool is_identity(const Ints& perm) {
  for (std::size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

// Each element by itself, inputs that broadcast: the order of axes is nothing to these.
bool is_elementwise(const Node& node) {
  static constexpr std::string_view kOps[] = {
      "Abs",      "Add",      "Ceil",  "Clip", "Cos",         "Div",       "Elu",
      "Erf",      "Exp",      "Floor", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu",
      "Log",      "Max",      "Min",   "Mish", "Mul",         "Neg",       "Pow",
      "PRelu",    "Relu",     "Round", "Selu", "Sigmoid",     "Sign",      "Sin",
      "Softplus", "Softsign", "Sqrt",  "Sub",  "Sum",         "Tanh",      "Reciprocal"};
  return node.domain.empty() && node.version >= 8 && node.outputs.size() == 1 &&
         std::ranges::find(kOps, node.op) != std::end(kOps);
}

// Takes a Transpose at the end of a tree of element-wise nodes up to Transposes that undo it.
class Canceller {
 public:
  explicit Canceller(Rewriter& rewriter) : rewriter_(rewriter) {}

  // The nodes between and above node i are changed so that its input is transposed already; false,
  // and nothing changed, where that would cost a Transpose elsewhere.
  bool cancel(std::size_t i, const Ints& perm) {
    rank_ = perm.size();
    perm_ = &perm;
    sources_.clear();
    constants_.clear();
    inner_.clear();
    const ValueId last = rewriter_.node(i).inputs[0];
    if (!visit(last, 0) || inner_.empty() || sources_.empty()) return false;
    for (auto& [slot, tensor] : constants_)
      rewriter_.node(slot.first).inputs[slot.second] =
          rewriter_.constant("turned", std::move(tensor));
    for (const auto& [slot, from] : sources_) rewriter_.node(slot.first).inputs[slot.second] = from;
    for (const ValueId id : inner_) {
      Type& type = rewriter_.graph().value(id).type;
      if (!type.dims) continue;
      Dims turned;
      for (const std::int64_t axis : perm)
        turned.push_back((*type.dims)[static_cast<std::size_t>(axis)]);
      type.dims = std::move(turned);
    }
    rewriter_.pass_on(i, last);
    return true;
  }

 private:
  using Slot = std::pair<std::size_t, std::size_t>;  // node, input

  bool visit(ValueId id, int depth) {
    constexpr int kMostDeep = 64;
    if (depth > kMostDeep || !rewriter_.is_used_once(id)) return false;
    Node* const node = rewriter_.maker(id);
    if (node == nullptr || !is_elementwise(*node) || rank_of(rewriter_.graph(), id) != rank_)
      return false;
    inner_.push_back(id);
    const auto at = static_cast<std::size_t>(node - &rewriter_.node(0));
    for (std::size_t k = 0; k < node->inputs.size(); ++k) {
      if (!take(*node, Slot(at, k), depth)) return false;
    }
    return true;
  }

  bool take(const Node& node, const Slot& slot, int depth) {
    const ValueId input = node.inputs[slot.second];
    if (input == kNoValue || (node.op == "Clip" && slot.second > 0)) return true;
    const Graph& graph = rewriter_.graph();
    if (const Tensor* const constant = constant_of(graph, input)) return turn(slot, *constant);
    if (const Node* const source = rewriter_.maker(input, "Transpose", true)) {
      const auto first = perm_of(graph, *source);
      const auto both = first ? combined(*first, *perm_) : std::nullopt;
      if (!both || !is_identity(*both)) return false;
      sources_.emplace_back(slot, source->inputs[0]);
      return true;
    }
    return visit(input, depth + 1);
  }

  // A constant in the order of axes that its node will have.
  bool turn(const Slot& slot, const Tensor& constant) {
    if (constant.size() == 1 && constant.rank() <= 1) return true;
    if (constant.rank() > rank_) return false;
    Shape full(rank_ - constant.rank(), 1);
    full.insert(full.end(), constant.shape().begin(), constant.shape().end());
    const Result<Tensor> direct = constant.direct();
    if (!direct.ok()) return false;
    Result<Tensor> reshaped = direct->reshaped(full);
    if (!reshaped.ok()) return false;
    Node transpose;
    transpose.op = "Transpose";
    transpose.version = 13;
    transpose.inputs = {ValueId{0}};
    transpose.outputs = {ValueId{1}};
    transpose.attributes.emplace_back("perm", *perm_);
    auto turned = evaluate_node(transpose, {Value(*std::move(reshaped))});
    if (!turned.ok()) return false;
    constants_.emplace_back(slot, std::move((*turned)[0].tensor()));
    return true;
  }

  Rewriter& rewriter_;
  std::size_t rank_ = 0;
  const Ints* perm_ = nullptr;
  std::vector<std::pair<Slot, ValueId>> sources_;
  std::vector<std::pair<Slot, Tensor>> constants_;
  std::vector<ValueId> inner_;
};

}  // namespace

// A Transpose of a Transpose is one, or none.
Result<std::string> merge_transposes(Model& model) {
  const std::size_t merged = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      const Node& second = rewriter.node(i);
      if (!is(second, "Transpose")) continue;
      const Node* const first = rewriter.maker(second.inputs[0], "Transpose", true);
      if (first == nullptr) continue;
      const auto a = perm_of(rewriter.graph(), *first);
      const auto b = perm_of(rewriter.graph(), second);
      const auto both = a && b ? combined(*a, *b) : std::nullopt;
      if (!both) continue;
      const ValueId from = first->inputs[0];
      if (is_identity(*both)) {
        rewriter.pass_on(i, from);
      } else {
        rewriter.replace(i, "Transpose", {from}, {});
        rewriter.node(i).attributes.emplace_back("perm", *both);
      }
    }
  });
  return note(merged, "merged", "Transpose", "with the one before it");
}

// A Transpose after element-wise nodes that undoes those before them: all of them go.
Result<std::string> cancel_transposes(Model& model) {
  const std::size_t cancelled = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    Canceller canceller(rewriter);
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      if (!is(rewriter.node(i), "Transpose")) continue;
      const auto perm = perm_of(rewriter.graph(), rewriter.node(i));
      if (perm && canceller.cancel(i, *perm)) continue;
    }
  });
  return note(cancelled, "cancelled", "Transpose", "with those before element-wise nodes");
}

}  // namespace slipway::optimize
