// The names that the values of a graph get in ONNX, where captures work by name.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "graph/graph.h"

namespace slipway {

class Naming {
 public:
  // `outer` names the graph around, if there is one, and outlives this.
  Naming(const Graph& graph, const Naming* outer);

  // "" for kNoValue.
  const std::string& operator[](ValueId id) const;
  bool is_captured(ValueId id) const { return captured_[index(id)]; }

 private:
  bool is_visible_outside(const std::string& name) const;
  void assign(ValueId id, const std::string& wanted, bool may_hide);

  const Naming* outer_;
  std::vector<std::string> names_;
  std::vector<bool> captured_;
  std::unordered_set<std::string> taken_;
};

}  // namespace slipway
