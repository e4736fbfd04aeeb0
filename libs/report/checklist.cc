#include "report/checklist.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "cli/text.h"

namespace slipway::report {
namespace {

struct Finding {
  State state = State::kNotRun;
  std::string evidence;
};

constexpr double kUsualDropPercent = 1;
constexpr double kUsualLatencyMs = 50;

const Candidate* chosen(const Report& report) {
  return report.chosen ? &report.candidates[*report.chosen] : nullptr;
}

std::string rounded(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", number);
  return text;
}

std::string fact(const Report& report, std::string_view key) {
  for (const auto& [name, value] : report.model.more) {
    if (name == key) return value;
  }
  return "";
}

Finding exported(const Report& report) {
  return {State::kPassed, str(report.model.file, " was read: opset ", fact(report, "opset"), ", ",
                              fact(report, "nodes"), " nodes")};
}

Finding valid(const Report& report) {
  return {State::kPassed, str("structure, operators, types and shapes: ", fact(report, "check"))};
}

Finding tensorrt(const Report& report) {
  const Candidate* failed = nullptr;
  for (const Candidate& candidate : report.candidates) {
    if (candidate.engine != "tensorrt") continue;
    if (candidate.outcome != Outcome::kFailed)
      return {State::kPassed, str(label(candidate), " was built and run")};
    failed = &candidate;
  }
  if (failed == nullptr) return {State::kNotRun, "no TensorRT engine was among the candidates"};
  return {State::kFailed, failed->reason};
}

Finding nothing_chosen() { return {State::kFailed, "no candidate keeps the budget"}; }

Finding accuracy(const Report& report) {
  const Candidate* candidate = chosen(report);
  if (candidate == nullptr) return nothing_chosen();
  if (!candidate->accuracy) return {State::kNotRun, "there were no samples to compare on"};
  const Accuracy& found = *candidate->accuracy;
  const double most = report.budget.accuracy_drop_percent.value_or(kUsualDropPercent);
  return {found.drop_percent <= most ? State::kPassed : State::kFailed,
          str(rounded(found.drop_percent), " % (", found.drop_meaning, "), at most ", rounded(most),
              " %, over ", found.samples, " samples")};
}

Finding latency(const Report& report) {
  const Candidate* candidate = chosen(report);
  if (candidate == nullptr) return nothing_chosen();
  if (!candidate->latency) return {State::kNotRun, "it was not timed"};
  const double most_ms = report.budget.p99_latency_ms.value_or(kUsualLatencyMs);
  return {candidate->latency->p99_us <= most_ms * 1e3 ? State::kPassed : State::kFailed,
          str("p99 ", seconds_text(candidate->latency->p99_us * 1e-6), " over ",
              grouped(static_cast<std::int64_t>(candidate->latency->runs)), " runs, at most ",
              rounded(most_ms), " ms")};
}

Finding memory(const Report& report) {
  const Candidate* candidate = chosen(report);
  if (candidate == nullptr) return nothing_chosen();
  if (!candidate->memory_bytes) return {State::kNotRun, "memory was not measured"};
  const std::string used = bytes_text(static_cast<std::int64_t>(*candidate->memory_bytes));
  if (!report.budget.memory_mib) {
    return {State::kNotRun, str(used, ", and the recipe states no limit (budget.memory_mib)")};
  }
  const double most = *report.budget.memory_mib * 1048576;
  return {*candidate->memory_bytes <= most ? State::kPassed : State::kFailed,
          str(used, ", at most ", bytes_text(static_cast<std::int64_t>(most)))};
}

// A build is minutes of load at most: throttling fails the line, its absence does not pass it.
Finding thermal(const Report& report) {
  const Climate& climate = report.climate;
  if (climate.was_throttled.value_or(false))
    return {State::kFailed, "the machine throttled while the build measured"};
  if (!climate.max_c) return {State::kNotRun, "this machine tells no temperature"};
  return {State::kNotRun, str("at most ", rounded(*climate.max_c),
                              " degrees C during the build; "
                              "only a soak shows that it stays so")};
}

Finding power(const Report& report) {
  const Climate& climate = report.climate;
  if (!climate.power_w && !climate.energy_per_run_mj)
    return {State::kNotRun, "this machine tells no energy"};
  std::string told;
  if (climate.power_w) told = str(rounded(*climate.power_w), " W");
  if (climate.energy_per_run_mj)
    told += str(told.empty() ? "" : ", ", rounded(*climate.energy_per_run_mj), " mJ a run");
  return {State::kNotRun, str(told, "; whether that is acceptable, you decide")};
}

// Every output stays within its clamp on every sample.
Finding clamps(const Report& report) {
  if (chosen(report) == nullptr) return nothing_chosen();
  Finding finding = {State::kPassed, ""};
  for (const OutputRange& output : report.outputs) {
    if (!output.clamp) continue;
    if (output.samples == 0) return {State::kNotRun, "there were no samples to run"};
    if (output.outside > 0) finding.state = State::kFailed;
    finding.evidence += str(finding.evidence.empty() ? "" : "; ", output.name, ": ", output.outside,
                            " of ", output.samples, " samples lie outside of [",
                            rounded(output.clamp->first), ", ", rounded(output.clamp->second), "]");
    if (output.lowest && output.highest) {
      finding.evidence +=
          str(", all from ", rounded(*output.lowest), " to ", rounded(*output.highest));
    }
  }
  if (finding.evidence.empty())
    return {State::kNotRun, "the recipe states no clamp (outputs.NAME.clamp)"};
  return finding;
}

Finding safe_values(const Report& report) {
  if (chosen(report) == nullptr) return nothing_chosen();
  std::vector<std::string> with;
  std::vector<std::string> without;
  for (const OutputRange& output : report.outputs)
    (output.has_safe_value ? with : without).push_back(output.name);
  if (without.empty() && !with.empty())
    return {State::kPassed, str("stated, and within the clamp: ", join(with))};
  return {State::kNotRun, str("the recipe states none for ", join(without),
                              " (outputs.NAME.safe_value): the robot has to know what to do")};
}

// Passed: the samples look normalised; failed: as the sensor gives them; else nothing is clear.
State look_of(const InputLook& input) {
  constexpr double kClear = 0.75;  // of the greater distance, the smaller is at most so much
  if (input.positions == 0) return State::kNotRun;
  if (input.distance_to_normalised <= kClear * input.distance_to_raw) return State::kPassed;
  return input.distance_to_raw <= kClear * input.distance_to_normalised ? State::kFailed
                                                                        : State::kNotRun;
}

std::string look_text(const InputLook& input) {
  if (input.positions == 0) return str(input.name, ": nothing in the samples can tell");
  const State look = look_of(input);
  return str(input.name, ": mean and spread of ", input.samples, " samples are ",
             rounded(input.distance_to_normalised), " from 0 and 1, and ",
             rounded(input.distance_to_raw), " from the declared mean and scale",
             look == State::kPassed   ? ""
             : look == State::kNotRun ? ", which tells neither from the other"
                                      : ": they look like the sensor's values, where the model "
                                        "takes (value - mean) / scale");
}

Finding normalised(const Report& report) {
  Finding finding;
  for (const InputLook& input : report.inputs) {
    if (input.samples == 0) return {State::kNotRun, "there were no samples to look at"};
    const State look = look_of(input);
    if (look == State::kFailed || finding.state == State::kNotRun) finding.state = look;
    finding.evidence += str(finding.evidence.empty() ? "" : "; ", look_text(input));
  }
  if (finding.evidence.empty())
    finding.evidence = "the recipe declares no mean and scale (inputs.NAME.mean)";
  return finding;
}

Finding on_the_robot(const Report&) {
  return {State::kNotRun, "a build cannot see it: it is checked on the robot"};
}

struct Row {
  const char* id;
  const char* text;
  const char* command;  // MODEL: the model's file
  Finding (*find)(const Report& report);
};

constexpr Row kRows[] = {
    {"export", "Model exports to ONNX without errors", "slipway inspect MODEL", exported},
    {"valid", "ONNX model is valid", "slipway check MODEL", valid},
    {"tensorrt", "TensorRT engine builds", "slipway engines", tensorrt},
    {"accuracy", "Accuracy matches the original model (< 1 % unless the recipe says)",
     "slipway build", accuracy},
    {"latency", "Latency meets the deadline (< 50 ms unless the recipe says)", "slipway build",
     latency},
    {"memory", "Memory is within the limit", "slipway build", memory},
    {"clamps", "Outputs stay within their clamps", "slipway build", clamps},
    {"safe_values", "Every output has a safe value", "slipway build", safe_values},
    {"normalised", "Samples are normalised as the recipe says", "slipway build", normalised},
    {"thermal", "Temperature stays stable under load", "slipway bench MODEL --soak 30m", thermal},
    {"power", "Power is acceptable", "slipway bench MODEL --soak 30m", power},
    {"ros2", "ROS 2 integration works", "ros2 topic hz TOPIC", on_the_robot},
    {"scripts", "Deployment scripts are tested", "", on_the_robot},
    {"startup", "Starts by itself after power-on, if needed", "systemctl is-enabled UNIT",
     on_the_robot},
    {"monitoring", "Monitoring and logging are in place", "journalctl -u UNIT", on_the_robot},
    {"recovery", "Recovery from failures is tested", "systemctl kill -s KILL UNIT", on_the_robot},
};

std::string command_of(const Row& row, const Report* report) {
  std::string command = row.command;
  const std::size_t at = command.find("MODEL");
  if (report != nullptr && at != std::string::npos) {
    command.replace(at, 5, shell_word(report->model.file));
  }
  return command;
}

std::string_view mark(State state) {
  constexpr std::string_view kMarks[] = {"[x]", "[!]", "[ ]"};
  return kMarks[static_cast<std::size_t>(state)];
}

std::string_view colour(State state) {
  constexpr std::string_view kColours[] = {"\033[32m", "\033[31;1m", "\033[2m"};
  return kColours[static_cast<std::size_t>(state)];
}

}  // namespace

std::vector<Check> checklist(const Report* report) {
  std::vector<Check> checks;
  for (const Row& row : kRows) {
    Finding finding;
    if (report != nullptr) finding = row.find(*report);
    checks.push_back(
        {row.id, row.text, finding.state, std::move(finding.evidence), command_of(row, report)});
  }
  return checks;
}

std::string checklist_text(const std::vector<Check>& checks, bool is_coloured) {
  std::string text;
  std::size_t counts[3] = {};
  for (const Check& check : checks) {
    ++counts[static_cast<std::size_t>(check.state)];
    text +=
        str(is_coloured ? colour(check.state) : "", mark(check.state), is_coloured ? "\033[0m" : "",
            " ", printable(check.text), "  (", name(check.state), ")\n");
    if (!check.evidence.empty()) text += str("      ", printable(check.evidence), "\n");
    if (check.state != State::kPassed && !check.command.empty())
      text += str("      $ ", printable(check.command), "\n");
  }
  return str(text, counts[0], " passed, ", counts[1], " failed, ", counts[2], " not run\n");
}

std::string checklist_json(const std::vector<Check>& checks) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Check& check : checks) {
    list.push_back({{"id", check.id},
                    {"text", check.text},
                    {"state", name(check.state)},
                    {"evidence", check.evidence},
                    {"command", check.command}});
  }
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace slipway::report
