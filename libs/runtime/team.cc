#include "runtime/team.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "base/str.h"

namespace slipway::runtime {
namespace {

// A few microseconds: shorter than waking from the kernel, longer than most steps' ends lie apart.
constexpr std::uint32_t kSpinsInRun = 4000;
constexpr std::uint32_t kSpinsPerMicrosecond = 20;
constexpr std::size_t kMostPieces = std::size_t{1} << 20;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t value) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

void wake_all(const std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

bool pin(pthread_t thread, int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (core < 0 || core >= CPU_SETSIZE) return false;
  CPU_SET(static_cast<unsigned>(core), &set);
  return pthread_setaffinity_np(thread, sizeof(set), &set) == 0;
}

}  // namespace

Team::Team(std::size_t threads, std::uint32_t spin_us)
    : threads_(threads), spins_between_runs_(spin_us * kSpinsPerMicrosecond) {}

Result<std::unique_ptr<Team>> Team::create(std::size_t threads, std::span<const int> cores,
                                           std::uint32_t spin_us) {
  std::unique_ptr<Team> team(new Team(threads, spin_us));
  team->workers_ = std::make_unique<Worker[]>(threads);
  for (std::size_t i = 1; i < threads; ++i) {
    Worker& worker = team->workers_[i];
    worker.team = team.get();
    worker.number = i;
    if (pthread_create(&worker.thread, nullptr, enter, &worker) != 0) {
      return Error{Code::kIo, str("the system refused to start thread ", i + 1, " of ", threads,
                                  ": ask for fewer threads")};
    }
    worker.is_running = true;
    if (i < cores.size() && !pin(worker.thread, cores[i])) {
      return Error{Code::kUsage, str("no thread may run on core ", cores[i], " of this machine")};
    }
  }
  if (!cores.empty() && !pin(pthread_self(), cores[0])) {
    return Error{Code::kUsage, str("no thread may run on core ", cores[0], " of this machine")};
  }
  if (!cores.empty() || sched_getaffinity(0, sizeof(team->allowed_), &team->allowed_) != 0)
    CPU_ZERO(&team->allowed_);
  return team;
}

Team::~Team() {
  if (workers_ == nullptr) return;
  is_over_.store(true, std::memory_order_relaxed);
  ticket_.fetch_add(1, std::memory_order_seq_cst);
  wake_all(ticket_);
  for (std::size_t i = 1; i < threads_; ++i) {
    if (workers_[i].is_running) pthread_join(workers_[i].thread, nullptr);
  }
}

void* Team::enter(void* worker) {
  const Worker& self = *static_cast<Worker*>(worker);
  self.team->work(self.number);
  return nullptr;
}

std::uint32_t Team::wait_for_other_than(std::uint32_t seen) {
  for (std::uint32_t spins = 0;; ++spins) {
    const std::uint32_t ticket = ticket_.load(std::memory_order_acquire);
    if (ticket != seen) return ticket;
    const std::uint32_t most =
        is_in_run_.load(std::memory_order_relaxed) ? kSpinsInRun : spins_between_runs_;
    if (spins < most) {
      pause();
      continue;
    }
    // Counted as parked before the last look at ticket_, so that run() sees one or the other.
    parked_.fetch_add(1, std::memory_order_seq_cst);
    if (ticket_.load(std::memory_order_seq_cst) == seen) sleep_while(ticket_, seen);
    parked_.fetch_sub(1, std::memory_order_relaxed);
    spins = 0;
  }
}

Range Team::part(std::size_t worker) const { return EvenParts{units_, 1, threads_}.part(worker); }

std::uint32_t Team::pieces_of(std::size_t worker) const {
  return static_cast<std::uint32_t>((part(worker).size() + of_a_piece_ - 1) / of_a_piece_);
}

// Pieces of this thread's part, then those that are left of the others'. Whatever work a taken
// piece is of, even newer work than this thread was woken for, stands there since before `left`
// did.
void Team::take_pieces(std::size_t thread) {
  for (std::size_t i = 0; i < threads_; ++i) {
    const std::size_t of = thread + i < threads_ ? thread + i : thread + i - threads_;
    std::atomic<std::uint32_t>& left = workers_[of].left;
    std::uint32_t n = left.load(std::memory_order_relaxed);
    while (n != 0) {
      if (!left.compare_exchange_weak(n, n - 1, std::memory_order_acquire,
                                      std::memory_order_relaxed))
        continue;
      const Range all = part(of);
      const std::size_t begin = all.begin + (pieces_of(of) - n) * of_a_piece_;
      piece_(data_, thread, {begin, std::min(begin + of_a_piece_, all.end)});
      done_.fetch_add(1, std::memory_order_release);
      n = left.load(std::memory_order_relaxed);
    }
  }
}

void Team::work(std::size_t number) {
  std::uint32_t seen = 0;
  for (;;) {
    seen = wait_for_other_than(seen);
    if (is_over_.load(std::memory_order_relaxed)) return;
    take_pieces(number);
  }
}

void Team::keep_off_core_of_caller() {
  const int core = sched_getcpu();  // no system call
  if (core < 0 || core >= CPU_SETSIZE || core == caller_core_) return;
  caller_core_ = core;
  cpu_set_t others = allowed_;
  CPU_CLR(static_cast<unsigned>(core), &others);
  if (CPU_COUNT(&others) == 0) return;
  for (std::size_t i = 1; i < threads_; ++i)
    pthread_setaffinity_np(workers_[i].thread, sizeof(others), &others);
}

void Team::begin() {
  keep_off_core_of_caller();
  is_in_run_.store(true, std::memory_order_seq_cst);
  if (parked_.load(std::memory_order_seq_cst) != 0) wake_all(ticket_);
}

void Team::run(Piece piece, void* data, std::size_t units, std::size_t of_a_piece) {
  piece_ = piece;
  data_ = data;
  units_ = units;
  of_a_piece_ = std::max(of_a_piece, units / kMostPieces + 1);
  done_.store(0, std::memory_order_relaxed);
  std::uint32_t pieces = 0;
  for (std::size_t i = 0; i < threads_; ++i) {
    pieces += pieces_of(i);
    workers_[i].left.store(pieces_of(i), std::memory_order_release);
  }
  ticket_.fetch_add(1, std::memory_order_seq_cst);
  if (parked_.load(std::memory_order_seq_cst) != 0) wake_all(ticket_);
  take_pieces(0);
  std::uint32_t spins = 0;
  while (done_.load(std::memory_order_acquire) != pieces) {
    if (++spins < kSpinsInRun) {
      pause();
    } else {
      sched_yield();  // a worker has lost its core: let it have this one
    }
  }
}

void Team::end() { is_in_run_.store(false, std::memory_order_release); }

}  // namespace slipway::runtime
