#include "runtime/team.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

namespace slipway::runtime {
namespace {

std::unique_ptr<Team> team_of(std::size_t threads, std::span<const int> cores) {
  Result<std::unique_ptr<Team>> team = Team::create(threads, cores, 0);
  EXPECT_TRUE(team.ok()) << team.error().message;
  return team.ok() ? std::move(*team) : nullptr;
}

TEST(Team, EveryWorkerDoesEachShareOnce) {
  for (const std::size_t threads : {1U, 2U, 3U, 5U}) {
    auto team = Team::create(threads, {}, 0);
    ASSERT_TRUE(team.ok()) << team.error().message;
    std::array<std::atomic<int>, 8> done{};
    for (int run = 0; run < 200; ++run) {
      (*team)->begin();
      for (int step = 0; step < 5; ++step) {
        (*team)->run(
            [](void* data, std::size_t worker) {
              (*static_cast<std::array<std::atomic<int>, 8>*>(data))[worker].fetch_add(1);
            },
            &done);
      }
      (*team)->end();
    }
    for (std::size_t i = 0; i < done.size(); ++i) EXPECT_EQ(done[i], i < threads ? 1000 : 0);
  }
}

TEST(Team, ACoreThatIsNotThereIsNamed) {
  const int cores[] = {99999};
  const auto team = Team::create(1, cores, 0);
  ASSERT_FALSE(team.ok());
  EXPECT_NE(team.error().message.find("99999"), std::string::npos);
}

TEST(Team, WorkersKeepOffTheCallersCore) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  if (CPU_COUNT(&allowed) < 2) GTEST_SKIP() << "this machine has one core";
  const std::unique_ptr<Team> team = team_of(2, {});
  ASSERT_NE(team, nullptr);
  // The caller stays where it is, so that the answer is about that core.
  const int core = sched_getcpu();
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(static_cast<unsigned>(core), &here);
  ASSERT_EQ(sched_setaffinity(0, sizeof(here), &here), 0);
  cpu_set_t cores[2];
  team->begin();
  team->run(
      [](void* data, std::size_t worker) {
        sched_getaffinity(0, sizeof(cpu_set_t), static_cast<cpu_set_t*>(data) + worker);
      },
      cores);
  team->end();
  ASSERT_EQ(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
  EXPECT_TRUE(CPU_ISSET(static_cast<unsigned>(core), &cores[0]));
  EXPECT_FALSE(CPU_ISSET(static_cast<unsigned>(core), &cores[1]));
  EXPECT_EQ(CPU_COUNT(&cores[1]), CPU_COUNT(&allowed) - 1);
}

TEST(Team, WorkersStayOnTheCoresTheyAreGiven) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  const int core = sched_getcpu();
  const std::vector<int> cores = {core, core};
  const std::unique_ptr<Team> team = team_of(2, cores);
  ASSERT_NE(team, nullptr);
  cpu_set_t found[2];
  team->begin();
  team->run(
      [](void* data, std::size_t worker) {
        sched_getaffinity(0, sizeof(cpu_set_t), static_cast<cpu_set_t*>(data) + worker);
      },
      found);
  team->end();
  ASSERT_EQ(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
  for (const cpu_set_t& set : found) {
    EXPECT_EQ(CPU_COUNT(&set), 1);
    EXPECT_TRUE(CPU_ISSET(static_cast<unsigned>(core), &set));
  }
}

}  // namespace
}  // namespace slipway::runtime
