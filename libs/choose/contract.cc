#include "choose/contract.h"

#include <algorithm>
#include <map>

#include "base/nearest.h"
#include "base/str.h"

namespace slipway::choose {
namespace {

using Types = std::map<std::string, Type>;

Types types_of(const Graph& graph, const std::vector<ValueId>& ids) {
  Types types;
  for (const ValueId id : ids) types[graph.value(id).name] = graph.value(id).type;
  return types;
}

Error refuse(std::string_view section, const std::string& name, const std::string& what) {
  return {Code::kInvalid, str("recipe: [", section, ".", shorten(name), "]: ", what)};
}

Result<const Type*> find(const Types& types, std::string_view section, const std::string& name,
                         std::string_view what) {
  const auto found = types.find(name);
  if (found != types.end()) return &found->second;
  std::vector<std::string> known;
  for (const auto& [known_name, type] : types) known.push_back(known_name);
  const std::string near = nearest(name, known);
  return refuse(
      section, name,
      str("the model has no ", what, " '", shorten(name),
          "': ", near.empty() ? str("it has ", join(known)) : str("did you mean '", near, "'?")));
}

// One for all, or one for each position of the last axis.
Status check_list(const std::vector<double>& list, const Type& type, std::string_view section,
                  const std::string& name, std::string_view key) {
  if (list.size() <= 1 || !type.dims) return {};
  if (type.dims->empty() ||
      (type.dims->back().is_known() &&
       type.dims->back().extent() != static_cast<std::int64_t>(list.size()))) {
    return refuse(section, name,
                  str(key, " has ", list.size(), " values, and the last axis of ", to_text(type),
                      " does not"));
  }
  return {};
}

Status check_input(const std::string& name, const recipe::InputPart& input, const Type& type) {
  TRY(check_list(input.mean, type, "inputs", name, "mean"));
  TRY(check_list(input.scale, type, "inputs", name, "scale"));
  if (!input.window_axis || !type.dims) return {};
  const auto rank = static_cast<std::int64_t>(type.dims->size());
  if (*input.window_axis < -rank || *input.window_axis >= rank)
    return refuse("inputs", name,
                  str("window_axis is ", *input.window_axis, ", and ", to_text(type), " has ", rank,
                      " axes, the first one 0"));
  const Dim& dim = (*type.dims)[static_cast<std::size_t>(
      *input.window_axis < 0 ? *input.window_axis + rank : *input.window_axis)];
  if (dim.is_known() && input.window_step > dim.extent())
    return refuse(
        "inputs", name,
        str("window_step is ", input.window_step, ", more than the window of ", dim.extent()));
  return {};
}

Status check_output(const std::string& name, const recipe::OutputPart& output, const Type& type) {
  TRY(check_list(output.safe_value, type, "outputs", name, "safe_value"));
  const bool is_number = type.is_tensor() && (is_float(type.dtype) || is_integer(type.dtype));
  if (output.clamp && !is_number)
    return refuse("outputs", name, str("clamp is for numbers, and this is ", to_text(type)));
  return {};
}

}  // namespace

Status check_contract(const recipe::Recipe& recipe, const Graph& graph) {
  const Types inputs = types_of(graph, graph.inputs);
  const Types outputs = types_of(graph, graph.outputs);
  for (const auto& [name, input] : recipe.inputs)
    TRY(check_input(name, input, *TRY(find(inputs, "inputs", name, "input"))));
  for (const auto& [name, output] : recipe.outputs)
    TRY(check_output(name, output, *TRY(find(outputs, "outputs", name, "output"))));
  for (const auto& [link_name, link] : recipe.links) {
    for (const std::string& name : link.publish) {
      const auto found = find(outputs, "links", name, "output");
      if (!found.ok()) return refuse("links", link_name, found.error().message);
    }
    for (const std::string& name : link.subscribe) {
      const auto found = find(inputs, "links", name, "input");
      if (!found.ok()) return refuse("links", link_name, found.error().message);
    }
  }
  return {};
}

}  // namespace slipway::choose
