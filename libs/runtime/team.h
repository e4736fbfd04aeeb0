// A team: the calling thread and the workers that help it through the steps of a run.
//
// Between runs workers are parked in the kernel and use no processor. begin() wakes them; from then
// to end() they wait for the next work by spinning for a moment, then parked.
//
// Every thread has an equal part of a step's work, in pieces. Nobody waits for one that is still
// asleep or has lost its core: whoever is done with its own part takes pieces of the others'.
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
#include "kernels/range.h"

namespace slipway::runtime {

// Some units of a step's work, done by the thread of that number. Which thread has which units
// differs from run to run.
using Piece = void (*)(void* data, std::size_t thread, Range units);

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
  // Has every unit below `units` done once, at most `of_a_piece` > 0 of them at a time, and returns
  // when all are done.
  void run(Piece piece, void* data, std::size_t units, std::size_t of_a_piece);
  void end();

 private:
  struct Worker {
    Team* team = nullptr;
    std::size_t number = 0;
    pthread_t thread{};
    bool is_running = false;
    // Pieces of this worker's part that nobody has taken yet.
    alignas(64) std::atomic<std::uint32_t> left{0};
  };

  Team(std::size_t threads, std::uint32_t spin_us);
  static void* enter(void* worker);
  void work(std::size_t number);
  std::uint32_t wait_for_other_than(std::uint32_t seen);
  Range part(std::size_t worker) const;
  std::uint32_t pieces_of(std::size_t worker) const;
  void take_pieces(std::size_t thread);
  void keep_off_core_of_caller();

  const std::size_t threads_;
  const std::uint32_t spins_between_runs_;
  std::unique_ptr<Worker[]> workers_;
  cpu_set_t allowed_{};  // where workers may run; none where their cores are given
  int caller_core_ = -1;
  // Of the work at hand: read by one that has taken a piece, and as they are until it has done it.
  Piece piece_ = nullptr;
  void* data_ = nullptr;
  std::size_t units_ = 0;
  std::size_t of_a_piece_ = 1;
  // Changes where there is new work.
  alignas(64) std::atomic<std::uint32_t> ticket_{0};
  std::atomic<bool> is_in_run_{false};
  std::atomic<bool> is_over_{false};
  alignas(64) std::atomic<std::uint32_t> parked_{0};
  alignas(64) std::atomic<std::uint32_t> done_{0};
};

}  // namespace slipway::runtime
