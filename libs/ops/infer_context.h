// InferContext: what an operator's shape rule sees of one node, and where it puts its answer.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "graph/type.h"
#include "ops/node_view.h"

namespace slipway {

class InferContext : public NodeView {
 public:
  using SubgraphRule =
      std::function<Result<std::vector<Type>>(const Graph& body, const std::vector<Type>& inputs)>;

  InferContext(const Node& node, std::string label, std::vector<Type> input_types,
               std::vector<const Tensor*> constants, std::vector<std::optional<Dims>> elements,
               SubgraphRule subgraph_rule);

  std::size_t input_count() const { return input_types_.size(); }
  std::size_t output_count() const { return outputs_.size(); }
  bool has_input(std::size_t i) const;   // given, not omitted
  bool has_output(std::size_t i) const;  // somebody wants it

  const Type& input(std::size_t i) const;  // unknown when omitted
  DType dtype(std::size_t i) const { return input(i).dtype; }
  // The shape, null when the rank is not known. Valid until the context goes.
  const Dims* dims(std::size_t i) const;

  // The value, when it is known before the model runs (direct storage); null otherwise.
  const Tensor* constant(std::size_t i) const;
  // The elements of an integer tensor of rank 0 or 1 as far as they are known: extents, symbols or
  // unknown. nullopt when not even their number is known. Covers constant() too.
  std::optional<Dims> elements(std::size_t i) const;
  // The elements as plain integers, when all are known.
  std::optional<std::vector<std::int64_t>> known_ints(std::size_t i) const;

  void set_output(std::size_t i, Type type);
  void set_output(std::size_t i, DType dtype) { set_output(i, Type::tensor(dtype)); }
  void set_output(std::size_t i, DType dtype, Dims dims) {
    set_output(i, Type::tensor(dtype, std::move(dims)));
  }
  // Output i has the type and shape of input j.
  void copy_type(std::size_t output, std::size_t from_input) {
    set_output(output, input(from_input));
  }
  // What is known of an integer output's elements (Shape, Concat, Gather, ... of shapes).
  void set_elements(std::size_t i, Dims elements);

  // Types of a subgraph's outputs, given the types of its inputs.
  Result<std::vector<Type>> infer_subgraph(const Graph& body,
                                           const std::vector<Type>& inputs) const;

  const std::vector<Type>& outputs() const { return outputs_; }
  const std::vector<std::optional<Dims>>& output_elements() const { return output_elements_; }

 private:
  std::vector<Type> input_types_;
  std::vector<const Tensor*> constants_;
  std::vector<std::optional<Dims>> elements_;
  std::vector<Type> outputs_;
  std::vector<std::optional<Dims>> output_elements_;
  SubgraphRule subgraph_rule_;
};

// Shared rules.
Status infer_same_as_first(InferContext& ctx);   // output 0 = input 0's type and shape
Status infer_broadcast(InferContext& ctx);       // all inputs broadcast, dtype of input 0
Status infer_broadcast_bool(InferContext& ctx);  // all inputs broadcast, bool out

// NumPy broadcasting of dimensions; an error (without node name) when two known extents clash.
Result<Dims> broadcast(const Dims& a, const Dims& b);

}  // namespace slipway
