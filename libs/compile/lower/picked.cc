#include "compile/lower/picked.h"

#include <algorithm>
#include <bit>

#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "compile/lower/view.h"
#include "kernels/vectors/column_products.h"
#include "ops/node_view.h"
#include "ops/op.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

using Ints = std::vector<std::int64_t>;

constexpr std::size_t kFewestProducts = 2;  // for which it is worth a step of its own

// Whether the elements are places that some axis has: none is negative.
bool are_places(const Lowering& lowering, ValueId id) {
  constexpr std::size_t kMostMoves = 8;
  for (std::size_t i = 0; i < kMostMoves; ++i) {
    const auto maker = lowering.maker(id);
    if (!maker) return false;
    const Node& node = lowering.graph.nodes[*maker];
    if (!node.domain.empty()) return false;
    if (node.op == "ArgMax" || node.op == "ArgMin") return true;
    if (node.op == "TopK") return node.outputs.size() > 1 && node.outputs[1] == id;
    if (node.op != "Flatten" && node.op != "Reshape" && node.op != "Identity" &&
        node.op != "Squeeze" && node.op != "Unsqueeze") {
      return false;
    }
    id = node.inputs[0];
  }
  return false;
}

// Places that are evenly apart: a strided copy, or none at all.
std::optional<std::int64_t> step_of(const Ints& places) {
  if (places.size() == 1) return 1;
  const std::int64_t step = places[1] - places[0];
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (places[i] - places[i - 1] != step) return std::nullopt;
  }
  return step == 0 ? std::nullopt : std::optional(step);
}

bool has_one_axis(const Lowering& lowering, const Node& node, std::int64_t axis) {
  std::optional<Ints> axes;
  if (has_input(node, 1)) axes = ints_of(lowering, node.inputs[1]);
  if (const Ints* const stated = NodeView(node, "").get_ints("axes")) axes = *stated;
  const auto rank = static_cast<std::int64_t>(lowering.shape(node.inputs[0]).size());
  return axes && axes->size() == 1 && (axes->front() + rank) % rank == axis;
}

// What a Concat joins: products of columns of `table`, each a row of columns.
struct Products {
  ValueId table = kNoValue;
  std::vector<Ints> columns;
  std::size_t most = 1;
  std::size_t found = 0;  // with several factors, or as ReduceProd

  bool take_table(ValueId id) {
    if (table == kNoValue) table = id;
    return table == id;
  }
};

bool is_one(const Lowering& lowering, ValueId id) {
  const auto values = floats_of(lowering, id);
  return values && std::ranges::all_of(*values, [](float v) { return v == 1.0F; });
}

bool take(const Lowering& lowering, ValueId id, Products& products) {
  if (lowering.shape(id).size() != 2 || !lowering.is_float(id)) return false;
  if (lowering.constant(id) != nullptr) {
    if (!is_one(lowering, id)) return false;
    products.columns.resize(products.columns.size() +
                            static_cast<std::size_t>(lowering.shape(id)[1]));
    return true;
  }
  const auto maker = lowering.maker(id);
  if (!maker) return false;
  const Node& node = lowering.graph.nodes[*maker];
  if (const auto picked = picked_by(lowering, node)) {
    for (const std::int64_t place : picked->places) products.columns.push_back({place});
    return products.take_table(picked->from);
  }
  if (node.op != "ReduceProd" || !node.domain.empty() || !has_one_axis(lowering, node, 1))
    return false;
  const auto inner = lowering.maker(node.inputs[0]);
  if (!inner) return false;
  const auto picked = picked_by(lowering, lowering.graph.nodes[*inner]);
  if (!picked || picked->places.size() > kMostFactors) return false;
  products.columns.push_back(picked->places);
  products.most = std::max(products.most, picked->places.size());
  ++products.found;
  return products.take_table(picked->from);
}

}  // namespace

std::optional<Picked> picked_by(const Lowering& lowering, const Node& node) {
  const bool is_extractor = node.op == "ArrayFeatureExtractor" && node.domain == kMl;
  if (!is_extractor && (node.op != "Gather" || !node.domain.empty())) return std::nullopt;
  const Shape& shape = lowering.shape(node.inputs[0]);
  if (shape.empty() || shape.back() == 0) return std::nullopt;
  const auto places = ints_of(lowering, node.inputs[1]);
  if (!places || places->empty()) return std::nullopt;
  Picked picked{node.inputs[0], *places};
  if (!is_extractor) {
    const auto rank = static_cast<std::int64_t>(shape.size());
    const std::int64_t axis = NodeView(node, "").get_int("axis", 0);
    if ((axis + rank) % rank != rank - 1 || lowering.shape(node.inputs[1]).size() != 1)
      return std::nullopt;
    for (std::int64_t& place : picked.places) place += place < 0 ? shape.back() : 0;
  }
  const bool is_within = std::ranges::all_of(
      picked.places, [&](std::int64_t place) { return place >= 0 && place < shape.back(); });
  return is_within ? std::optional(std::move(picked)) : std::nullopt;
}

Result<bool> add_column_products(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  Products products;
  for (const ValueId id : n.inputs) {
    if (id == kNoValue || !take(lowering, id, products)) return false;
  }
  if (products.found < kFewestProducts || products.table == kNoValue ||
      lowering.shape(products.table).size() != 2 || !lowering.is_float(products.table)) {
    return false;
  }
  const std::int64_t columns = lowering.shape(products.table)[1];
  const std::size_t width = std::bit_ceil(products.most);
  std::vector<std::int32_t> factors(products.columns.size() * width,
                                    static_cast<std::int32_t>(columns));
  for (std::size_t i = 0; i < products.columns.size(); ++i)
    std::ranges::copy(products.columns[i],
                      factors.begin() + static_cast<std::ptrdiff_t>(i * width));
  const TensorIndex from = TRY(lowering.read(products.table));
  const TensorIndex which = lowering.add_constant(str(n.name, " factors"), Tensor::of(factors));
  const TensorIndex to = lowering.write(n.outputs[0]);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kColumnProducts, {from, which}, {to});
  step.set_params(plan::ColumnProductsParams{static_cast<std::uint32_t>(columns),
                                             static_cast<std::uint32_t>(width)});
  step.note = str(products.columns.size(), " products of at most ", products.most);
  return true;
}

Result<Lowered> lower_array_feature_extractor(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const Shape& output = lowering.shape(n.outputs[0]);
  if (shape.empty() || lowering.dtype(n.inputs[0]) == DType::kString) return Lowered::kDeclined;
  const auto picked = picked_by(lowering, n);
  if (!picked && !are_places(lowering, n.inputs[1])) return Lowered::kDeclined;
  const auto step = picked ? step_of(picked->places) : std::nullopt;
  if (step && shape.size() > 1 && can_view(output)) {
    std::vector<plan::ViewAxis> axes = whole_axes(shape.size());
    axes.back().start = picked->places.front();
    axes.back().step = *step;
    TRY(see(lowering, n.outputs[0], {node, n.inputs[0], shape, output, axes, ""}));
    return Lowered::kYes;
  }
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex places = TRY(lowering.read(n.inputs[1]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kGather, {from, places}, {to})
      .set_params(plan::GatherParams{static_cast<std::uint32_t>(shape.size() - 1)});
  return Lowered::kYes;
}

}  // namespace slipway::compile
