#include "runtime/team.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

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

TEST(Team, EachShareIsDoneOnce) {
  for (const std::size_t threads : {1U, 2U, 3U, 5U}) {
    auto team = Team::create(threads, {}, 0);
    ASSERT_TRUE(team.ok()) << team.error().message;
    std::array<std::atomic<int>, 8> done{};
    for (int run = 0; run < 200; ++run) {
      (*team)->begin();
      for (int step = 0; step < 5; ++step) {
        (*team)->run(
            [](void* data, std::size_t share) {
              (*static_cast<std::array<std::atomic<int>, 8>*>(data))[share].fetch_add(1);
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

// Inside a share of a team of two: returns when the other share has begun, and so is another
// thread's.
void meet(std::atomic<int>& begun) {
  begun.fetch_add(1);
  while (begun.load() < 2) sched_yield();
}

void pin_to(int core) {
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(static_cast<unsigned>(core), &here);
  EXPECT_EQ(sched_setaffinity(0, sizeof(here), &here), 0);
}

// The cores that each thread of a team of two may run on, asked in a run from `core`.
std::array<cpu_set_t, 2> cores_in_a_run(Team& team, int core, const cpu_set_t& allowed) {
  pin_to(core);
  struct Asked {
    std::atomic<int> begun{0};
    std::array<cpu_set_t, 2> cores{};
  } asked;
  team.begin();
  team.run(
      [](void* data, std::size_t share) {
        auto& all = *static_cast<Asked*>(data);
        meet(all.begun);
        sched_getaffinity(0, sizeof(cpu_set_t), &all.cores[share]);
      },
      &asked);
  team.end();
  EXPECT_EQ(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
  return asked.cores;
}

// The worker gives way to everybody and has the caller's core: while the caller is busy it never
// comes to its share.
TEST(Team, NobodyWaitsForAWorkerThatSleeps) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  const int core = sched_getcpu();
  const std::vector<int> given = {core, core};
  const std::unique_ptr<Team> team = team_of(2, given);
  ASSERT_NE(team, nullptr);
  std::atomic<int> begun{0};
  team->begin();
  team->run(
      [](void* data, std::size_t share) {
        meet(*static_cast<std::atomic<int>*>(data));
        const sched_param lowest{};
        if (share == 1) {
          EXPECT_EQ(sched_setscheduler(0, SCHED_IDLE, &lowest), 0);
        }
      },
      &begun);
  team->end();
  std::array<int, 2> by{};
  int taken_over = 0;
  for (int run = 0; run < 100; ++run) {
    team->begin();
    team->run([](void* data, std::size_t share) { static_cast<int*>(data)[share] = gettid(); },
              by.data());
    team->end();
    taken_over += by[1] == gettid() ? 1 : 0;
  }
  EXPECT_EQ(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
  EXPECT_GT(taken_over, 0);
}

TEST(Team, WorkersKeepOffTheCallersCore) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  const std::unique_ptr<Team> team = team_of(2, {});
  ASSERT_NE(team, nullptr);
  const int core = sched_getcpu();
  const auto cores = cores_in_a_run(*team, core, allowed);
  cpu_set_t others = allowed;
  CPU_CLR(static_cast<unsigned>(core), &others);
  if (CPU_COUNT(&others) == 0) others = allowed;  // a machine of one core has no other
  EXPECT_TRUE(CPU_EQUAL(&cores[1], &others));
}

TEST(Team, WorkersStayOnTheCoresTheyAreGiven) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  const int core = sched_getcpu();
  const std::vector<int> given = {core, core};
  const std::unique_ptr<Team> team = team_of(2, given);
  ASSERT_NE(team, nullptr);
  for (const cpu_set_t& cores : cores_in_a_run(*team, core, allowed)) {
    EXPECT_EQ(CPU_COUNT(&cores), 1);
    EXPECT_TRUE(CPU_ISSET(static_cast<unsigned>(core), &cores));
  }
}

}  // namespace
}  // namespace slipway::runtime
