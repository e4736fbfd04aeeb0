#include "runtime/team.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "kernels/range.h"

namespace slipway::runtime {
namespace {

std::unique_ptr<Team> team_of(std::size_t threads, std::span<const int> cores) {
  Result<std::unique_ptr<Team>> team = Team::create(threads, cores, 0);
  EXPECT_TRUE(team.ok()) << team.error().message;
  return team.ok() ? std::move(*team) : nullptr;
}

TEST(Team, EachUnitIsDoneOnce) {
  struct Counts {
    std::size_t of_a_piece;
    std::size_t threads;
    std::array<std::atomic<int>, 70> done{};
  };
  for (const std::size_t threads : {1U, 2U, 3U, 5U}) {
    const std::unique_ptr<Team> team = team_of(threads, {});
    ASSERT_NE(team, nullptr);
    for (const std::size_t units : {0U, 1U, 4U, 7U, 64U}) {
      for (const std::size_t of_a_piece : {1U, 2U, 5U, 64U}) {
        Counts counts{of_a_piece, threads};
        for (int run = 0; run < 40; ++run) {
          team->begin();
          for (int step = 0; step < 5; ++step) {
            team->run(
                [](void* data, std::size_t thread, Range range) {
                  Counts& all = *static_cast<Counts*>(data);
                  EXPECT_LT(thread, all.threads);
                  EXPECT_LE(range.size(), all.of_a_piece);
                  EXPECT_FALSE(range.empty());
                  for (std::size_t i = range.begin; i < range.end; ++i) all.done[i].fetch_add(1);
                },
                &counts, units, of_a_piece);
          }
          team->end();
        }
        for (std::size_t i = 0; i < counts.done.size(); ++i)
          EXPECT_EQ(counts.done[i], i < units ? 200 : 0);
      }
    }
  }
}

TEST(Team, NoTwoThreadsHaveTheSameNumber) {
  const std::unique_ptr<Team> team = team_of(4, {});
  ASSERT_NE(team, nullptr);
  std::array<std::atomic<int>, 4> within{};
  team->begin();
  for (int step = 0; step < 500; ++step) {
    team->run(
        [](void* data, std::size_t thread, Range) {
          std::atomic<int>& here = (*static_cast<std::array<std::atomic<int>, 4>*>(data))[thread];
          EXPECT_EQ(here.fetch_add(1), 0);
          here.fetch_sub(1);
        },
        &within, 100, 1);
  }
  team->end();
}

TEST(Team, ACoreThatIsNotThereIsNamed) {
  const int cores[] = {99999};
  const auto team = Team::create(1, cores, 0);
  ASSERT_FALSE(team.ok());
  EXPECT_NE(team.error().message.find("99999"), std::string::npos);
}

// Inside one of two pieces: returns when the other has begun, and so is another thread's.
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
      [](void* data, std::size_t thread, Range) {
        auto& all = *static_cast<Asked*>(data);
        meet(all.begun);
        sched_getaffinity(0, sizeof(cpu_set_t), &all.cores[thread]);
      },
      &asked, 2, 1);
  team.end();
  EXPECT_EQ(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
  return asked.cores;
}

// The worker gives way to everybody and has the caller's core: while the caller is busy it never
// comes to its part.
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
      [](void* data, std::size_t thread, Range) {
        meet(*static_cast<std::atomic<int>*>(data));
        const sched_param lowest{};
        if (thread == 1) {
          EXPECT_EQ(sched_setscheduler(0, SCHED_IDLE, &lowest), 0);
        }
      },
      &begun, 2, 1);
  team->end();
  std::array<int, 2> by{};
  int taken_over = 0;
  for (int run = 0; run < 100; ++run) {
    team->begin();
    team->run([](void* data, std::size_t,
                 Range units) { static_cast<int*>(data)[units.begin] = gettid(); },
              by.data(), 2, 1);
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
