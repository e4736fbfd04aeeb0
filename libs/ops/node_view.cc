#include "ops/node_view.h"

#include <algorithm>

namespace slipway {

Error NodeView::without_label(Error error) const {
  const std::string prefix = label_ + ": ";
  if (error.message.starts_with(prefix)) error.message.erase(0, prefix.size());
  return error;
}

bool NodeView::has_attribute(std::string_view name) const {
  return node_->find_attribute(name) != nullptr;
}

std::int64_t NodeView::get_int(std::string_view name, std::int64_t default_value) const {
  const auto* value = payload<std::int64_t>(name);
  return value == nullptr ? default_value : *value;
}

float NodeView::get_float(std::string_view name, float default_value) const {
  const auto* value = payload<float>(name);
  return value == nullptr ? default_value : *value;
}

std::string NodeView::get_string(std::string_view name, std::string_view default_value) const {
  const auto* value = payload<std::string>(name);
  return value == nullptr ? std::string(default_value) : *value;
}

bool NodeView::get_flag(std::string_view name, bool default_value) const {
  return get_int(name, default_value ? 1 : 0) != 0;
}

const std::vector<std::int64_t>* NodeView::get_ints(std::string_view name) const {
  return payload<std::vector<std::int64_t>>(name);
}

const std::vector<float>* NodeView::get_floats(std::string_view name) const {
  return payload<std::vector<float>>(name);
}

const std::vector<std::string>* NodeView::get_strings(std::string_view name) const {
  return payload<std::vector<std::string>>(name);
}

const Tensor* NodeView::get_tensor(std::string_view name) const { return payload<Tensor>(name); }

const Graph* NodeView::get_graph(std::string_view name) const {
  const auto* graph = payload<std::unique_ptr<Graph>>(name);
  return graph == nullptr ? nullptr : graph->get();
}

const Type* NodeView::get_type(std::string_view name) const { return payload<Type>(name); }

Result<std::size_t> normalize_axis(const NodeView& view, std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    return view.fail("axis ", axis, " is outside the ", rank, " dimensions of its input");
  }
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

Result<std::vector<std::size_t>> normalize_axes(const NodeView& view,
                                                const std::vector<std::int64_t>& axes,
                                                std::size_t rank) {
  std::vector<std::size_t> normal;
  for (const std::int64_t axis : axes) {
    const std::size_t at = TRY(normalize_axis(view, axis, rank));
    if (std::find(normal.begin(), normal.end(), at) != normal.end()) {
      return view.fail("axis ", axis, " is named twice");
    }
    normal.push_back(at);
  }
  return normal;
}

}  // namespace slipway
