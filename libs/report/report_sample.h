// A report with everything in it, for tests.
#pragma once

#include "report/checklist.h"
#include "report/report.h"

namespace slipway::report {

inline Latency sample_latency(double p50_us) {
  Latency latency = {.runs = 12'000,
                     .p50_us = p50_us,
                     .p90_us = p50_us * 1.1,
                     .p99_us = p50_us * 1.4,
                     .p999_us = p50_us * 2,
                     .max_us = p50_us * 5,
                     .spread = 0.02,
                     .histogram = {}};
  const std::uint64_t counts[] = {40, 3000, 7000, 1500, 300, 100, 40, 12, 0, 4, 0, 0, 2, 0, 1, 1};
  double from = p50_us * 0.9;
  for (const std::uint64_t bin_count : counts) {
    latency.histogram.push_back({from, from * 1.1, bin_count});
    from *= 1.1;
  }
  return latency;
}

inline Accuracy sample_accuracy(double drop_percent) {
  return {.samples = 240,
          .drop_percent = drop_percent,
          .drop_meaning = "mean error, % of the output's range",
          .reference_score = {},
          .score = {},
          .outputs = {{"rudder", 0.01, 0.001, 0.9999, 52.5, {}, 0}},
          .worst_samples = {17, 3}};
}

inline Report sample_report() {
  Report report;
  report.slipway_version = "0.1.0";
  report.made_at = "2026-01-31 12:00 UTC";
  report.model = {.name = "boat",
                  .version = "1.2.0",
                  .file = "boat.onnx",
                  .hash = "xxh128:0123456789abcdef",
                  .file_bytes = 236'000,
                  .inputs = {{"sensors", "float[batch,20,25]"}},
                  .outputs = {{"rudder", "float[batch,1]"}},
                  .more = {{"opset", "14"}, {"nodes", "12"}, {"check", "no problem"}}};
  report.budget = {5, 1, 64};
  report.samples = "240 samples of samples.npz";
  report.baseline = "the original model in float, by the reference";
  const char* kPrecisions[] = {"f32", "f16", "bf16", "int8-weights", "int8"};
  double us = 40;
  for (const char* precision : kPrecisions) {
    Candidate candidate = {.engine = "native",
                           .precision = precision,
                           .threads = 1,
                           .outcome = Outcome::kGood,
                           .reason = "it was not the fastest",
                           .latency = sample_latency(us),
                           .accuracy = sample_accuracy(0.01 * (40 - us)),
                           .memory_bytes = us * 20'000,
                           .load_ms = 1.5,
                           .file_bytes = 230'000};
    report.candidates.push_back(candidate);
    us -= 5;
  }
  report.candidates.push_back({.engine = "onnxruntime",
                               .precision = "bf16",
                               .threads = 2,
                               .outcome = Outcome::kFailed,
                               .reason = "it has no such kernel",
                               .latency = {},
                               .accuracy = {},
                               .memory_bytes = {},
                               .load_ms = {},
                               .file_bytes = {}});
  report.candidates[1].outcome = Outcome::kChosen;
  report.candidates[4].pruned = 0.2;
  report.candidates[4].slides = true;
  report.optimised = {true, 20, 12, "everything is made of the optimised model: 12 nodes"};
  report.outputs = {{.name = "rudder",
                     .clamp = {{-1, 1}},
                     .has_safe_value = true,
                     .samples = 240,
                     .outside = 0,
                     .lowest = -0.9,
                     .highest = 0.8}};
  report.inputs = {{"sensors", 240, 25, 0.4, 9.5}};
  report.chosen = 1;
  report.verdict = "native f16 on 1 thread keeps the budget: p99 49 us, 0.05 % of accuracy lost";
  report.reasons = {"int8 was refused: 2.1 % of accuracy lost where 1 % is allowed"};
  for (const char* layer : {"lstm_0", "lstm_1", "dense", "tanh"}) {
    report.layers.push_back({layer, "lstm", us, 1'000'000});
    report.layer_errors.push_back({layer, us + 30, 0.001});
    us /= 2;
  }
  report.machine = {{"processor", "a fast one"}, {"cores", "2"}};
  report.machine_id = "a fast one, 2 cores";
  report.needs = {.architecture = "aarch64",
                  .instruction_sets = {"neon"},
                  .engine_version = "0.1.0",
                  .drivers = {{"cuda", "12.2"}},
                  .power_mode = "15W",
                  .board = "Orin"};
  report.engine_options = {{"provider", "cpu"}};
  report.artifacts = {{"engine", "native"}, {"runs", "model.plan"}};
  report.checks = checklist(&report);
  return report;
}

inline constexpr std::string_view kHostile =
    "</script><script>alert(1)</script><img src=x onerror='a()'>\"\xff\x1b[31m\xe2\x80\xae";

// Every text of it tries to be something else.
inline Report hostile_report() {
  Report report = sample_report();
  const std::string bad(kHostile);
  report.slipway_version = report.made_at = report.target = report.samples = report.baseline = bad;
  report.model = {bad, bad, bad, bad, 1, {{bad, bad}}, {{bad, bad}}, {{bad, bad}}};
  report.verdict = bad;
  report.reasons = {bad};
  for (Candidate& candidate : report.candidates) {
    candidate.engine = candidate.precision = candidate.reason = bad;
    if (candidate.accuracy) {
      candidate.accuracy->drop_meaning = bad;
      for (OutputError& output : candidate.accuracy->outputs) output.name = bad;
    }
  }
  report.optimised->text = report.outputs[0].name = report.inputs[0].name = bad;
  for (Layer& layer : report.layers) layer.name = layer.kernel = bad;
  for (LayerError& layer : report.layer_errors) layer.name = bad;
  report.machine = {{bad, bad}};
  report.machine_id = bad;
  report.needs = {bad, {bad}, bad, {{bad, bad}}, bad, bad};
  report.engine_options = {{bad, bad}};
  report.artifacts = {{bad, bad}};
  report.checks = checklist(&report);
  for (Check& check : report.checks) check.evidence = check.command = bad;
  return report;
}

}  // namespace slipway::report
