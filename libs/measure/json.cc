#include "measure/json.h"

#include <cmath>

namespace slipway::measure {
namespace {

Json number(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

template <typename T>
void put(Json& to, const char* key, const std::optional<T>& value) {
  if (value.has_value()) to[key] = *value;
}

void put(Json& to, const char* key, const std::string& text) {
  if (!text.empty()) to[key] = text;
}

double us(double seconds) { return seconds * 1e6; }

Json json_of(const Latency& latency) {
  Json root = {{"queries", latency.queries},
               {"min_us", us(latency.min_s)},
               {"mean_us", us(latency.mean_s)},
               {"max_us", us(latency.max_s)},
               {"deviation_us", us(latency.deviation_s)},
               {"jitter_us", us(latency.jitter_s)},
               {"confidence", latency.confidence}};
  if (latency.resolution > 0) root["resolution"] = latency.resolution;
  Json& percentiles = root["percentiles"] = Json::array();
  for (const Percentile& percentile : latency.percentiles) {
    Json row = {{"share", percentile.share}, {"us", us(percentile.seconds)}};
    if (percentile.bound_s.has_value()) row["bound_us"] = us(*percentile.bound_s);
    percentiles.push_back(std::move(row));
  }
  Json& bins = root["bins"] = Json::array();
  for (const Bin& bin : latency.bins) bins.push_back({us(bin.from_s), us(bin.to_s), bin.count});
  return root;
}

Json json_of(const Conditions& conditions) {
  Json root = Json::object();
  put(root, "start_c", conditions.start_c);
  put(root, "max_c", conditions.max_c);
  put(root, "end_c", conditions.end_c);
  put(root, "energy_j", conditions.energy_j);
  if (conditions.energy_j.has_value()) put(root, "energy_source", conditions.energy_source);
  put(root, "start_mhz", conditions.start_mhz);
  put(root, "min_mhz", conditions.min_mhz);
  root["throttling"] = conditions.throttling;
  return root;
}

Json json_of(const Soak& soak) {
  Json root = {{"verdict", soak.verdict},
               {"first_us", us(soak.first_s)},
               {"last_us", us(soak.last_s)},
               {"drift", soak.drift},
               {"noise", soak.noise},
               {"is_drifting", soak.is_drifting},
               {"is_throttled", soak.is_throttled}};
  Json& windows = root["windows"] = Json::array();
  for (const Window& window : soak.windows) {
    Json row = {{"start_s", window.start_s},
                {"queries", window.queries},
                {"p50_us", us(window.p50_s)},
                {"p99_us", us(window.p99_s)},
                {"max_us", us(window.max_s)}};
    put(row, "hottest_c", window.hottest_c);
    put(row, "mhz", window.mhz);
    windows.push_back(std::move(row));
  }
  return root;
}

Json json_of(const OutputError& output) {
  Json root = {{"name", output.name},
               {"shape", output.shape},
               {"elements", output.elements},
               {"is_exact", output.is_exact},
               {"max_error", number(output.max_error)},
               {"mean_error", number(output.mean_error)},
               {"mean_size", number(output.mean_size)},
               {"relative_error", number(output.relative_error())},
               {"cosine", number(output.cosine)},
               {"sqnr_db", number(output.sqnr_db)},
               {"nan", output.nan},
               {"infinite", output.infinite},
               {"reference_nan", output.reference_nan},
               {"reference_infinite", output.reference_infinite},
               {"mismatched", output.mismatched}};
  put(root, "top1_agreement", output.top1_agreement);
  return root;
}

}  // namespace

Json json_of(const device::Machine& machine) {
  Json root = {{"board", device::name(machine.board.kind)}};
  put(root, "model", machine.board.model);
  put(root, "release", machine.board.release);
  put(root, "power_mode", machine.board.power_mode);
  put(root, "cpu", machine.cpu.model);
  root["cores"] = machine.cpu.cores;
  put(root, "governor", machine.cpu.governor);
  put(root, "min_mhz", machine.cpu.min_mhz);
  put(root, "max_mhz", machine.cpu.max_mhz);
  put(root, "memory_bytes", machine.memory_bytes);
  if (!machine.drivers.empty()) root["drivers"] = machine.drivers;
  put(root, "system", machine.system);
  put(root, "kernel", machine.kernel);
  return root;
}

Json json_of(const LoadResult& result) {
  Json root = {{"scenario", name(result.scenario)},
               {"streams", result.streams},
               {"samples_per_query", result.samples_per_query},
               {"seconds", result.seconds},
               {"warm_up_queries", result.warm_up_queries},
               {"throughput_hz", result.throughput_hz}};
  if (result.rate_hz.has_value()) {
    root["rate_hz"] = *result.rate_hz;
    root["late"] = result.late;
    root["unserved"] = result.unserved;
  }
  root["latency"] = json_of(result.latency);
  if (result.load_s.has_value()) root["load_ms"] = *result.load_s * 1e3;
  put(root, "resident_bytes", result.resident_bytes);
  put(root, "resident_peak_bytes", result.resident_peak_bytes);
  put(root, "loaded_bytes", result.session_bytes);
  put(root, "query_j", result.query_j);
  root["conditions"] = json_of(result.conditions);
  if (result.soak.has_value()) root["soak"] = json_of(*result.soak);
  return root;
}

Json json_of(const CompareResult& result) {
  Json root = {{"samples", result.samples}};
  Json& outputs = root["outputs"] = Json::array();
  for (const OutputError& output : result.outputs) outputs.push_back(json_of(output));
  if (result.accuracy.has_value()) {
    root["accuracy"] = {{"output", result.accuracy->output},
                        {"samples", result.accuracy->samples},
                        {"candidate", result.accuracy->candidate},
                        {"reference", result.accuracy->reference},
                        {"drop", result.accuracy->drop()}};
  }
  Json& worst = root["worst"] = Json::array();
  for (const WorstSample& sample : result.worst) {
    worst.push_back({{"sample", sample.sample},
                     {"output", sample.output},
                     {"max_error", number(sample.max_error)},
                     {"relative_error", number(sample.relative_error)},
                     {"is_mismatched", sample.is_mismatched}});
  }
  if (result.layers.empty()) return root;
  Json& layers = root["layers"] = Json::array();
  for (const LayerError& layer : result.layers) {
    Json row = json_of(layer.error);
    row["node"] = layer.node;
    row["op"] = layer.op;
    layers.push_back(std::move(row));
  }
  return root;
}

}  // namespace slipway::measure
