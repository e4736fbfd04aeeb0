#include "report/report.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/str.h"
#include "report/checklist.h"
#include "report/html.h"
#include "report/json.h"
#include "report/report_sample.h"

namespace slipway::report {
namespace {

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size())) {
    ++found;
  }
  return found;
}

TEST(Json, ComesBackAsFarAsLaterBuildsNeedIt) {
  const Report report = sample_report();
  const Result<Report> back = from_json(to_json(report), "report.json");
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->model.name, report.model.name);
  EXPECT_EQ(back->model.version, report.model.version);
  EXPECT_EQ(back->model.hash, report.model.hash);
  EXPECT_EQ(back->model.inputs, report.model.inputs);
  EXPECT_EQ(back->model.outputs, report.model.outputs);
  EXPECT_EQ(back->machine_id, report.machine_id);
  ASSERT_EQ(back->candidates.size(), report.candidates.size());
  EXPECT_EQ(back->candidates[1].outcome, report.candidates[1].outcome);
  for (std::size_t i = 0; i < report.candidates.size(); ++i)
    EXPECT_EQ(label(back->candidates[i]), label(report.candidates[i]));
  EXPECT_EQ(label(back->candidates[4]), "native int8, 20 % pruned, sliding, 1 thread");
  EXPECT_EQ(back->chosen, report.chosen);
  EXPECT_EQ(back->candidates[1].memory_bytes, report.candidates[1].memory_bytes);
  EXPECT_FALSE(back->candidates[5].memory_bytes.has_value());
  ASSERT_TRUE(back->needs.has_value());
  EXPECT_EQ(back->needs->architecture, report.needs->architecture);
  EXPECT_EQ(back->needs->instruction_sets, report.needs->instruction_sets);
  EXPECT_EQ(back->needs->engine_version, report.needs->engine_version);
  EXPECT_EQ(back->needs->drivers, report.needs->drivers);
  EXPECT_EQ(back->needs->power_mode, report.needs->power_mode);
  EXPECT_EQ(back->needs->board, report.needs->board);
  EXPECT_EQ(back->engine_options, report.engine_options);
  EXPECT_EQ(back->artifacts, report.artifacts);
  ASSERT_EQ(back->checks.size(), report.checks.size());
  EXPECT_EQ(back->checks[3].state, report.checks[3].state);
  EXPECT_EQ(back->checks[3].evidence, report.checks[3].evidence);
}

TEST(Json, RefusesWhatIsNoReport) {
  for (const char* text :
       {"", "[]", "{", "{}", "{\"format\": 2, \"model\": {}}", "{\"format\": 1}"}) {
    const Result<Report> report = from_json(text, "a.json");
    ASSERT_FALSE(report.ok()) << text;
    EXPECT_EQ(report.error().message, "a.json is no report of slipway build: build again");
  }
  // Of the right form and full of nonsense: taken for what it is worth.
  const Result<Report> odd = from_json(
      R"({"format":1,"model":{"name":5,"inputs":[1,{"name":[]}]},"chosen":99,"candidates":[{}],
          "checklist":[{"state":"perfect"}],"needs":{"drivers":[1],"instruction_sets":[1,{}],"board":[]},
          "artifacts":{"runs":1},"engine_options":[]})",
      "a");
  ASSERT_TRUE(odd.ok());
  EXPECT_EQ(odd->model.name, "");
  EXPECT_EQ(odd->model.inputs.size(), 1U);
  EXPECT_FALSE(odd->chosen.has_value());
  EXPECT_EQ(odd->checks[0].state, State::kNotRun);
  EXPECT_TRUE(odd->needs->instruction_sets.empty());
  EXPECT_TRUE(odd->artifacts.empty());
}

TEST(Html, HostileNamesAreText) {
  const std::string page = to_html(hostile_report());
  EXPECT_EQ(count(page, "alert(1)</script>"), 0U);
  EXPECT_EQ(count(page, "<img"), 0U);
  EXPECT_EQ(count(page, "<script"), 3U);
  EXPECT_EQ(count(page, "</script"), 3U);
  EXPECT_EQ(count(page, "\x1b"), 0U);
  EXPECT_EQ(count(page, "\xff"), 0U);
  EXPECT_GT(count(page, "&lt;img src=x onerror=&#39;a()&#39;&gt;&quot;\\xff\\x1b[31m"), 20U);
}

TEST(Html, ScriptDataIsTheReport) {
  const Report report = hostile_report();
  const auto data = nlohmann::json::parse(to_script_json(report));
  EXPECT_EQ(data, nlohmann::json::parse(to_json(report)));
  EXPECT_EQ(to_script_json(report).find_first_of("<>&"), std::string::npos);
}

TEST(Html, AsksNoNetwork) {
  const std::string page = to_html(sample_report());
  EXPECT_EQ(count(page, "src="), 0U);
  EXPECT_EQ(count(page, "<link"), 0U);
  EXPECT_EQ(count(page, "@import"), 0U);
  EXPECT_EQ(count(page, "default-src 'none'"), 1U);
}

TEST(Html, VerdictComesFirst) {
  const std::string page = to_html(sample_report());
  EXPECT_LT(page.find("<h1>"), page.find("<h2>"));
  EXPECT_NE(page.find("native f16, 1 thread"), std::string::npos);
  for (const char* id : {"histogram", "scatter", "layers", "errors", "memory"}) {
    EXPECT_EQ(count(page, str("<canvas id=\"", id, "\"")), 1U) << id;
  }
}

TEST(Html, AFailedBuildHasAPageToo) {
  Report report = sample_report();
  report.chosen.reset();
  report.layers.clear();
  report.layer_errors.clear();
  for (Candidate& candidate : report.candidates) candidate = {.engine = "a", .precision = "f32"};
  report.checks = checklist(&report);
  const std::string page = to_html(report);
  EXPECT_NE(page.find("<header class=\"bad\">"), std::string::npos);
  EXPECT_EQ(count(page, "<canvas"), 1U);
}

const Check& check_of(const std::vector<Check>& checks, std::string_view id) {
  for (const Check& check : checks) {
    if (check.id == id) return check;
  }
  static const Check kNone;
  ADD_FAILURE() << id;
  return kNone;
}

TEST(Checklist, IsTheListOfTheGuide) {
  const std::vector<Check> checks = checklist();
  EXPECT_EQ(checks.size(), 16U);
  std::set<std::string> ids;
  for (const Check& check : checks) {
    EXPECT_EQ(check.state, State::kNotRun);
    ids.insert(check.id);
  }
  EXPECT_EQ(ids.size(), checks.size());
}

TEST(Checklist, JudgesByTheBudget) {
  Report report = sample_report();
  struct Row {
    const char* name;
    const char* id;
    void (*change)(Report&);
    State state;
  };
  const Row kRows[] = {
      {"accurate", "accuracy", [](Report&) {}, State::kPassed},
      {"inaccurate", "accuracy", [](Report& r) { r.budget.accuracy_drop_percent = 0.0001; },
       State::kFailed},
      {"inaccurate_by_default", "accuracy",
       [](Report& r) {
         r.budget = {};
         r.candidates[1].accuracy->drop_percent = 1.01;
       },
       State::kFailed},
      {"not_compared", "accuracy", [](Report& r) { r.candidates[1].accuracy.reset(); },
       State::kNotRun},
      {"fast", "latency", [](Report&) {}, State::kPassed},
      {"slow", "latency", [](Report& r) { r.budget.p99_latency_ms = 0.01; }, State::kFailed},
      {"slow_by_default", "latency",
       [](Report& r) {
         r.budget = {};
         r.candidates[1].latency->p99_us = 50'001;
       },
       State::kFailed},
      {"no_limit", "memory", [](Report& r) { r.budget = {}; }, State::kNotRun},
      {"small", "memory", [](Report& r) { r.budget.memory_mib = 64; }, State::kPassed},
      {"large", "memory", [](Report& r) { r.budget.memory_mib = 0.1; }, State::kFailed},
      {"nothing_chosen", "latency", [](Report& r) { r.chosen.reset(); }, State::kFailed},
      {"throttled", "thermal", [](Report& r) { r.climate.was_throttled = true; }, State::kFailed},
      {"cool", "thermal", [](Report& r) { r.climate.max_c = 40; }, State::kNotRun},
      {"no_tensorrt", "tensorrt", [](Report&) {}, State::kNotRun},
      {"tensorrt", "tensorrt", [](Report& r) { r.candidates[0].engine = "tensorrt"; },
       State::kPassed},
      {"tensorrt_failed", "tensorrt",
       [](Report& r) {
         r.candidates[0].engine = "tensorrt";
         r.candidates[0].outcome = Outcome::kFailed;
       },
       State::kFailed},
      {"within_the_clamp", "clamps", [](Report&) {}, State::kPassed},
      {"outside_of_the_clamp", "clamps", [](Report& r) { r.outputs[0].outside = 1; },
       State::kFailed},
      {"no_clamp", "clamps", [](Report& r) { r.outputs[0].clamp.reset(); }, State::kNotRun},
      {"clamp_without_samples", "clamps", [](Report& r) { r.outputs[0].samples = 0; },
       State::kNotRun},
      {"safe", "safe_values", [](Report&) {}, State::kPassed},
      {"unsafe", "safe_values", [](Report& r) { r.outputs[0].has_safe_value = false; },
       State::kNotRun},
      {"normalised", "normalised", [](Report&) {}, State::kPassed},
      {"raw", "normalised", [](Report& r) { r.inputs[0].distance_to_raw = 0.1; }, State::kFailed},
      {"one_raw_of_two", "normalised",
       [](Report& r) {
         r.inputs.push_back(r.inputs[0]);
         r.inputs[0].distance_to_raw = 0.1;
       },
       State::kFailed},
      {"too_close", "normalised", [](Report& r) { r.inputs[0].distance_to_raw = 0.45; },
       State::kNotRun},
      {"cannot_be_told", "normalised", [](Report& r) { r.inputs[0].positions = 0; },
       State::kNotRun},
      {"no_mean", "normalised", [](Report& r) { r.inputs.clear(); }, State::kNotRun},
      {"robot", "recovery", [](Report&) {}, State::kNotRun},
  };
  for (const Row& row : kRows) {
    Report changed = report;
    row.change(changed);
    EXPECT_EQ(check_of(checklist(&changed), row.id).state, row.state) << row.name;
  }
}

TEST(Checklist, EvidenceSaysHowManyAndHowFar) {
  Report report = sample_report();
  report.outputs[0].outside = 3;
  EXPECT_EQ(check_of(checklist(&report), "clamps").evidence,
            "rudder: 3 of 240 samples lie outside of [-1, 1], all from -0.9 to 0.8");
  EXPECT_EQ(check_of(checklist(&report), "normalised").evidence,
            "sensors: mean and spread of 240 samples are 0.4 from 0 and 1, and 9.5 from the "
            "declared mean and scale");
  report.inputs[0].distance_to_raw = 0.1;
  EXPECT_NE(check_of(checklist(&report), "normalised")
                .evidence.find("they look like the sensor's values, where the model takes (value - "
                               "mean) / scale"),
            std::string::npos);
}

TEST(Checklist, CommandsNameTheModelSafely) {
  Report report = sample_report();
  EXPECT_EQ(check_of(checklist(&report), "valid").command, "slipway check boat.onnx");
  report.model.file = "my boat's; rm.onnx";
  EXPECT_EQ(check_of(checklist(&report), "valid").command,
            "slipway check 'my boat'\\''s; rm.onnx'");
}

TEST(Checklist, TextSaysEachLine) {
  const std::string text = checklist_text(checklist());
  EXPECT_EQ(text.rfind("[ ] Model exports to ONNX without errors  (not run)\n", 0), 0U);
  EXPECT_NE(text.find("\n0 passed, 0 failed, 16 not run\n"), std::string::npos);
}

}  // namespace
}  // namespace slipway::report
