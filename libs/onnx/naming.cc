#include "onnx/naming.h"

#include "base/str.h"

namespace slipway {

// A graph's inputs may hide names of the graphs around it; the outputs of its nodes may not.
Naming::Naming(const Graph& graph, const Naming* outer)
    : outer_(outer), names_(graph.values.size()), captured_(graph.values.size(), false) {
  for (const Capture& capture : graph.captures) {
    names_[index(capture.inner)] = (*outer)[capture.outer];
    captured_[index(capture.inner)] = true;
    taken_.insert(names_[index(capture.inner)]);
  }
  for (const ValueId id : graph.inputs) assign(id, graph.value(id).name, true);
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    assign(ValueId{static_cast<std::uint32_t>(i)}, graph.values[i].name, false);
  }
}

bool Naming::is_visible_outside(const std::string& name) const {
  for (const Naming* around = outer_; around != nullptr; around = around->outer_) {
    if (around->taken_.contains(name)) return true;
  }
  return false;
}

void Naming::assign(ValueId id, const std::string& wanted, bool may_hide) {
  std::string& name = names_[index(id)];
  if (!name.empty()) return;
  const std::string stem = wanted.empty() ? "value" : wanted;
  name = stem;
  for (std::size_t number = 1;
       taken_.contains(name) || ((!may_hide || name != stem) && is_visible_outside(name));
       ++number) {
    name = str(stem, "_", number);
  }
  taken_.insert(name);
}

const std::string& Naming::operator[](ValueId id) const {
  static const std::string none;
  return id == kNoValue ? none : names_[index(id)];
}

}  // namespace slipway
