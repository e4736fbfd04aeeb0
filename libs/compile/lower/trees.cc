#include "compile/lower/lower.h"
#include "kernels/trees/forest.h"
#include "ops/ml/forest.h"
#include "ops/ml/post_transform.h"
#include "plan/params.h"
#include "tensor/convert.h"

namespace slipway::compile {
namespace {

// The same forest for the kernel to pack; empty roots where it has splits that the kernel lacks.
ForestSource source_of(const Forest& forest) {
  ForestSource source;
  for (const TreeNode& node : forest.nodes) {
    if (node.branch == Branch::kMember) return {};
    ForestSource::Node to;
    to.branch =
        node.branch == Branch::kLeaf ? TreeBranch::kLeaf : static_cast<TreeBranch>(node.branch);
    to.missing_is_true = node.missing_is_true;
    to.feature = static_cast<std::uint32_t>(node.feature);
    to.split = node.split;
    to.on_true = static_cast<std::uint32_t>(node.on_true);
    to.on_false = static_cast<std::uint32_t>(node.on_false);
    to.first_vote = static_cast<std::uint32_t>(node.first);
    to.vote_count = static_cast<std::uint32_t>(node.count);
    source.nodes.push_back(to);
  }
  for (const std::size_t root : forest.roots)
    source.roots.push_back(static_cast<std::uint32_t>(root));
  for (const Vote& vote : forest.votes)
    source.votes.push_back({static_cast<std::uint32_t>(vote.target), vote.weight});
  source.is_double = forest.is_double;
  return source;
}

// The base values as floats, one a target; none where there are none. False: not in that form.
bool read_base(const NodeView& view, std::size_t targets, std::optional<Tensor>& base) {
  const Tensor* const tensor = view.get_tensor("base_values_as_tensor");
  if (tensor != nullptr && tensor->size() != 0) return false;
  const std::vector<float>* const floats = view.get_floats("base_values");
  if (floats == nullptr || floats->empty()) return true;
  if (floats->size() != targets) return false;
  base = Tensor::of(*floats);
  return true;
}

}  // namespace

Result<Lowered> lower_tree_regressor(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const Shape& rows = lowering.shape(n.inputs[0]);
  const std::int64_t targets = view.get_int("n_targets", 1);
  const Result<PostTransform> transform = read_post_transform(view);
  std::optional<Tensor> base;
  if (!lowering.is_float(n.inputs[0]) || rows.size() != 2 || rows[1] < 1 || targets < 1 ||
      !transform.ok() || *transform != PostTransform::kNone ||
      view.get_string("aggregate_function", "SUM") != "SUM" ||
      !read_base(view, static_cast<std::size_t>(targets), base)) {
    return Lowered::kDeclined;
  }
  const Result<Forest> forest = read_classic_forest(view, "target");
  if (!forest.ok() || forest->is_double || !check_forest(view, *forest, rows[1], targets).ok()) {
    return Lowered::kDeclined;
  }
  ForestSource source = source_of(*forest);
  source.columns = static_cast<std::uint32_t>(rows[1]);
  source.targets = static_cast<std::uint32_t>(targets);
  const std::vector<std::byte> packed = pack_forest(source);
  if (packed.empty()) return Lowered::kDeclined;
  Tensor bytes = TRY(Tensor::create(DType::kUint8, {static_cast<std::int64_t>(packed.size())}));
  std::memcpy(bytes.mutable_bytes().data(), packed.data(), packed.size());
  std::vector<TensorIndex> inputs = {TRY(lowering.read(n.inputs[0])),
                                     lowering.add_constant("forest", std::move(bytes)), kLeftOut};
  if (base) inputs[2] = lowering.add_constant("base values", *std::move(base));
  const TensorIndex to = lowering.write(n.outputs[0]);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kTrees, inputs, {to});
  step.set_params(plan::TreesParams{static_cast<std::uint32_t>(targets)});
  step.note = str(forest->roots.size(), " trees, ", forest->nodes.size(), " nodes");
  return Lowered::kYes;
}

}  // namespace slipway::compile
