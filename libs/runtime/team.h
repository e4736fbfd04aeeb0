// A team: the calling thread and the workers that help it through the steps of a run.
//
// Between runs workers are parked in the kernel and use no processor. begin() wakes them; from then
// to end() they wait for the next share by spinning for a moment, then parked.
//
// Nobody waits for a thread that is still asleep, or has lost its core, before it took its share:
// whoever is done with its own takes over what others have not begun.
//
// Where the caller names no cores, workers keep off the core that begin() is called on: woken
// there, as the system likes to do, they would wait for the very thread that waits for them.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"

namespace slipway::runtime {

// One of as many equal shares of the work as the team has threads. No two threads are in the same
// share; which thread takes which differs from run to run.
using Share = void (*)(void* data, std::size_t share);

class Team {
 public:
  // `threads` in all, the caller's included. cores: where not empty, worker i is pinned to
  // cores[i]; worker 0, the caller's thread, pins itself. spin_us: how long a worker spins after
  // end() before it parks; 0 parks at once.
  static Result<std::unique_ptr<Team>> create(std::size_t threads, std::span<const int> cores,
                                              std::uint32_t spin_us);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  std::size_t threads() const { return threads_; }

  void begin();
  // Calls share(data, i) once for every i below threads() and returns when all are done.
  void run(Share share, void* data);
  void end();

 private:
  struct Worker {
    Team* team = nullptr;
    std::size_t number = 0;
    pthread_t thread{};
    bool is_running = false;
    // The last ticket whose share of this number somebody has taken.
    alignas(64) std::atomic<std::uint32_t> taken{0};
  };

  Team(std::size_t threads, std::uint32_t spin_us);
  static void* enter(void* worker);
  void work(std::size_t number);
  std::uint32_t wait_for_other_than(std::uint32_t seen);
  void take_shares(std::uint32_t ticket, std::size_t first);
  void keep_off_core_of_caller();

  const std::size_t threads_;
  const std::uint32_t spins_between_runs_;
  std::unique_ptr<Worker[]> workers_;
  cpu_set_t allowed_{};  // where workers may run; none where their cores are given
  int caller_core_ = -1;
  Share share_ = nullptr;
  void* data_ = nullptr;
  // Each change of ticket_ is as many shares as there are threads; the next comes once all are
  // done.
  alignas(64) std::atomic<std::uint32_t> ticket_{0};
  std::atomic<bool> is_in_run_{false};
  std::atomic<bool> is_over_{false};
  alignas(64) std::atomic<std::uint32_t> parked_{0};
  alignas(64) std::atomic<std::uint32_t> done_{0};
};

}  // namespace slipway::runtime
