// CostContext: shapes of a node's inputs and outputs, for counting multiply-adds.
#pragma once

#include <vector>

#include "ops/node_view.h"

namespace slipway {

class CostContext : public NodeView {
 public:
  CostContext(const Node& node, std::vector<Shape> inputs, std::vector<Shape> outputs)
      : NodeView(node, node.name), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {}

  // Empty when omitted. Dimensions that are not known count as 1.
  const Shape& input(std::size_t i) const { return i < inputs_.size() ? inputs_[i] : none_; }
  const Shape& output(std::size_t i) const { return i < outputs_.size() ? outputs_[i] : none_; }

 private:
  std::vector<Shape> inputs_;
  std::vector<Shape> outputs_;
  Shape none_;
};

// Element count, saturating at int64's maximum.
std::int64_t saturating_count(const Shape& shape);

}  // namespace slipway
