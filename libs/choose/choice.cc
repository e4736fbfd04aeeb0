#include "choose/choice.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <tuple>

#include "base/str.h"
#include "cli/text.h"

namespace slipway::choose {
namespace {

using report::Outcome;

std::string percent_text(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%", percent);
  return text;
}

// How far over a budget: a factor of it from twice on, which reads better than 4,910 %.
std::string over_text(double factor) {
  if (!(factor >= 2)) return str(percent_text((factor - 1) * 100), " over it");
  char text[64];
  std::snprintf(text, sizeof text, factor < 1000 ? "%.3g times it" : "%.0f times it", factor);
  return text;
}

std::string both(const std::vector<std::string>& sentences) { return join(sentences, "; "); }

// How far the worst of its figures is over the budget, as a factor; infinite for what is no number.
double excess(const Trial& trial, const report::Budget& budget) {
  double worst = 1;
  const auto take = [&](double value, const std::optional<double>& most) {
    if (!most) return;
    const double factor = std::isfinite(value) ? value / std::max(*most, 1e-12) : HUGE_VAL;
    worst = std::max(worst, factor);
  };
  if (trial.accuracy) take(trial.accuracy->drop_percent, budget.accuracy_drop_percent);
  if (trial.probe) take(trial.probe->memory_bytes / 1048576, budget.memory_mib);
  if (trial.is_timed()) take(trial.p99_s() * 1e3, budget.p99_latency_ms);
  return worst;
}

class Chooser {
 public:
  Chooser(const std::vector<Trial>& trials, const report::Budget& budget,
          const std::optional<Setup>& earlier)
      : trials_(trials), budget_(budget), earlier_(earlier) {
    choice_.outcomes.assign(trials.size(), Outcome::kFailed);
    choice_.whys.assign(trials.size(), "");
  }

  Choice run() {
    judge_each();
    if (good_.empty()) {
      explain_nothing();
      return std::move(choice_);
    }
    pick();
    explain_trials();
    explain_groups();
    return std::move(choice_);
  }

 private:
  void judge_each() {
    for (std::size_t i = 0; i < trials_.size(); ++i) {
      const Trial& trial = trials_[i];
      const std::vector<std::string> over = breaches(trial, budget_);
      if (trial.has_failed || !trial.is_timed()) {
        set(i, Outcome::kFailed, trial.has_failed ? trial.why : "it could not be timed");
      } else if (!over.empty()) {
        set(i, Outcome::kOverBudget, both(over));
      } else if (trial.was_dropped) {
        set(i, Outcome::kHopeless, trial.why);
      } else {
        set(i, Outcome::kGood, "");
        good_.push_back(i);
      }
    }
  }

  void set(std::size_t i, Outcome outcome, const std::string& why) {
    choice_.outcomes[i] = outcome;
    choice_.whys[i] = why;
  }

  void pick() {
    const Trial& mark = trials_[fastest_of(trials_, good_)];
    behind_.assign(trials_.size(), HUGE_VAL);
    for (const std::size_t i : good_) behind_[i] = ratio(trials_[i], mark) - 1;
    std::optional<std::size_t> best;
    for (const std::size_t i : good_) {
      if (behind_[i] <= kMargin && (!best || preference(i) < preference(*best))) best = i;
    }
    for (const std::size_t i : good_) {
      if (earlier_ && trials_[i].setup == *earlier_ && behind_[i] <= kMarginOfEarlier) best = i;
    }
    choice_.chosen = best;
    set(*best, Outcome::kChosen, "");
  }

  std::tuple<double, std::size_t, std::size_t, bool, std::size_t> preference(std::size_t i) const {
    const Setup& setup = trials_[i].setup;
    return {setup.pruned, precision_rank(setup.precision), setup.threads, setup.slides, i};
  }

  // Than the chosen one, by more than noise and taste.
  bool is_slower(std::size_t i) const {
    return behind_[i] > kMargin && behind_[i] > behind_[*choice_.chosen];
  }

  void explain_trials() {
    const Trial& chosen = trials_[*choice_.chosen];
    const bool is_kept = earlier_ && chosen.setup == *earlier_;
    choice_.verdict =
        str(label(chosen.setup), " keeps the budget: p99 ", seconds_text(chosen.p99_s()),
            chosen.accuracy
                ? str(", ", percent_text(chosen.accuracy->drop_percent), " of accuracy lost")
                : std::string());
    choice_.whys[*choice_.chosen] =
        str("the fastest that keeps the budget, within ", percent_text(kMargin * 100),
            is_kept ? "; it was chosen before" : "");
    for (const std::size_t i : good_) {
      if (i == *choice_.chosen) continue;
      std::string& why = choice_.whys[i];
      if (is_slower(i)) {
        why = str(seconds_text(trials_[i].quiet_s()), " where ", label(chosen.setup), " takes ",
                  seconds_text(chosen.quiet_s()));
      } else if (is_kept) {
        why = str("not faster by enough to change what was chosen before (",
                  percent_text(kMarginOfEarlier * 100), ")");
      } else {
        why = str("as fast within ", percent_text(kMargin * 100), ", and ", label(chosen.setup),
                  " is ", advantage(chosen.setup, trials_[i].setup));
      }
    }
  }

  static std::string advantage(const Setup& chosen, const Setup& other) {
    if (chosen.pruned != other.pruned) return "less pruned";
    if (chosen.precision != other.precision) return "more exact";
    if (chosen.threads != other.threads) return "on fewer threads";
    if (chosen.slides != other.slides) return "given whole windows, which asks less of its caller";
    return "of the engine that comes first";
  }

  // What is told of in one sentence: a precision and a pruning, of the chosen one's also whether
  // windows slide.
  std::string group(const Setup& setup) const {
    Setup told = setup;
    const Setup* chosen = choice_.chosen ? &trials_[*choice_.chosen].setup : nullptr;
    if (chosen == nullptr || chosen->precision != setup.precision ||
        chosen->pruned != setup.pruned) {
      told.slides = false;
    }
    return form(told);
  }

  // The trial of a group that tells most about it: one that is good before one that is slower,
  // before one that is over budget; of several the fastest.
  std::size_t best_of(const std::string& wanted) const {
    const auto rank = [](Outcome outcome) {
      switch (outcome) {
        case Outcome::kChosen:
          return 0;
        case Outcome::kGood:
          return 1;
        case Outcome::kHopeless:
          return 2;
        case Outcome::kOverBudget:
          return 3;
        case Outcome::kFailed:
          break;
      }
      return 4;
    };
    const auto key = [&](std::size_t i) {
      return std::tuple(rank(choice_.outcomes[i]),
                        trials_[i].is_timed() ? trials_[i].quiet_s() : HUGE_VAL, i);
    };
    std::size_t best = trials_.size();
    for (std::size_t i = 0; i < trials_.size(); ++i) {
      if (group(trials_[i].setup) == wanted && (best == trials_.size() || key(i) < key(best)))
        best = i;
    }
    return best;
  }

  void explain_groups() {
    std::set<std::string> told = {group(trials_[*choice_.chosen].setup)};
    for (const Trial& trial : trials_) {
      const std::string name = group(trial.setup);
      if (told.insert(name).second) choice_.reasons.push_back(refusal(best_of(name)));
    }
  }

  std::string refusal(std::size_t i) const {
    const Trial& trial = trials_[i];
    const Trial& chosen = trials_[*choice_.chosen];
    const std::string name = form(trial.setup);
    switch (choice_.outcomes[i]) {
      case Outcome::kFailed:
        return str(name, " could not be tried: ", choice_.whys[i]);
      case Outcome::kOverBudget:
        return str(name, " is refused: ", choice_.whys[i], " (", label(trial.setup), ")");
      case Outcome::kHopeless:
      case Outcome::kGood:
      case Outcome::kChosen:
        break;
    }
    if (!is_slower(i)) return str(name, " is not needed: ", choice_.whys[i]);
    return str(name, " is refused, it is slower: ", seconds_text(trial.quiet_s()), " (",
               label(trial.setup), ") against ", seconds_text(chosen.quiet_s()), " (",
               label(chosen.setup), ")");
  }

  void explain_nothing() {
    std::size_t closest = trials_.size();
    for (std::size_t i = 0; i < trials_.size(); ++i) {
      if (choice_.outcomes[i] == Outcome::kFailed) continue;
      if (closest == trials_.size() ||
          excess(trials_[i], budget_) < excess(trials_[closest], budget_))
        closest = i;
    }
    if (closest == trials_.size()) {
      choice_.verdict = trials_.empty() ? "there is nothing to try"
                                        : str("nothing could be run: ", label(trials_[0].setup),
                                              ": ", choice_.whys[0]);
      return;
    }
    choice_.verdict =
        str("nothing keeps the budget; ", label(trials_[closest].setup), " comes closest, ",
            over_text(excess(trials_[closest], budget_)), ": ", choice_.whys[closest]);
    std::set<std::string> told = {group(trials_[closest].setup)};
    for (const Trial& trial : trials_) {
      const std::string name = group(trial.setup);
      if (!told.insert(name).second) continue;
      const std::size_t best = best_of(name);
      choice_.reasons.push_back(str(label(trials_[best].setup), ": ", choice_.whys[best]));
    }
  }

  const std::vector<Trial>& trials_;
  const report::Budget& budget_;
  const std::optional<Setup>& earlier_;
  std::vector<std::size_t> good_;
  std::vector<double> behind_;  // the fastest of the good ones, as a share; infinite for the others
  Choice choice_;
};

}  // namespace

Choice choose(const std::vector<Trial>& trials, const report::Budget& budget,
              const std::optional<Setup>& earlier) {
  return Chooser(trials, budget, earlier).run();
}

}  // namespace slipway::choose
