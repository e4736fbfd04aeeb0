#include <set>

#include "base/str.h"
#include "compile/lower/lower.h"
#include "kernels/trees/forest.h"
#include "ops/ml/forest.h"
#include "ops/ml/post_transform.h"
#include "plan/params.h"
#include "tensor/convert.h"

namespace slipway::compile {
namespace {

constexpr std::int64_t kMaxTargets = 1 << 16;

// The same forest for the kernel to pack. A branch by membership becomes one of equality for each
// member; false where there are none.
bool read_source(const Forest& forest, ForestSource& source) {
  for (const TreeNode& node : forest.nodes) {
    const bool is_member = node.branch == Branch::kMember;
    if (is_member && node.count == 0) return false;
    ForestSource::Node to;
    to.branch = node.branch == Branch::kLeaf ? TreeBranch::kLeaf
                : is_member                  ? TreeBranch::kEq
                                             : static_cast<TreeBranch>(node.branch);
    to.missing_is_true = node.missing_is_true;
    to.feature = static_cast<std::uint32_t>(node.feature);
    to.split = is_member ? forest.members[node.first] : node.split;
    to.on_true = static_cast<std::uint32_t>(node.on_true);
    to.on_false = static_cast<std::uint32_t>(node.on_false);
    to.first_vote = static_cast<std::uint32_t>(node.first);
    to.vote_count = static_cast<std::uint32_t>(node.count);
    source.nodes.push_back(to);
  }
  for (std::size_t i = 0; i < forest.nodes.size(); ++i) {
    const TreeNode& node = forest.nodes[i];
    std::size_t last = i;
    for (std::size_t m = 1; node.branch == Branch::kMember && m < node.count; ++m) {
      ForestSource::Node next = source.nodes[last];
      next.split = forest.members[node.first + m];
      source.nodes[last].on_false = static_cast<std::uint32_t>(source.nodes.size());
      last = source.nodes.size();
      source.nodes.push_back(next);
    }
  }
  for (const std::size_t root : forest.roots)
    source.roots.push_back(static_cast<std::uint32_t>(root));
  for (const Vote& vote : forest.votes)
    source.votes.push_back({static_cast<std::uint32_t>(vote.target), vote.weight});
  source.is_double = forest.is_double;
  return true;
}

// The base values in the type in which the votes add up; none where there are none.
struct Base {
  std::optional<Tensor> values;
  std::size_t count = 0;
};
Result<Base> read_base(const NodeView& view, bool is_double) {
  std::vector<double> values;
  if (const std::vector<float>* const floats = view.get_floats("base_values"))
    values.assign(floats->begin(), floats->end());
  const Tensor* const tensor = view.get_tensor("base_values_as_tensor");
  if (tensor != nullptr && tensor->size() != 0) {
    const Tensor wide = TRY(cast(TRY(tensor->direct()), DType::kFloat64));
    values.assign(wide.data<double>().begin(), wide.data<double>().end());
  }
  Base base;
  base.count = values.size();
  if (values.empty()) return base;
  const Tensor wide = Tensor::of(values);
  base.values = is_double ? wide : TRY(cast(wide, DType::kFloat32));
  return base;
}

std::optional<TreeAggregate> read_aggregate(const NodeView& view) {
  const std::string text = view.get_string("aggregate_function", "SUM");
  if (text == "SUM") return TreeAggregate::kSum;
  if (text == "AVERAGE") return TreeAggregate::kAverage;
  if (text == "MIN") return TreeAggregate::kMin;
  if (text == "MAX") return TreeAggregate::kMax;
  return std::nullopt;
}

// The packed forest as a constant; none where the kernel does not take it.
Result<std::optional<TensorIndex>> add_forest(Lowering& lowering, const NodeView& view,
                                              const Forest& forest, std::int64_t columns,
                                              std::size_t targets, TreeAggregate aggregate) {
  if (!check_forest(view, forest, columns, static_cast<std::int64_t>(targets)).ok())
    return std::optional<TensorIndex>();
  ForestSource source;
  if (!read_source(forest, source)) return std::optional<TensorIndex>();
  source.columns = static_cast<std::uint32_t>(columns);
  source.targets = static_cast<std::uint32_t>(targets);
  source.aggregate = aggregate;
  const std::vector<std::byte> packed = pack_forest(source);
  if (packed.empty()) return std::optional<TensorIndex>();
  Tensor bytes = TRY(Tensor::create(DType::kUint8, {static_cast<std::int64_t>(packed.size())}));
  std::memcpy(bytes.mutable_bytes().data(), packed.data(), packed.size());
  return std::optional(lowering.add_constant("forest", std::move(bytes)));
}

// Rows of floats; the kernel reads no others.
bool has_rows(const Lowering& lowering, const Node& node) {
  const Shape& rows = lowering.shape(node.inputs[0]);
  return lowering.is_float(node.inputs[0]) && rows.size() == 2 && rows[1] >= 1;
}

std::string describe_forest(const Forest& forest) {
  return str(forest.roots.size(), " trees, ", forest.nodes.size(), " nodes",
             forest.is_double ? ", in double" : "");
}

Result<Lowered> add_regression(Lowering& lowering, std::size_t node, const Forest& forest,
                               TreeAggregate aggregate, PostTransform transform) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const std::int64_t targets = view.get_int("n_targets", 1);
  if (targets < 1 || targets > kMaxTargets) return Lowered::kDeclined;
  Base base = TRY(read_base(view, forest.is_double));
  if (base.count != 0 && base.count != static_cast<std::size_t>(targets)) return Lowered::kDeclined;
  const auto packed = TRY(add_forest(lowering, view, forest, lowering.shape(n.inputs[0])[1],
                                     static_cast<std::size_t>(targets), aggregate));
  if (!packed) return Lowered::kDeclined;
  std::vector<TensorIndex> inputs = {TRY(lowering.read(n.inputs[0])), *packed, kLeftOut};
  if (base.values) inputs[2] = lowering.add_constant("base values", *std::move(base.values));
  const TensorIndex to = lowering.write(n.outputs[0]);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kTrees, inputs, {to});
  step.set_params(plan::TreesParams{static_cast<std::uint32_t>(targets),
                                    static_cast<std::uint32_t>(transform)});
  step.note = describe_forest(forest);
  return Lowered::kYes;
}

}  // namespace

Result<Lowered> lower_tree_regressor(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const Result<PostTransform> transform = read_post_transform(view);
  const std::optional<TreeAggregate> aggregate = read_aggregate(view);
  const Result<Forest> forest = read_classic_forest(view, "target");
  if (!has_rows(lowering, n) || !transform.ok() || !aggregate || !forest.ok())
    return Lowered::kDeclined;
  return add_regression(lowering, node, *forest, *aggregate, *transform);
}

Result<Lowered> lower_tree_ensemble(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const std::int64_t aggregate = view.get_int("aggregate_function", 1);
  const std::int64_t transform = view.get_int("post_transform", 0);
  const Result<Forest> forest = read_split_forest(view);
  if (!has_rows(lowering, n) || !lowering.is_float(n.outputs[0]) || !forest.ok() || aggregate < 0 ||
      aggregate > 3 || transform < 0 || transform > 4) {
    return Lowered::kDeclined;
  }
  Forest in_float = *forest;
  in_float.is_double = false;  // the input's type decides
  return add_regression(lowering, node, in_float, static_cast<TreeAggregate>(aggregate),
                        static_cast<PostTransform>(transform));
}

Result<Lowered> lower_tree_classifier(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const std::vector<std::int64_t>* const labels = view.get_ints("classlabels_int64s");
  const Result<PostTransform> transform = read_post_transform(view);
  const Result<Forest> forest = read_classic_forest(view, "class");
  if (!has_rows(lowering, n) || !transform.ok() || !forest.ok() || labels == nullptr ||
      labels->empty() || std::ssize(*labels) > kMaxTargets || n.outputs.size() != 2 ||
      n.outputs[0] == kNoValue || n.outputs[1] == kNoValue) {
    return Lowered::kDeclined;
  }
  const std::size_t classes = labels->size();
  std::set<std::int64_t> voted;
  bool is_probability = true;
  for (const Vote& vote : forest->votes) {
    voted.insert(vote.target);
    is_probability = is_probability && vote.weight >= 0;
  }
  const bool is_binary = classes == 2 && voted == std::set<std::int64_t>{0};
  const bool is_second_only = classes == 2 && voted == std::set<std::int64_t>{1};
  Base base = TRY(read_base(view, forest->is_double));
  if (base.count > classes || (classes > 2 && base.count != 0 && base.count != classes))
    return Lowered::kDeclined;
  const auto packed = TRY(add_forest(lowering, view, *forest, lowering.shape(n.inputs[0])[1],
                                     is_binary ? 1 : classes, TreeAggregate::kSum));
  if (!packed) return Lowered::kDeclined;
  std::vector<TensorIndex> inputs = {TRY(lowering.read(n.inputs[0])), *packed, kLeftOut,
                                     lowering.add_constant("labels", Tensor::of(*labels))};
  if (base.values) inputs[2] = lowering.add_constant("base values", *std::move(base.values));
  const TensorIndex chosen = lowering.write(n.outputs[0]);
  const TensorIndex scores = lowering.write(n.outputs[1]);
  ProgramStep& step =
      lowering.add_step(node, plan::KernelId::kTreeClasses, inputs, {chosen, scores});
  step.set_params(plan::TreeClassesParams{static_cast<std::uint32_t>(*transform),
                                          is_binary ? 1U : 0U, is_second_only ? 1U : 0U,
                                          is_probability ? 1U : 0U});
  step.note = str(describe_forest(*forest), ", ", classes, " classes");
  return Lowered::kYes;
}

}  // namespace slipway::compile
