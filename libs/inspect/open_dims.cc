#include "inspect/open_dims.h"

#include <algorithm>

#include "base/str.h"

namespace slipway {

std::vector<std::string> name_open_dims(Graph& graph) {
  std::vector<std::string> names;
  for (const ValueId id : graph.inputs) {
    ValueDef& value = graph.value(id);
    if (!value.type.dims.has_value() || graph.initializer(id) != nullptr) continue;
    for (std::size_t axis = 0; axis < value.type.dims->size(); ++axis) {
      Dim& dim = (*value.type.dims)[axis];
      if (dim.is_unknown()) dim = Dim::symbol(str(value.name, "[", axis, "]"));
      if (!dim.is_symbol()) continue;
      if (std::find(names.begin(), names.end(), dim.symbol()) == names.end()) {
        names.push_back(dim.symbol());
      }
    }
  }
  return names;
}

Status check_extents(const std::map<std::string, std::int64_t>& extents,
                     const std::vector<std::string>& open) {
  for (const auto& [name, extent] : extents) {
    if (std::find(open.begin(), open.end(), name) != open.end()) continue;
    return Error{Code::kUsage,
                 open.empty()
                     ? str("the model leaves no dimension open, so there is no '", name, "' to set")
                     : str("the model has no open dimension '", name, "': it has ", join(open))};
  }
  return {};
}

}  // namespace slipway
