#include <algorithm>
#include <map>

#include "base/str.h"
#include "compile/lower/elementwise.h"
#include "compile/lower/lower.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

using plan::Layout;

// Nodes that one step computes: each result but the last is used by later ones of the chain alone.
struct Chain {
  std::vector<std::size_t> nodes;
  std::vector<Elementwise> functions;
  std::vector<ValueId> operands;
};

ValueId result_of(const Lowering& lowering, std::size_t node) {
  return lowering.graph.nodes[node].outputs[0];
}

std::vector<ChainStep> steps_of(const Lowering& lowering, const Chain& chain) {
  std::map<ValueId, std::size_t> number;
  for (std::size_t i = 0; i < chain.operands.size(); ++i) number[chain.operands[i]] = i;
  std::vector<ChainStep> steps;
  for (std::size_t i = 0; i < chain.nodes.size(); ++i) {
    const Elementwise& f = chain.functions[i];
    steps.push_back(
        f.is_binary ? ChainStep::of(static_cast<Binary>(f.function), number[f.a], number[f.b])
                    : ChainStep::of(static_cast<Unary>(f.function), number[f.a], f.alpha, f.beta));
    number[result_of(lowering, chain.nodes[i])] = chain.operands.size() + i;
  }
  return steps;
}

class ChainGrower {
 public:
  explicit ChainGrower(const Lowering& lowering) : lowering_(lowering) {}

  // The longest chain that begins at the node.
  Chain grow(std::size_t first, const Elementwise& function) {
    add(first, function);
    Chain best = chain_;
    while (const auto next = next_node()) {
      add(*next, *elementwise_of(lowering_, *next));
      if (!fits()) break;
      if (is_closed()) best = chain_;
    }
    return best;
  }

 private:
  bool is_inside(ValueId id) const { return inner_uses_.contains(id); }

  void add(std::size_t node, const Elementwise& function) {
    chain_.nodes.push_back(node);
    chain_.functions.push_back(function);
    for (const ValueId input : {function.a, function.b}) {
      if (input == kNoValue) continue;
      if (is_inside(input)) {
        ++inner_uses_[input];
      } else if (std::ranges::find(chain_.operands, input) == chain_.operands.end()) {
        chain_.operands.push_back(input);
      }
    }
    inner_uses_[result_of(lowering_, node)] = 0;
  }

  // The first node in graph order that uses a result and needs nothing that is not there yet.
  std::optional<std::size_t> next_node() const {
    std::optional<std::size_t> next;
    const Shape& shape = lowering_.shape(result_of(lowering_, chain_.nodes.front()));
    for (const auto& [id, uses] : inner_uses_) {
      for (const std::size_t user : lowering_.users(id)) {
        if ((next && user >= *next) || lowering_.is_done(user)) continue;
        const auto function = elementwise_of(lowering_, user);
        if (!function || is_inside(result_of(lowering_, user)) ||
            lowering_.shape(result_of(lowering_, user)) != shape) {
          continue;
        }
        if (is_available(function->a) && is_available(function->b)) next = user;
      }
    }
    return next;
  }

  bool is_available(ValueId id) const {
    return id == kNoValue || is_inside(id) || lowering_.is_made(id);
  }

  bool is_closed() const {
    const ValueId last = result_of(lowering_, chain_.nodes.back());
    return std::ranges::all_of(inner_uses_, [&](const auto& entry) {
      return entry.first == last || entry.second == lowering_.uses(entry.first);
    });
  }

  bool fits() const {
    ChainProgram program;
    return chain_.operands.size() <= kChainOperands &&
           prepare_chain(chain_.operands.size(), steps_of(lowering_, chain_), program);
  }

  const Lowering& lowering_;
  Chain chain_;
  std::map<ValueId, std::size_t> inner_uses_;  // of each result, by later nodes of the chain
};

// The layout in which an operand can be read where the output is blocked; none: the chain is plain.
std::optional<Layout> layout_beside_blocked(const Lowering& lowering, ValueId id,
                                            const Shape& output) {
  const Shape& shape = lowering.shape(id);
  if (std::ranges::all_of(shape, [](std::int64_t extent) { return extent == 1; }))
    return Layout::kPlain;
  if (shape.size() != output.size()) return std::nullopt;
  return Layout::kBlocked16;
}

Layout layout_of(const Lowering& lowering, const Chain& chain, const Shape& output) {
  bool is_blocked = false;
  for (const ValueId id : chain.operands) {
    is_blocked |= lowering.layout(id) == Layout::kBlocked16 && lowering.shape(id) == output;
    if (!layout_beside_blocked(lowering, id, output)) return Layout::kPlain;
  }
  return is_blocked ? Layout::kBlocked16 : Layout::kPlain;
}

// More axes than a loop has, after the merging that always succeeds: every axis of extent 1 goes.
bool has_few_axes(const Shape& shape) {
  return std::ranges::count_if(shape, [](std::int64_t extent) { return extent != 1; }) <
         static_cast<std::ptrdiff_t>(kChainDims);
}

}  // namespace

Result<Lowered> lower_elementwise(Lowering& lowering, std::size_t node) {
  const auto function = elementwise_of(lowering, node);
  if (!function) return lower_whole(lowering, node);
  const Chain chain = ChainGrower(lowering).grow(node, *function);
  const ValueId output = result_of(lowering, chain.nodes.back());
  const Shape shape = lowering.shape(output);
  if (!has_few_axes(shape)) return Lowered::kDeclined;
  const Layout layout = layout_of(lowering, chain, shape);
  std::vector<TensorIndex> operands;
  for (const ValueId id : chain.operands) {
    const Layout own =
        layout == Layout::kPlain ? Layout::kPlain : *layout_beside_blocked(lowering, id, shape);
    operands.push_back(TRY(lowering.read(id, own)));
  }
  const TensorIndex to = lowering.write(output, layout);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kChain, operands, {to});
  const std::vector<ChainStep> steps = steps_of(lowering, chain);
  step.params = chain_params(plan::ChainParams{static_cast<std::uint32_t>(steps.size())}, steps);
  std::vector<std::string> ops;
  for (const std::size_t n : chain.nodes) {
    lowering.absorb(n);
    ops.push_back(lowering.graph.nodes[n].op);
  }
  if (ops.size() > 1) step.note = join(ops, " + ");
  return Lowered::kYes;
}

}  // namespace slipway::compile
