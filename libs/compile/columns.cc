#include "compile/columns.h"

#include <algorithm>
#include <utility>

#include "base/str.h"
#include "ops/node_view.h"
#include "passes/rewrite.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

using Ints = std::vector<std::int64_t>;

class ColumnsMaker {
 public:
  ColumnsMaker(const Model& model, const Window& window)
      : from_(model.graph), window_(window), to_{model.clone(), {}, 0}, graph_(to_.model.graph) {}

  Result<ColumnsModel> make(const std::vector<SlidingInput>& inputs) {
    graph_.nodes.clear();
    version_ = static_cast<int>(to_.model.opset(""));
    collect_requests();
    make_rings();
    for (const SlidingInput& input : inputs) TRY(make_input(input));
    for (std::size_t n = 0; n < from_.nodes.size(); ++n) TRY(make_node(n));
    for (ValueId& id : graph_.outputs) id = whole(id);
    push_rings();
    return std::move(to_);
  }

 private:
  struct Ring {
    std::size_t number = 0;
    ValueId value = kNoValue;
  };

  const TimedValue* timed(ValueId id) const { return id == kNoValue ? nullptr : window_.find(id); }
  const TimedValue& root(const TimedValue& value) const { return window_.values.at(value.root); }
  const Shape shape(ValueId id) const { return known_shape(*from_.value(id).type.dims).value(); }

  // [batch, columns, the other axes in their order].
  Shape column_shape(ValueId id, std::int64_t columns) const {
    const std::size_t axis = timed(id)->axis;
    Shape extents = shape(id);
    extents.erase(extents.begin() + static_cast<std::ptrdiff_t>(axis));
    extents.insert(extents.begin() + 1, columns);
    return extents;
  }

  ValueId add_value(std::string name, DType dtype, const Shape& extents) {
    return graph_.add_value(std::move(name), Type::tensor(dtype, to_dims(extents)));
  }

  Node& add_node(std::string name, std::string_view op, std::string_view domain,
                 std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
    Node node;
    node.name = std::move(name);
    node.op = op;
    node.domain = domain;
    node.version = domain.empty() ? version_ : 1;
    node.inputs = std::move(inputs);
    node.outputs = std::move(outputs);
    graph_.nodes.push_back(std::move(node));
    return graph_.nodes.back();
  }

  // Where a step that reads a root finds a position of it.
  std::int64_t source(ValueId root_id, std::int64_t position) const {
    const TimedValue& value = window_.values.at(root_id);
    const auto found = std::ranges::lower_bound(value.columns, position);
    if (found != value.columns.end() && *found == position) return found - value.columns.begin();
    return plan::kNoColumn - (value.end - value.step - position);
  }

  bool reads_ring(const Ints& sources) const {
    return std::ranges::any_of(sources, [](std::int64_t s) { return s < plan::kNoColumn; });
  }

  // A ring and the positions, where they are read; nothing otherwise.
  void add_ring(std::vector<ValueId>& inputs, ValueId root_id, const Ints& sources) const {
    const bool reads = reads_ring(sources);
    inputs.push_back(reads ? rings_.at(root_id).value : kNoValue);
    inputs.push_back(reads ? positions_ : kNoValue);
  }
  std::int64_t ring_number(ValueId root_id) const {
    const auto ring = rings_.find(root_id);
    return ring == rings_.end() ? 0 : static_cast<std::int64_t>(ring->second.number);
  }

  // Which columns of each value nodes want as a tensor: they are put together as soon as the value
  // is there, so that what is computed in between can be fused.
  void collect_requests() {
    for (std::size_t n = 0; n < from_.nodes.size(); ++n) {
      const Node& node = from_.nodes[n];
      if (window_.steps[n] != TimedStep::kEach) continue;
      const Ints& columns = window_.values.at(node.outputs[0]).columns;
      for (const ValueId id : node.inputs) {
        if (timed(id) == nullptr || columns.empty()) continue;
        requests_.emplace_back(timed(id)->root, shifted(columns, timed(id)->shift));
      }
    }
  }

  static Ints shifted(Ints positions, std::int64_t shift) {
    for (std::int64_t& p : positions) p += shift;
    return positions;
  }

  void make_rings() {
    for (const auto& [id, value] : window_.values) {
      if (value.root != id || value.history == 0) continue;
      Ring ring{rings_.size(), kNoValue};
      ring.value = add_value(from_.value(id).name + " kept", from_.value(id).type.dtype,
                             column_shape(id, value.history));
      to_.kept.push_back(ring.value);
      to_.runs_to_settle += static_cast<std::size_t>(value.history / value.step + 1);
      rings_.emplace(id, ring);
    }
    if (rings_.empty()) return;
    positions_ =
        add_value("columns' places", DType::kInt64, {static_cast<std::int64_t>(rings_.size())});
    to_.kept.push_back(positions_);
  }

  Status make_input(const SlidingInput& input) {
    const TimedValue& value = window_.values.at(input.value);
    const auto count = static_cast<std::int64_t>(value.columns.size());
    Shape extents = shape(input.value);
    extents[value.axis] = count;
    graph_.value(input.value).type.dims = to_dims(extents);
    const ValueId columns = new_columns(input.value, count);
    Ints perm = {0, static_cast<std::int64_t>(value.axis)};
    for (std::size_t axis = 1; axis < extents.size(); ++axis) {
      if (axis != value.axis) perm.push_back(static_cast<std::int64_t>(axis));
    }
    add_node(from_.value(input.value).name, "Transpose", "", {input.value}, {columns})
        .attributes.emplace_back("perm", perm);
    return define(input.value, columns);
  }

  ValueId new_columns(ValueId id, std::int64_t count) {
    return add_value(from_.value(id).name + " columns", from_.value(id).type.dtype,
                     column_shape(id, count));
  }

  Status define(ValueId id, ValueId columns) {
    columns_[id] = columns;
    for (const auto& [root_id, positions] : requests_) {
      if (root_id == id) taken(id, positions);
    }
    return {};
  }

  // Some positions of a root as one tensor.
  ValueId taken(ValueId root_id, const Ints& positions) {
    const TimedValue& value = window_.values.at(root_id);
    if (positions == value.columns) return columns_.at(root_id);
    const auto known = taken_.find({root_id, positions});
    if (known != taken_.end()) return known->second;
    const ValueId result = new_columns(root_id, static_cast<std::int64_t>(positions.size()));
    Ints sources;
    for (const std::int64_t p : positions) sources.push_back(source(root_id, p));
    std::vector<ValueId> inputs = {columns_.at(root_id)};
    add_ring(inputs, root_id, sources);
    Node& node =
        add_node(from_.value(root_id).name, "Take", kColumnsDomain, std::move(inputs), {result});
    node.attributes.emplace_back("ring", ring_number(root_id));
    node.attributes.emplace_back("sources", std::move(sources));
    return taken_[{root_id, positions}] = result;
  }

  // Positions of a value, its axes in their own order.
  void make_ordered(ValueId id, const Ints& positions, ValueId result) {
    const TimedValue& value = *timed(id);
    const ValueId columns = taken(value.root, shifted(positions, value.shift));
    Ints perm;
    for (std::size_t axis = 0; axis < shape(id).size(); ++axis)
      perm.push_back(static_cast<std::int64_t>(column_axis(axis, value.axis)));
    add_node(from_.value(id).name, "Transpose", "", {columns}, {result})
        .attributes.emplace_back("perm", std::move(perm));
  }

  // The value over the whole window.
  ValueId whole(ValueId id) {
    const TimedValue* const value = timed(id);
    if (value == nullptr) return id;
    const bool is_given = is_input(from_, id);
    if (is_given && value->step == 0) return id;
    const auto [known, is_new] = wholes_.emplace(id, id);
    if (!is_new) return known->second;
    Ints positions;
    for (std::int64_t p = 0; p < value->length; ++p) positions.push_back(p);
    if (is_given) {
      known->second =
          add_value(from_.value(id).name + " window", from_.value(id).type.dtype, shape(id));
    }
    const ValueId result = known->second;
    make_ordered(id, positions, result);
    return result;
  }

  Status make_node(std::size_t n) {
    switch (window_.steps[n]) {
      case TimedStep::kAlias:
        return {};
      case TimedStep::kConvolve:
        return make_convolution(n);
      case TimedStep::kEach:
        return make_each(n);
      case TimedStep::kWhole:
        return make_plain(n);
    }
    return {};
  }

  Status make_plain(std::size_t n) {
    Node node = from_.nodes[n].clone();
    const auto gather = window_.gathers.find(n);
    if (gather != window_.gathers.end()) {
      const ValueId id = node.inputs[0];
      Shape extents = shape(id);
      extents[timed(id)->axis] = 1;
      const ValueId part = add_value(str(from_.value(id).name, " at ", gather->second),
                                     from_.value(id).type.dtype, extents);
      make_ordered(id, {gather->second}, part);
      const Shape index_shape = shape(node.inputs[1]);
      const ValueId first =
          add_value(from_.value(node.inputs[1]).name + " first", DType::kInt64, index_shape);
      graph_.initializers[first] = TRY(Tensor::create(DType::kInt64, index_shape));
      node.inputs[0] = part;
      node.inputs[1] = first;
    } else {
      for (ValueId& id : node.inputs) id = whole(id);
      for_each_subgraph(node, [&](Graph& body) {
        for (Capture& capture : body.captures) capture.outer = whole(capture.outer);
      });
    }
    graph_.nodes.push_back(std::move(node));
    return {};
  }

  Status make_convolution(std::size_t n) {
    const Node& node = from_.nodes[n];
    const ValueId output = node.outputs[0];
    const TimedValue& value = window_.values.at(output);
    if (value.columns.empty()) return {};
    const TimedValue& x = *timed(node.inputs[0]);
    const WindowAxis& axis = window_.convolutions.at(n);
    Ints sources;
    for (const std::int64_t p : value.columns) {
      for (std::int64_t k = 0; k < axis.kernel; ++k) {
        const std::int64_t at = p * axis.stride - axis.pad_begin + k * axis.dilation;
        const bool is_inside = at >= 0 && at < x.length;
        sources.push_back(is_inside ? source(x.root, at + x.shift) : plan::kNoColumn);
      }
    }
    const bool has_bias = node.inputs.size() > 2;
    std::vector<ValueId> inputs = {columns_.at(x.root), node.inputs[1],
                                   has_bias ? node.inputs[2] : kNoValue};
    add_ring(inputs, x.root, sources);
    const ValueId columns = new_columns(output, static_cast<std::int64_t>(value.columns.size()));
    Node& made = add_node(node.name, "Convolve", kColumnsDomain, std::move(inputs), {columns});
    made.attributes.emplace_back("ring", ring_number(x.root));
    made.attributes.emplace_back("taps", axis.kernel);
    made.attributes.emplace_back("sources", std::move(sources));
    return define(output, columns);
  }

  Status make_each(std::size_t n) {
    Node node = from_.nodes[n].clone();
    const ValueId output = node.outputs[0];
    const TimedValue& value = window_.values.at(output);
    if (value.columns.empty()) return {};
    const std::size_t rank = shape(output).size();
    for (ValueId& id : node.inputs) {
      if (id == kNoValue) continue;
      if (const TimedValue* const operand = timed(id)) {
        id = taken(operand->root, shifted(value.columns, operand->shift));
      } else {
        id = TRY(make_constant(node, id, rank, value.axis));
      }
    }
    if (node.op == "Concat") {
      std::int64_t axis = NodeView(node, "").get_int("axis", 1);
      if (axis < 0) axis += static_cast<std::int64_t>(rank);
      std::erase_if(node.attributes, [](const Attribute& a) { return a.name == "axis"; });
      node.attributes.emplace_back("axis", static_cast<std::int64_t>(column_axis(
                                               static_cast<std::size_t>(axis), value.axis)));
    }
    const ValueId columns = new_columns(output, static_cast<std::int64_t>(value.columns.size()));
    node.outputs[0] = columns;
    graph_.nodes.push_back(std::move(node));
    return define(output, columns);
  }

  // A constant beside columns: its axes go where the columns' do. One that counts along the last
  // axis alone, which stays the last, needs no change.
  Result<ValueId> make_constant(const Node& node, ValueId id, std::size_t rank, std::size_t time) {
    Shape extents = shape(id);
    const bool is_elementwise = node.op != "MatMul" && !node.op.ends_with("Normalization");
    if (!is_elementwise || std::ranges::all_of(extents, [](auto e) { return e == 1; })) return id;
    const auto known = constants_.find({id, time});
    if (known != constants_.end()) return known->second;
    extents.insert(extents.begin(), rank - extents.size(), 1);
    extents.erase(extents.begin() + static_cast<std::ptrdiff_t>(time));  // of extent 1
    extents.insert(extents.begin() + 1, 1);
    const Tensor direct = TRY(constant_of(from_, id)->direct());
    Tensor moved = TRY(Tensor::create(direct.dtype(), extents));
    std::ranges::copy(direct.bytes(), moved.mutable_bytes().begin());
    const ValueId result = add_value(from_.value(id).name + " of columns", direct.dtype(), extents);
    graph_.initializers[result] = std::move(moved);
    constants_[{id, time}] = result;
    return result;
  }

  void push_rings() {
    for (const auto& [id, ring] : rings_) {
      const TimedValue& value = window_.values.at(id);
      const std::int64_t count = std::min(value.step, value.history);
      const auto first = std::ranges::lower_bound(value.columns, value.end - count);
      Node& node = add_node(from_.value(id).name, "Push", kColumnsDomain,
                            {columns_.at(id), ring.value, positions_}, {});
      node.attributes.emplace_back("ring", static_cast<std::int64_t>(ring.number));
      node.attributes.emplace_back("first",
                                   static_cast<std::int64_t>(first - value.columns.begin()));
      node.attributes.emplace_back("count", count);
    }
  }

  const Graph& from_;
  const Window& window_;
  ColumnsModel to_;
  Graph& graph_;
  int version_ = 0;
  std::map<ValueId, Ring> rings_;  // by root
  ValueId positions_ = kNoValue;
  std::vector<std::pair<ValueId, Ints>> requests_;
  std::map<ValueId, ValueId> columns_;  // by root
  std::map<std::pair<ValueId, Ints>, ValueId> taken_;
  std::map<std::pair<ValueId, std::size_t>, ValueId> constants_;
  std::map<ValueId, ValueId> wholes_;
};

}  // namespace

Result<ColumnsModel> make_columns(const Model& model, const std::vector<SlidingInput>& inputs,
                                  const Window& window) {
  return ColumnsMaker(model, window).make(inputs);
}

}  // namespace slipway::compile
