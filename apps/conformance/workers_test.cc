#include "workers.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace slipway {
namespace {

std::vector<Case> cases_named(const std::vector<std::string>& names) {
  std::vector<Case> cases;
  for (const std::string& name : names) cases.push_back({"suite", name, {}});
  return cases;
}

Outcome act(const Case& c) {
  if (c.name == "crash") ::raise(SIGKILL);
  if (c.name == "leave") ::_exit(7);
  if (c.name == "hang") ::pause();
  return {Verdict::kPassed, "domain", c.name, "a\nb"};
}

TEST(Workers, ACrashOrAHangCostsOneCase) {
  const std::vector<Case> cases = cases_named({"a", "crash", "b", "leave", "hang", "c", "d"});
  std::size_t last_done = 0;
  const Result<std::vector<Outcome>> outcomes = run_in_workers(
      cases, {.workers = 2, .limit_ms = 1000}, act, [&](std::size_t done) { last_done = done; });
  ASSERT_TRUE(outcomes.ok()) << outcomes.error().message;
  ASSERT_EQ(outcomes->size(), cases.size());
  EXPECT_EQ(last_done, cases.size());
  for (const std::size_t i : {0, 2, 5, 6}) {
    EXPECT_EQ((*outcomes)[i].verdict, Verdict::kPassed) << i;
    EXPECT_EQ((*outcomes)[i].op, cases[i].name);
    EXPECT_EQ((*outcomes)[i].domain, "domain");
    EXPECT_EQ((*outcomes)[i].reason, "a b");
  }
  EXPECT_EQ((*outcomes)[1].reason, "crashed: Killed");
  EXPECT_EQ((*outcomes)[3].reason, "the process ended with code 7");
  EXPECT_EQ((*outcomes)[4].reason, "still running after 1 s");
  for (const std::size_t i : {1, 3, 4}) EXPECT_EQ((*outcomes)[i].verdict, Verdict::kFailed);
}

TEST(Workers, NoCasesNoOutcomes) {
  const Result<std::vector<Outcome>> outcomes = run_in_workers({}, {}, act, [](std::size_t) {});
  ASSERT_TRUE(outcomes.ok());
  EXPECT_TRUE(outcomes->empty());
}

}  // namespace
}  // namespace slipway
