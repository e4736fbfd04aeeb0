// NodeView: a node's attributes, read with defaults. What every operator context has in common.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/str.h"
#include "graph/graph.h"

namespace slipway {

class NodeView {
 public:
  NodeView(const Node& node, std::string label) : node_(&node), label_(std::move(label)) {}

  const Node& node() const { return *node_; }
  int version() const { return node_->version; }       // opset version of the node's domain
  const std::string& label() const { return label_; }  // "node conv1 (Conv)"

  // Getters return the default when the attribute is absent or of another kind (check reports the
  // latter before anything runs). References live as long as the node.
  bool has_attribute(std::string_view name) const;
  std::int64_t get_int(std::string_view name, std::int64_t default_value) const;
  float get_float(std::string_view name, float default_value) const;
  std::string get_string(std::string_view name, std::string_view default_value) const;
  bool get_flag(std::string_view name, bool default_value) const;          // an int that is 0 or 1
  const std::vector<std::int64_t>* get_ints(std::string_view name) const;  // null when absent
  const std::vector<float>* get_floats(std::string_view name) const;
  const std::vector<std::string>* get_strings(std::string_view name) const;
  const Tensor* get_tensor(std::string_view name) const;
  const Graph* get_graph(std::string_view name) const;
  const Type* get_type(std::string_view name) const;

  // "node conv1 (Conv): " + the message, as kInvalid. `return ctx.fail("weight has ", n, " ...");`
  template <typename... Parts>
  Error fail(const Parts&... parts) const {
    return Error{Code::kInvalid, str(label_, ": ", parts...)};
  }
  template <typename... Parts>
  Error unsupported(const Parts&... parts) const {
    return Error{Code::kUnsupported, str(label_, ": ", parts...)};
  }

  // An error of this node without the label in front.
  Error without_label(Error error) const;

 protected:
  template <typename T>
  const T* payload(std::string_view name) const {
    const Attribute* attribute = node_->find_attribute(name);
    return attribute == nullptr ? nullptr : std::get_if<T>(&attribute->value);
  }

 private:
  const Node* node_;
  std::string label_;
};

// An axis in [-rank, rank) as [0, rank); an error that names the node otherwise.
Result<std::size_t> normalize_axis(const NodeView& view, std::int64_t axis, std::size_t rank);
// Several, in the order given; duplicates are an error.
Result<std::vector<std::size_t>> normalize_axes(const NodeView& view,
                                                const std::vector<std::int64_t>& axes,
                                                std::size_t rank);

}  // namespace slipway
