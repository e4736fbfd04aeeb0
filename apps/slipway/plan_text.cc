#include "plan_text.h"

#include <nlohmann/json.hpp>

#include "base/str.h"
#include "cli/table.h"
#include "cli/text.h"

namespace slipway {
namespace {

using compile::PlanStep;
using compile::PlanSummary;
using Json = nlohmann::ordered_json;
using Counts = std::vector<std::pair<std::string, std::size_t>>;

std::string counts_text(const Counts& counts) {
  std::vector<std::string> parts;
  for (const auto& [op, times] : counts)
    parts.push_back(times == 1 ? op : str(op, " (", times, ")"));
  return join(parts);
}

std::string kernel_text(const PlanStep& step) {
  if (step.interpreted.empty()) return step.kernel;
  return str("reference: ", counts_text(step.interpreted));
}

// "16.3 KB f16"; floats go without saying.
std::string weights_text(const PlanStep& step) {
  if (step.weight_bytes == 0) return "";
  return str(bytes_text(static_cast<std::int64_t>(step.weight_bytes)),
             step.weight_type.empty() ? "" : " ", step.weight_type);
}

std::string ports_text(const Graph& signature, const std::vector<ValueId>& ids) {
  std::string text;
  for (const ValueId id : ids) {
    text += str("  ", printable(signature.value(id).name), "  ", to_text(signature.value(id).type),
                "\n");
  }
  return text;
}

Json ports_json(const Graph& signature, const std::vector<ValueId>& ids) {
  Json list = Json::array();
  for (const ValueId id : ids) {
    const ValueDef& value = signature.value(id);
    Json dims = Json::array();
    for (const Dim& dim : *value.type.dims) {
      if (dim.is_known()) {
        dims.push_back(dim.extent());
      } else {
        dims.push_back(dim.is_symbol() ? Json(dim.symbol()) : Json(nullptr));
      }
    }
    list.push_back({{"name", value.name}, {"type", name(value.type.dtype)}, {"shape", dims}});
  }
  return list;
}

Json step_json(const PlanStep& step) {
  Json row = {{"name", step.name},
              {"kernel", step.kernel},
              {"output", step.output},
              {"weight_bytes", step.weight_bytes},
              {"multiply_adds", step.multiply_adds}};
  if (!step.weight_type.empty()) row["weight_type"] = step.weight_type;
  if (!step.interpreted.empty()) {
    Json& operators = row["operators"] = Json::object();
    for (const auto& [op, times] : step.interpreted) operators[op] = times;
  }
  return row;
}

}  // namespace

std::string reference_warning(const PlanSummary& summary) {
  std::size_t count = 0;
  for (const PlanStep& step : summary.steps) count += step.interpreted.empty() ? 0 : 1;
  if (count == 0) return "";
  return str("warning: ", count, " of ", summary.steps.size(),
             summary.steps.size() == 1 ? " step" : " steps", count == 1 ? " runs" : " run",
             " by the reference implementation, which is slow: ",
             counts_text(interpreted_operators(summary)));
}

std::string costs_text(const PlanSummary& summary) {
  std::string memory =
      str(bytes_text(static_cast<std::int64_t>(summary.weight_bytes)), " of weights, ",
          bytes_text(static_cast<std::int64_t>(summary.arena_bytes)), " of memory for a run");
  if (summary.multiply_adds == 0) return memory;
  return str(memory, ", ", approximate(static_cast<std::int64_t>(summary.multiply_adds)),
             " multiply-adds");
}

std::string_view step_name(std::string_view name) {
  constexpr std::string_view kPrefix = "node ";
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

std::string steps_text(const PlanSummary& summary, const PlanTextOptions& options) {
  const bool has_notes = options.notes.size() == summary.steps.size();
  std::vector<Column> columns = {
      {"#", true},       {"name", false, true}, {"kernel", false, true}, {"output", false, true},
      {"weights", true}, {"mult-adds", true}};
  if (has_notes) columns.push_back({"note", false, true});
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < summary.steps.size(); ++i) {
    const PlanStep& step = summary.steps[i];
    rows.push_back({str(i), std::string(step_name(step.name)), kernel_text(step), step.output,
                    weights_text(step),
                    step.multiply_adds == 0
                        ? ""
                        : approximate(static_cast<std::int64_t>(step.multiply_adds))});
    // Why the reference runs a node is one reason for all of them; the kernel column names it.
    const bool is_told = !step.interpreted.empty() && summary.steps.size() > 1;
    if (has_notes) rows.back().push_back(is_told ? "" : options.notes[i].note);
  }
  return table_text(columns, rows, options.width_columns);
}

std::string plan_text(const PlanSummary& summary, const Graph& signature,
                      const PlanTextOptions& options) {
  std::string text = str("  plan  ", printable(summary.name), ", ",
                         bytes_text(static_cast<std::int64_t>(summary.file_bytes)), "\n");
  for (const auto& [key, value] : summary.metadata)
    text += str("  ", printable(key), "  ", printable(value), "\n");
  text += str("inputs\n", ports_text(signature, signature.inputs));
  text += str("outputs\n", ports_text(signature, signature.outputs));
  text += str("one run\n  ", costs_text(summary), "\n");
  return str(text, "steps: ", summary.steps.size(), "\n", steps_text(summary, options));
}

std::string plan_json(const PlanSummary& summary, const Graph& signature,
                      const compile::Compiled* compiled) {
  Json root = {{"name", summary.name},
               {"file_bytes", summary.file_bytes},
               {"weight_bytes", summary.weight_bytes},
               {"arena_bytes", summary.arena_bytes},
               {"multiply_adds", summary.multiply_adds},
               {"inputs", ports_json(signature, signature.inputs)},
               {"outputs", ports_json(signature, signature.outputs)}};
  Json& metadata = root["metadata"] = Json::object();
  for (const auto& [key, value] : summary.metadata) metadata[key] = value;
  if (compiled != nullptr) {
    Json& passes = root["passes"] = Json::array();
    for (const PassNote& note : compiled->passes)
      passes.push_back({{"pass", note.pass}, {"did", note.text}});
  }
  Json& steps = root["steps"] = Json::array();
  for (std::size_t i = 0; i < summary.steps.size(); ++i) {
    steps.push_back(step_json(summary.steps[i]));
    if (compiled != nullptr) steps.back()["note"] = compiled->steps[i].note;
  }
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace slipway
