#include <algorithm>

#include "ops/node_view.h"
#include "passes/expander.h"
#include "passes/list.h"

namespace slipway {
namespace {

// A RotaryEmbedding of floats whose shapes are known.
struct Rotary {
  Shape x;                // as it is given
  Shape split;            // with an axis for heads
  Shape cache;            // that of a cosine for each element that turns, to broadcast against them
  std::int64_t half = 0;  // of the elements of a head that turn
  bool has_positions = false;
  bool is_interleaved = false;
};

std::optional<Rotary> rotary_of(const Graph& graph, const Node& node) {
  if (node.op != "RotaryEmbedding" || !node.domain.empty() || node.inputs.size() < 3)
    return std::nullopt;
  const NodeView view(node, "");
  const auto x = shape_of(graph, node.inputs[0]);
  const auto cos = shape_of(graph, node.inputs[1]);
  const auto sin = shape_of(graph, node.inputs[2]);
  if (!x || !cos || cos != sin || std::ranges::count(*x, 0) != 0 ||
      graph.value(node.inputs[0]).type.dtype != DType::kFloat32) {
    return std::nullopt;
  }
  Rotary r;
  r.x = r.split = *x;
  const bool is_flat = x->size() == 3;
  if (is_flat) {
    const std::int64_t heads = view.get_int("num_heads", 0);
    if (heads < 1 || (*x)[2] % heads != 0) return std::nullopt;
    r.split = {(*x)[0], (*x)[1], heads, (*x)[2] / heads};
  } else if (x->size() != 4) {
    return std::nullopt;
  }
  const std::int64_t width = r.split[3];
  const std::int64_t stated = view.get_int("rotary_embedding_dim", 0);
  const std::int64_t turned = stated == 0 ? width : stated;
  if (turned < 2 || turned > width || turned % 2 != 0) return std::nullopt;
  r.half = turned / 2;
  r.is_interleaved = view.get_flag("interleaved", false);
  r.has_positions = node.inputs.size() > 3 && node.inputs[3] != kNoValue;
  const std::int64_t length = is_flat ? r.split[1] : r.split[2];
  const Shape rows = {r.split[0], length};
  if (r.has_positions) {
    if (shape_of(graph, node.inputs[3]) != rows || cos->size() != 2) return std::nullopt;
  } else if (*cos != Shape{rows[0], rows[1], r.half}) {
    return std::nullopt;
  }
  if (cos->back() != r.half) return std::nullopt;
  r.cache = is_flat ? Shape{rows[0], length, 1, r.half} : Shape{rows[0], 1, length, r.half};
  return r;
}

class RotaryExpander : public Expander {
 public:
  using Expander::Expander;

  void expand(const Rotary& r) {
    const ValueId x = reshaped(node_.inputs[0], r.split);
    const ValueId cos = cache(node_.inputs[1], r);
    const ValueId sin = cache(node_.inputs[2], r);
    Shape half = r.split;
    half[3] = r.half;
    const std::int64_t step = r.is_interleaved ? 2 : 1;
    const std::int64_t second_start = r.is_interleaved ? 1 : r.half;
    const ValueId a = part(x, 0, 2 * r.half - second_start, step, half);
    const ValueId b = part(x, second_start, 2 * r.half, step, half);
    const ValueId first =
        add("Sub", {add("Mul", {cos, a}, half), add("Mul", {sin, b}, half)}, half);
    const ValueId second =
        add("Add", {add("Mul", {sin, a}, half), add("Mul", {cos, b}, half)}, half);
    std::vector<ValueId> parts = {first, second};
    if (r.is_interleaved) parts = {interleaved(first, second, half)};
    Shape rest = r.split;
    rest[3] -= 2 * r.half;
    if (rest[3] != 0) parts.push_back(part(x, 2 * r.half, r.split[3], 1, rest));
    const ValueId joined = parts.size() == 1
                               ? parts[0]
                               : add("Concat", parts, r.split, Attribute("axis", std::int64_t{3}));
    reshaped(joined, r.x);
    finish();
  }

 private:
  ValueId part(ValueId x, std::int64_t start, std::int64_t end, std::int64_t step,
               const Shape& shape) {
    return add("Slice", {x, numbers({start}), numbers({end}), numbers({3}), numbers({step})},
               shape);
  }
  // A row of the cache for each position.
  ValueId cache(ValueId id, const Rotary& r) {
    if (!r.has_positions) return reshaped(id, r.cache);
    const Shape rows = *shape_of(graph_, node_.inputs[3]);
    const ValueId gathered = add("Gather", {id, node_.inputs[3]}, {rows[0], rows[1], r.half});
    return reshaped(gathered, r.cache);
  }
  ValueId interleaved(ValueId a, ValueId b, Shape half) {
    Shape pair = half;
    pair.push_back(1);
    const ValueId left = reshaped(a, pair);
    const ValueId right = reshaped(b, pair);
    pair[4] = 2;
    const ValueId both = add("Concat", {left, right}, pair, Attribute("axis", std::int64_t{4}));
    half[3] *= 2;
    return reshaped(both, half);
  }
};

}  // namespace

// A RotaryEmbedding as the slices, products and sums that it stands for.
Result<std::string> turn_pairs(Model& model) {
  const std::size_t expanded = expand_nodes<RotaryExpander>(model.graph, rotary_of);
  return expanded == 0 ? "" : "wrote " + count_text(expanded, "RotaryEmbedding") + " as products";
}

}  // namespace slipway
