// EvalContext: what an operator's reference implementation sees of one node: actual inputs, and
// where its outputs go. Tensors arrive direct (aligned, one element after the other).
#pragma once

#include <functional>
#include <vector>

#include "ops/node_view.h"
#include "tensor/value.h"

namespace slipway {

class EvalContext : public NodeView {
 public:
  using SubgraphRunner =
      std::function<Result<std::vector<Value>>(const Graph& body, std::vector<Value> inputs)>;

  EvalContext(const Node& node, std::string label, std::vector<Value> inputs,
              SubgraphRunner subgraph_runner, std::uint64_t seed);

  std::size_t input_count() const { return inputs_.size(); }
  std::size_t output_count() const { return outputs_.size(); }
  bool has_input(std::size_t i) const;
  bool has_output(std::size_t i) const;  // somebody wants it

  // Input i as a tensor. The interpreter has checked, by the operator's signature, that required
  // inputs are there and of an allowed type; an omitted or non-tensor input reads as an empty
  // tensor.
  const Tensor& input(std::size_t i) const;
  const Value& value(std::size_t i) const;          // any kind; absent when omitted
  std::vector<Value>& values() { return inputs_; }  // to move from

  // Elements of an integer input (int32, int64 and others) as int64, for axes, shapes, counts.
  Result<std::vector<std::int64_t>> ints(std::size_t i) const;

  // Allocates output i (zero-filled); fails with the node's name.
  Result<Tensor> make(DType dtype, Shape shape) const;
  void set_output(std::size_t i, Value value);

  Result<std::vector<Value>> run_subgraph(const Graph& body, std::vector<Value> inputs) const;

  // For random operators without a seed attribute: fixed per node and run, so runs repeat.
  std::uint64_t seed() const { return seed_; }

  std::vector<Value>& outputs() { return outputs_; }

 private:
  std::vector<Value> inputs_;
  std::vector<Value> outputs_;
  SubgraphRunner subgraph_runner_;
  std::uint64_t seed_;
};

}  // namespace slipway
