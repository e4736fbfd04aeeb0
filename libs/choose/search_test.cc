#include "choose/search.h"

#include <chrono>
#include <cmath>
#include <map>
#include <random>
#include <thread>

#include "choose/choice.h"

namespace slipway::choose {
namespace {

// A lab whose figures are given: every run of a slice takes the same time, but for the slowest of a
// hundred.
class FakeLab final : public Lab {
 public:
  struct Figures {
    double p50_us = 10;
    double p99_us = 0;  // 0: as the median
    double drop_percent = 0;
    double memory_mib = 1;
    std::string fails_to_prepare, fails_to_probe, fails_to_compare, fails_to_run;
    int open_ms = 0;  // what a slice takes beside its runs
    bool is_flaky =
        false;  // the machine halves its speed at every third turn, and for good after some
  };
  std::optional<std::mt19937>
      load;  // that comes and goes: half of the slices take up to 2.4 times as long

  std::map<std::string, Figures> figures;  // by label
  std::map<std::string, int> slices;
  std::map<std::string, double> seconds;
  std::vector<std::string> turns;
  int prepared = 0;
  int compared = 0;

  const Figures& of(const Setup& setup) const { return figures.at(label(setup)); }

  Status prepare(const Setup& setup) override {
    ++prepared;
    Setup alone = setup;
    alone.threads = 1;
    const Figures& found = of(alone);
    if (!found.fails_to_prepare.empty()) return Error{Code::kInvalid, found.fails_to_prepare};
    return {};
  }
  std::optional<double> file_bytes(const Setup&) const override { return 1000; }
  Result<Probe> probe(const Setup& setup) override {
    if (!of(setup).fails_to_probe.empty()) return Error{Code::kInvalid, of(setup).fails_to_probe};
    return Probe{0.001, of(setup).memory_mib * 1048576};
  }
  Result<std::optional<report::Accuracy>> compare(const Setup& setup) override {
    ++compared;
    if (!of(setup).fails_to_compare.empty())
      return Error{Code::kInvalid, of(setup).fails_to_compare};
    report::Accuracy accuracy;
    accuracy.drop_percent = of(setup).drop_percent;
    accuracy.drop_meaning = "made up";
    return std::optional(accuracy);
  }
  Result<std::vector<double>> time(const Setup& setup, double slice_s) override {
    const Figures& found = of(setup);
    if (!found.fails_to_run.empty()) return Error{Code::kInvalid, found.fails_to_run};
    const int slice = slices[label(setup)]++;
    seconds[label(setup)] += slice_s;
    turns.push_back(label(setup));
    std::this_thread::sleep_for(std::chrono::milliseconds(found.open_ms));
    double speed = found.is_flaky && (slice % 3 == 0 || slice > 14) ? 0.5 : 1;
    if (load && std::bernoulli_distribution()(*load))
      speed /= std::uniform_real_distribution<>(1, 2.4)(*load);
    std::vector<double> runs(100, found.p50_us * 1e-6 / speed);
    if (found.p99_us > 0) runs[98] = runs[99] = found.p99_us * 1e-6;
    return runs;
  }
};

// Of a label: "native int8, 20 % pruned, sliding, 2 threads".
Setup setup_of_label(const std::string& text) {
  Setup setup;
  const std::size_t space = text.find(' ');
  const std::size_t comma = text.find(',');
  setup.engine = text.substr(0, space);
  setup.precision = text.substr(space + 1, comma - space - 1);
  setup.threads = static_cast<std::size_t>(text[text.rfind(',') + 2] - '0');
  setup.slides = text.find(", sliding") != std::string::npos;
  if (text.find(" % pruned") != std::string::npos)
    setup.pruned = std::stod(text.substr(comma + 1)) / 100;
  return setup;
}

std::vector<Setup> setups_of(const FakeLab& lab) {
  std::vector<Setup> setups;
  for (const auto& [name, unused] : lab.figures) {
    setups.push_back(setup_of_label(name));
    EXPECT_EQ(label(setups.back()), name);
  }
  return setups;
}

struct Outcome {
  std::vector<Trial> trials;
  Choice choice;
  std::string chosen;

  report::Outcome of(const std::string& name) const {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      if (label(trials[i].setup) == name) return choice.outcomes[i];
    }
    ADD_FAILURE() << name;
    return report::Outcome::kFailed;
  }
  std::string reasons() const {
    std::string text;
    for (const std::string& reason : choice.reasons) text += reason + "\n";
    return text;
  }
};

Outcome run(FakeLab& lab, const report::Budget& budget, const std::optional<Setup>& earlier = {}) {
  SearchOptions options;
  options.budget = budget;
  options.seconds = 1;
  Outcome outcome;
  outcome.trials = search(setups_of(lab), lab, options);
  outcome.choice = choose(outcome.trials, budget, earlier);
  if (outcome.choice.chosen) outcome.chosen = label(outcome.trials[*outcome.choice.chosen].setup);
  return outcome;
}

const report::Budget kOnePercent = {.accuracy_drop_percent = 1};

TEST(Search, TheFastestThatKeepsTheBudgetIsChosen) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {.p50_us = 40};
  lab.figures["native bf16, 1 thread"] = {.p50_us = 30, .drop_percent = 0.2};
  lab.figures["native int8, 1 thread"] = {.p50_us = 10, .drop_percent = 3};
  const Outcome outcome = run(lab, kOnePercent);
  EXPECT_EQ(outcome.chosen, "native bf16, 1 thread");
  EXPECT_EQ(outcome.of("native int8, 1 thread"), report::Outcome::kOverBudget);
  EXPECT_NE(outcome.reasons().find("int8 is refused: 3 % of accuracy lost where 1 % is allowed"),
            std::string::npos)
      << outcome.reasons();
  EXPECT_NE(outcome.reasons().find("f32 is refused, it is slower: 40.0 us (native f32, 1 thread) "
                                   "against 30.0 us (native bf16, 1 thread)"),
            std::string::npos)
      << outcome.reasons();
}

TEST(Search, SlowerPrecisionsAreRefusedWithFigures) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {.p50_us = 10};
  lab.figures["native int8, 1 thread"] = {.p50_us = 13};
  const Outcome outcome = run(lab, kOnePercent);
  EXPECT_EQ(outcome.chosen, "native f32, 1 thread");
  EXPECT_NE(outcome.reasons().find("int8 is refused, it is slower: 13.0 us"), std::string::npos);
}

TEST(Search, APrecisionIsJudgedByTheBestThatWasMadeOfIt) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {.p50_us = 33};
  lab.figures["native bf16, 1 thread"] = {.p50_us = 10};
  lab.figures["onnxruntime f32, 1 thread"] = {.p50_us = 12, .drop_percent = 3};
  const Outcome outcome = run(lab, kOnePercent);
  EXPECT_EQ(outcome.of("onnxruntime f32, 1 thread"), report::Outcome::kOverBudget);
  EXPECT_NE(outcome.reasons().find("f32 is refused, it is slower: 33.0 us (native f32, 1 thread)"),
            std::string::npos)
      << outcome.reasons();
}

TEST(Search, WhatIsFarBehindIsNotLookedAtForLong) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {.p50_us = 10};
  lab.figures["native f16, 1 thread"] = {.p50_us = 12};
  lab.figures["native bf16, 1 thread"] = {.p50_us = 17};
  lab.figures["other f32, 1 thread"] = {.p50_us = 26};
  const Outcome outcome = run(lab, kOnePercent);
  EXPECT_EQ(lab.slices["native f32, 1 thread"], 28);
  EXPECT_EQ(lab.slices["native f16, 1 thread"], 28);
  EXPECT_EQ(lab.slices["native bf16, 1 thread"], 8);
  EXPECT_EQ(lab.slices["other f32, 1 thread"], 3);
  EXPECT_NEAR(lab.seconds["native f32, 1 thread"], 1.0, 1e-9);
  EXPECT_EQ(outcome.of("other f32, 1 thread"), report::Outcome::kHopeless);
  EXPECT_NE(outcome.trials.back().why.find("26.0 us where native f32, 1 thread takes 10.0 us"),
            std::string::npos);
}

TEST(Search, AllTakeTurns) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {};
  lab.figures["native f16, 1 thread"] = {};
  run(lab, kOnePercent);
  for (std::size_t i = 0; i + 1 < lab.turns.size(); ++i) EXPECT_NE(lab.turns[i], lab.turns[i + 1]);
}

TEST(Search, ThreadsShareWhatIsMadeAndCompared) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {};
  lab.figures["native f32, 2 threads"] = {};
  lab.figures["native f32, 4 threads"] = {};
  run(lab, kOnePercent);
  EXPECT_EQ(lab.prepared, 1);
  EXPECT_EQ(lab.compared, 1);
}

TEST(Search, WhatFailsIsACandidateThatFailed) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {};
  lab.figures["native f16, 1 thread"] = {.fails_to_prepare = "no prepare"};
  lab.figures["native bf16, 1 thread"] = {.fails_to_probe = "it crashed"};
  lab.figures["native int8, 1 thread"] = {.fails_to_compare = "no compare"};
  lab.figures["other f32, 1 thread"] = {.fails_to_run = "no run"};
  const Outcome outcome = run(lab, kOnePercent);
  EXPECT_EQ(outcome.chosen, "native f32, 1 thread");
  for (const char* name : {"native f16, 1 thread", "native bf16, 1 thread", "native int8, 1 thread",
                           "other f32, 1 thread"}) {
    EXPECT_EQ(outcome.of(name), report::Outcome::kFailed) << name;
  }
  EXPECT_NE(outcome.reasons().find("bf16 could not be tried: it crashed"), std::string::npos);
}

TEST(Search, ALongTailIsTakenBackWhereNothingElseKeepsTheDeadline) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {.p50_us = 10, .p99_us = 5000};
  lab.figures["other f32, 1 thread"] = {.p50_us = 100, .p99_us = 110};
  const Outcome outcome = run(lab, {.p99_latency_ms = 1});
  EXPECT_EQ(outcome.chosen, "other f32, 1 thread");
  EXPECT_EQ(outcome.of("native f32, 1 thread"), report::Outcome::kOverBudget);
}

TEST(Search, SaysWhatComesClosestAndByHowMuch) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {.p50_us = 1500};
  lab.figures["native int8, 1 thread"] = {.p50_us = 500, .drop_percent = 9};
  const Outcome outcome = run(lab, {.p99_latency_ms = 1, .accuracy_drop_percent = 1});
  EXPECT_FALSE(outcome.choice.chosen.has_value());
  EXPECT_EQ(outcome.choice.verdict,
            "nothing keeps the budget; native f32, 1 thread comes closest, 50 % over it: p99 of "
            "1.50 ms where 1.00 ms is allowed");
  EXPECT_NE(outcome.reasons().find("native int8, 1 thread: 9 % of accuracy lost"),
            std::string::npos);
}

TEST(Search, WhatIsFarOverTheBudgetIsSoManyTimesIt) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {.p50_us = 50'000};
  EXPECT_EQ(run(lab, {.p99_latency_ms = 1}).choice.verdict,
            "nothing keeps the budget; native f32, 1 thread comes closest, 50 times it: p99 of "
            "50.0 ms where 1.00 ms is allowed");
}

TEST(Search, SaysSoWhenNothingRuns) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {.fails_to_prepare = "there is no such thing"};
  EXPECT_EQ(run(lab, kOnePercent).choice.verdict,
            "nothing could be run: native f32, 1 thread: there is no such thing");
}

TEST(Search, MemoryIsABudgetToo) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {.p50_us = 10, .memory_mib = 100};
  lab.figures["native f16, 1 thread"] = {.p50_us = 11, .memory_mib = 50};
  const Outcome outcome = run(lab, {.memory_mib = 64});
  EXPECT_EQ(outcome.chosen, "native f16, 1 thread");
  EXPECT_NE(outcome.reasons().find("100 MiB of memory where 64.0 MiB is allowed"),
            std::string::npos);
}

TEST(Search, AnErrorThatIsNoNumberIsOverEveryBudget) {
  FakeLab lab;
  lab.figures["native f16, 1 thread"] = {.p50_us = 1, .drop_percent = std::nan("")};
  lab.figures["native f32, 1 thread"] = {.p50_us = 10};
  EXPECT_EQ(run(lab, kOnePercent).chosen, "native f32, 1 thread");
}

TEST(Choice, EquallyFastMeansTheMostExactTheFewestThreadsTheFirstEngine) {
  FakeLab lab;
  lab.figures["a int8, 1 thread"] = {.p50_us = 9.8};
  lab.figures["a f32, 1 thread"] = {.p50_us = 10.1};
  lab.figures["a f32, 2 threads"] = {.p50_us = 9.9};
  lab.figures["b f32, 1 thread"] = {.p50_us = 9.8};
  const Outcome outcome = run(lab, kOnePercent);
  EXPECT_EQ(outcome.chosen, "a f32, 1 thread");
  for (const char* name : {"a int8, 1 thread", "a f32, 2 threads", "b f32, 1 thread"})
    EXPECT_EQ(outcome.of(name), report::Outcome::kGood) << name;
}

TEST(Search, AWindowThatSlidesIsACandidateOfItsOwn) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {.p50_us = 23};
  lab.figures["native f32, sliding, 1 thread"] = {.p50_us = 6};
  lab.figures["native int8, 1 thread"] = {.p50_us = 36};
  lab.figures["native int8, sliding, 1 thread"] = {.p50_us = 6};
  const Outcome outcome = run(lab, kOnePercent);
  EXPECT_EQ(lab.prepared, 4);
  EXPECT_EQ(lab.compared, 4);
  EXPECT_EQ(outcome.chosen, "native f32, sliding, 1 thread");
  EXPECT_EQ(
      outcome.reasons(),
      "f32 is refused, it is slower: 23.0 us (native f32, 1 thread) against 6.00 us (native "
      "f32, sliding, 1 thread)\n"
      "int8, sliding is not needed: as fast within 15 %, and native f32, sliding, 1 thread is "
      "more exact\n");
}

TEST(Search, APrunedModelCompetesUnderTheAccuracyBudget) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {.p50_us = 20};
  lab.figures["native f32, 20 % pruned, 1 thread"] = {.p50_us = 15, .drop_percent = 0.8};
  lab.figures["native f32, 40 % pruned, 1 thread"] = {.p50_us = 8, .drop_percent = 7};
  lab.figures["native int8, 1 thread"] = {.p50_us = 18};
  const Outcome outcome = run(lab, kOnePercent);
  EXPECT_EQ(outcome.chosen, "native f32, 20 % pruned, 1 thread");
  EXPECT_EQ(
      outcome.reasons(),
      "f32 is refused, it is slower: 20.0 us (native f32, 1 thread) against 15.0 us (native "
      "f32, 20 % pruned, 1 thread)\n"
      "f32, 40 % pruned is refused: 7 % of accuracy lost where 1 % is allowed (made up) "
      "(native f32, 40 % pruned, 1 thread)\n"
      "int8 is refused, it is slower: 18.0 us (native int8, 1 thread) against 15.0 us (native "
      "f32, 20 % pruned, 1 thread)\n");
}

TEST(Choice, EquallyFastMeansLeastPrunedAndWholeWindows) {
  FakeLab lab;
  lab.figures["a f32, 1 thread"] = {.p50_us = 10.1};
  lab.figures["a f32, sliding, 1 thread"] = {.p50_us = 9.9};
  lab.figures["a f32, 20 % pruned, 1 thread"] = {.p50_us = 9.8};
  const Outcome outcome = run(lab, kOnePercent);
  EXPECT_EQ(outcome.chosen, "a f32, 1 thread");
  EXPECT_NE(outcome.reasons().find("given whole windows, which asks less of its caller"),
            std::string::npos)
      << outcome.reasons();
  EXPECT_NE(outcome.reasons().find("a f32, 1 thread is less pruned"), std::string::npos);
}

TEST(Search, WhatIsSlowToOpenTakesFewerTurns) {
  FakeLab lab;
  lab.figures["native f32, 1 thread"] = {};
  lab.figures["native f16, 1 thread"] = {.open_ms = 3};
  SearchOptions options;
  options.seconds = 0.01;  // 8 ms of them, for each, in the last round
  search(setups_of(lab), lab, options);
  EXPECT_EQ(lab.slices["native f32, 1 thread"], 3 + 5 + 8);
  EXPECT_EQ(lab.slices["native f16, 1 thread"], 3 + 5 + 8);
}

TEST(Choice, AMachineThatChangesItsSpeedChangesNothing) {
  for (const bool is_flaky : {false, true}) {
    FakeLab lab;
    lab.figures["a f32, 1 thread"] = {.p50_us = 11.4, .is_flaky = is_flaky};
    lab.figures["a int8, 1 thread"] = {.p50_us = 10, .is_flaky = is_flaky};
    EXPECT_EQ(run(lab, kOnePercent).chosen, "a f32, 1 thread");
    lab.figures["a f32, 1 thread"].p50_us = 11.6;
    EXPECT_EQ(run(lab, kOnePercent).chosen, "a int8, 1 thread");
  }
}

TEST(Choice, ALoadThatComesAndGoesChangesNothing) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    FakeLab lab;
    lab.load.emplace(seed);
    lab.figures["a f32, 1 thread"] = {.p50_us = 12};
    lab.figures["a f16, 1 thread"] = {.p50_us = 11.4};
    lab.figures["a int8, 1 thread"] = {.p50_us = 10};
    EXPECT_EQ(run(lab, kOnePercent).chosen, "a f16, 1 thread") << seed;
  }
}

// Of the two that are as fast as the fastest the more exact one is taken; a third that is even more
// exact is within the margin of that one, and not of the fastest.
TEST(Choice, TheMarginIsOfTheFastest) {
  FakeLab lab;
  lab.figures["a f32, 1 thread"] = {.p50_us = 12};
  lab.figures["a f16, 1 thread"] = {.p50_us = 11};
  lab.figures["a int8, 1 thread"] = {.p50_us = 10};
  const Outcome outcome = run(lab, kOnePercent);
  EXPECT_EQ(outcome.chosen, "a f16, 1 thread");
  EXPECT_EQ(
      outcome.reasons(),
      "f32 is refused, it is slower: 12.0 us (a f32, 1 thread) against 11.0 us (a f16, 1 "
      "thread)\nint8 is not needed: as fast within 15 %, and a f16, 1 thread is more exact\n");
}

TEST(Choice, WhatWasChosenBeforeStaysWithinALargerMargin) {
  FakeLab lab;
  lab.figures["a f32, 1 thread"] = {.p50_us = 12.4};
  lab.figures["a int8, 1 thread"] = {.p50_us = 10};
  const choose::Setup earlier = {"a", "f32", 1};
  EXPECT_EQ(run(lab, kOnePercent).chosen, "a int8, 1 thread");
  EXPECT_EQ(run(lab, kOnePercent, earlier).chosen, "a f32, 1 thread");
  lab.figures["a f32, 1 thread"].p50_us = 12.6;
  EXPECT_EQ(run(lab, kOnePercent, earlier).chosen, "a int8, 1 thread");
  lab.figures["a f32, 1 thread"] = {.p50_us = 9, .drop_percent = 2};
  EXPECT_EQ(run(lab, kOnePercent, earlier).chosen, "a int8, 1 thread");
}

}  // namespace
}  // namespace slipway::choose
