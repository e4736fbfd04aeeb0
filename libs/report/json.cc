#include "report/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/str.h"

namespace slipway::report {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kFormat = 1;
constexpr std::size_t kMostEntries = 10'000;

template <typename T>
void put(Json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

Json json_of(const Facts& facts) {
  Json object = Json::object();
  for (const auto& [key, value] : facts) object[key] = value;
  return object;
}

Json json_of(const std::vector<Port>& ports) {
  Json list = Json::array();
  for (const Port& port : ports) list.push_back({{"name", port.name}, {"type", port.type}});
  return list;
}

Json json_of(const ModelFacts& model) {
  return {{"name", model.name},
          {"version", model.version},
          {"file", model.file},
          {"hash", model.hash},
          {"file_bytes", model.file_bytes},
          {"inputs", json_of(model.inputs)},
          {"outputs", json_of(model.outputs)},
          {"facts", json_of(model.more)}};
}

Json json_of(const Latency& latency) {
  Json object = {{"runs", latency.runs},
                 {"p50_us", latency.p50_us},
                 {"p90_us", latency.p90_us},
                 {"p99_us", latency.p99_us}};
  put(object, "p99_bound_us", latency.p99_bound_us);
  put(object, "p999_us", latency.p999_us);
  object["max_us"] = latency.max_us;
  object["spread"] = latency.spread;
  put(object, "quiet_us", latency.quiet_us);
  Json& bins = object["histogram"] = Json::array();
  for (const Bin& bin : latency.histogram) bins.push_back({bin.from_us, bin.to_us, bin.count});
  return object;
}

Json json_of(const Accuracy& accuracy) {
  Json object = {{"samples", accuracy.samples},
                 {"drop_percent", accuracy.drop_percent},
                 {"drop_meaning", accuracy.drop_meaning}};
  put(object, "reference_score", accuracy.reference_score);
  put(object, "score", accuracy.score);
  Json& outputs = object["outputs"] = Json::array();
  for (const OutputError& output : accuracy.outputs) {
    Json row = {{"name", output.name},
                {"max_error", output.max_error},
                {"mean_error", output.mean_error},
                {"cosine", output.cosine}};
    put(row, "sqnr_db", output.sqnr_db);
    put(row, "top1_agreement", output.agreement);
    row["not_finite"] = output.not_finite;
    outputs.push_back(std::move(row));
  }
  object["worst_samples"] = accuracy.worst_samples;
  return object;
}

Json json_of(const Candidate& candidate) {
  Json object = {{"engine", candidate.engine},
                 {"precision", candidate.precision},
                 {"threads", candidate.threads}};
  if (candidate.pruned > 0) object["pruned"] = candidate.pruned;
  if (candidate.slides) object["slides"] = true;
  object["outcome"] = name(candidate.outcome);
  object["reason"] = candidate.reason;
  if (candidate.latency) object["latency"] = json_of(*candidate.latency);
  if (candidate.accuracy) object["accuracy"] = json_of(*candidate.accuracy);
  put(object, "memory_bytes", candidate.memory_bytes);
  put(object, "load_ms", candidate.load_ms);
  put(object, "file_bytes", candidate.file_bytes);
  return object;
}

Json json_of(const Budget& budget) {
  Json object = Json::object();
  put(object, "p99_latency_ms", budget.p99_latency_ms);
  put(object, "accuracy_drop_percent", budget.accuracy_drop_percent);
  put(object, "memory_mib", budget.memory_mib);
  return object;
}

Json json_of(const Climate& climate) {
  Json object = Json::object();
  put(object, "start_c", climate.start_c);
  put(object, "max_c", climate.max_c);
  put(object, "end_c", climate.end_c);
  put(object, "was_throttled", climate.was_throttled);
  put(object, "energy_per_run_mj", climate.energy_per_run_mj);
  put(object, "power_w", climate.power_w);
  return object;
}

void put_text(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

Json json_of(const std::map<std::string, std::string>& table) {
  Json object = Json::object();
  for (const auto& [key, value] : table) object[key] = value;
  return object;
}

Json json_of(const Needs& needs) {
  Json object = {{"architecture", needs.architecture},
                 {"instruction_sets", needs.instruction_sets}};
  put_text(object, "engine_version", needs.engine_version);
  object["drivers"] = json_of(needs.drivers);
  put_text(object, "power_mode", needs.power_mode);
  put_text(object, "board", needs.board);
  return object;
}

Json json_of(const Optimised& optimised) {
  return {{"used", optimised.is_used},
          {"nodes_before", optimised.nodes_before},
          {"nodes_after", optimised.nodes_after},
          {"text", optimised.text}};
}

Json outputs_json(const Report& report) {
  Json list = Json::array();
  for (const OutputRange& output : report.outputs) {
    Json row = {{"name", output.name}};
    if (output.clamp) row["clamp"] = {output.clamp->first, output.clamp->second};
    row["has_safe_value"] = output.has_safe_value;
    if (output.samples > 0) {
      row["samples"] = output.samples;
      row["outside"] = output.outside;
      put(row, "lowest", output.lowest);
      put(row, "highest", output.highest);
    }
    list.push_back(std::move(row));
  }
  return list;
}

Json inputs_json(const Report& report) {
  Json list = Json::array();
  for (const InputLook& input : report.inputs) {
    Json row = {{"name", input.name}, {"samples", input.samples}, {"positions", input.positions}};
    if (input.positions > 0) {
      row["distance_to_normalised"] = input.distance_to_normalised;
      row["distance_to_raw"] = input.distance_to_raw;
    }
    list.push_back(std::move(row));
  }
  return list;
}

Json layers_json(const Report& report) {
  Json list = Json::array();
  for (const Layer& layer : report.layers) {
    Json row = {{"name", layer.name}, {"kernel", layer.kernel}};
    put(row, "mean_us", layer.mean_us);
    row["multiply_adds"] = layer.multiply_adds;
    list.push_back(std::move(row));
  }
  return list;
}

Json layer_errors_json(const Report& report) {
  Json list = Json::array();
  for (const LayerError& layer : report.layer_errors) {
    Json row = {{"name", layer.name}, {"max_error", layer.max_error}};
    put(row, "sqnr_db", layer.sqnr_db);
    list.push_back(std::move(row));
  }
  return list;
}

Json checks_json(const std::vector<Check>& checks) {
  Json list = Json::array();
  for (const Check& check : checks) {
    list.push_back({{"id", check.id},
                    {"text", check.text},
                    {"state", name(check.state)},
                    {"evidence", check.evidence},
                    {"command", check.command}});
  }
  return list;
}

Json json_of(const Report& report) {
  Json root = {{"format", kFormat},         {"slipway", report.slipway_version},
               {"made_at", report.made_at}, {"verdict", report.verdict},
               {"reasons", report.reasons}, {"model", json_of(report.model)},
               {"target", report.target},   {"budget", json_of(report.budget)},
               {"samples", report.samples}, {"baseline", report.baseline}};
  if (report.optimised) root["optimised"] = json_of(*report.optimised);
  root["chosen"] = report.chosen ? Json(*report.chosen) : Json(nullptr);
  Json& candidates = root["candidates"] = Json::array();
  for (const Candidate& candidate : report.candidates) candidates.push_back(json_of(candidate));
  root["layers"] = layers_json(report);
  root["layer_errors"] = layer_errors_json(report);
  root["outputs"] = outputs_json(report);
  root["inputs"] = inputs_json(report);
  if (report.needs) {
    root["needs"] = json_of(*report.needs);
    root["engine_options"] = json_of(report.engine_options);
  }
  root["machine"] = json_of(report.machine);
  root["machine_id"] = report.machine_id;
  root["climate"] = json_of(report.climate);
  if (report.alone) root["alone"] = json_of(*report.alone);
  put(root, "rate_hz", report.rate_hz);
  if (report.at_rate) {
    root["at_rate"] = json_of(*report.at_rate);
    root["late_runs"] = report.late_runs;
  }
  root["artifacts"] = json_of(report.artifacts);
  root["checklist"] = checks_json(report.checks);
  return root;
}

// Reading: what is absent or of another type is left as it was.
template <typename T>
void take(const Json& object, const char* key, T& into) {
  const auto found = object.find(key);
  if (found == object.end()) return;
  if constexpr (std::is_same_v<T, std::string>) {
    if (found->is_string()) into = found->get<std::string>();
  } else if constexpr (std::is_same_v<T, bool>) {
    if (found->is_boolean()) into = found->get<bool>();
  } else if constexpr (std::is_integral_v<T>) {
    if (found->is_number_unsigned()) into = found->get<T>();
  } else {
    if (found->is_number()) into = found->get<double>();
  }
}

// The objects of a list, no more of them than make sense.
std::vector<const Json*> objects(const Json& object, const char* key) {
  std::vector<const Json*> out;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return out;
  for (const Json& element : *found) {
    if (element.is_object() && out.size() < kMostEntries) out.push_back(&element);
  }
  return out;
}

std::vector<Port> ports_of(const Json& object, const char* key) {
  std::vector<Port> ports;
  for (const Json* row : objects(object, key)) {
    Port& port = ports.emplace_back();
    take(*row, "name", port.name);
    take(*row, "type", port.type);
  }
  return ports;
}

template <typename Enum>
void take_name(const Json& object, const char* key, Enum last, Enum& into) {
  std::string text;
  take(object, key, text);
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(last); ++i) {
    if (text == name(static_cast<Enum>(i))) into = static_cast<Enum>(i);
  }
}

// Texts of an object, in their order.
Facts facts_of(const Json& object, const char* key) {
  Facts facts;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_object()) return facts;
  for (const auto& [name, value] : found->items()) {
    if (value.is_string() && facts.size() < kMostEntries)
      facts.emplace_back(name, value.get<std::string>());
  }
  return facts;
}

std::map<std::string, std::string> table_of(const Json& object, const char* key) {
  const Facts facts = facts_of(object, key);
  return {facts.begin(), facts.end()};
}

std::optional<Needs> needs_of(const Json& root) {
  const auto found = root.find("needs");
  if (found == root.end() || !found->is_object()) return std::nullopt;
  Needs needs;
  take(*found, "architecture", needs.architecture);
  take(*found, "engine_version", needs.engine_version);
  take(*found, "power_mode", needs.power_mode);
  take(*found, "board", needs.board);
  needs.drivers = table_of(*found, "drivers");
  if (const auto sets = found->find("instruction_sets"); sets != found->end() && sets->is_array()) {
    for (const Json& set : *sets) {
      if (set.is_string() && needs.instruction_sets.size() < kMostEntries)
        needs.instruction_sets.push_back(set.get<std::string>());
    }
  }
  return needs;
}

Candidate candidate_of(const Json& row) {
  Candidate candidate;
  take(row, "engine", candidate.engine);
  take(row, "precision", candidate.precision);
  take(row, "threads", candidate.threads);
  take(row, "pruned", candidate.pruned);
  take(row, "slides", candidate.slides);
  take(row, "reason", candidate.reason);
  double memory_bytes = -1;
  take(row, "memory_bytes", memory_bytes);
  if (memory_bytes >= 0) candidate.memory_bytes = memory_bytes;
  take_name(row, "outcome", Outcome::kFailed, candidate.outcome);
  return candidate;
}

Check check_of(const Json& row) {
  Check check;
  take(row, "id", check.id);
  take(row, "text", check.text);
  take(row, "evidence", check.evidence);
  take(row, "command", check.command);
  take_name(row, "state", State::kNotRun, check.state);
  return check;
}

Report report_of(const Json& root) {
  Report report;
  take(root, "slipway", report.slipway_version);
  take(root, "made_at", report.made_at);
  take(root, "verdict", report.verdict);
  take(root, "target", report.target);
  take(root, "samples", report.samples);
  take(root, "machine_id", report.machine_id);
  if (const auto model = root.find("model"); model != root.end() && model->is_object()) {
    take(*model, "name", report.model.name);
    take(*model, "version", report.model.version);
    take(*model, "file", report.model.file);
    take(*model, "hash", report.model.hash);
    report.model.inputs = ports_of(*model, "inputs");
    report.model.outputs = ports_of(*model, "outputs");
  }
  for (const Json* row : objects(root, "candidates"))
    report.candidates.push_back(candidate_of(*row));
  std::size_t chosen = report.candidates.size();
  take(root, "chosen", chosen);
  if (chosen < report.candidates.size()) report.chosen = chosen;
  report.needs = needs_of(root);
  report.engine_options = table_of(root, "engine_options");
  report.artifacts = facts_of(root, "artifacts");
  for (const Json* row : objects(root, "checklist")) report.checks.push_back(check_of(*row));
  return report;
}

std::string dumped(const Json& json, int indent) {
  return json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const Report& report) { return dumped(json_of(report), 2) + "\n"; }

std::string to_script_json(const Report& report) {
  std::string out;
  for (const char c : dumped(json_of(report), -1)) {
    if (c == '<') {
      out += "\\u003c";
    } else if (c == '>') {
      out += "\\u003e";
    } else if (c == '&') {
      out += "\\u0026";
    } else {
      out += c;
    }
  }
  return out;
}

Result<Report> from_json(std::string_view text, std::string_view origin) {
  Error error{Code::kInvalid, str(origin, " is no report of slipway build: build again")};
  const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return error;
  std::uint64_t format = 0;
  take(root, "format", format);
  if (format != kFormat || !root.contains("model")) return error;
  return report_of(root);
}

Result<Report> read_report(const std::filesystem::path& path) {
  return from_json(TRY(read_file(path, kMostReportBytes)), path.string());
}

}  // namespace slipway::report
