// A session runs one plan. prepare() binds and allocates everything; after it, run() touches only
// that memory: it does not allocate, lock, make a system call (with one thread) or fault a page in.
//
// One thread at a time may use a session. Several sessions may share a plan and so its weights.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "runtime/step.h"
#include "runtime/team.h"

namespace slipway::runtime {

struct PrepareOptions {
  std::int64_t batch = 1;
  std::size_t threads = 1;     // the caller's included
  std::span<const int> cores;  // thread i runs on cores[i]; empty: anywhere
  std::uint32_t spin_us = 0;   // how long helping threads spin for the next run before they park
  // Multiply-adds of all steps that threads could share; with fewer one thread runs everything, as
  // others would wake too late to help.
  std::uint64_t least_shared_work = 2'000'000;
  Isa isa = best_isa();
  // The session's tensors live here, where not empty: at least memory_bytes(), aligned to 64, and
  // not freed before the session. Otherwise the session allocates them.
  std::span<std::byte> memory;
  MakeInterpreted make_interpreted = nullptr;
};

// An input or output at the session's batch.
struct Port {
  std::string_view name;
  DType dtype;
  std::span<const std::int64_t> dims;
  std::uint64_t bytes;
};

// What one step took, summed over runs since the last reset.
struct StepTime {
  std::string_view name;
  std::string_view kernel;
  std::uint64_t multiply_adds;
  std::uint64_t nanoseconds;
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> prepare(std::shared_ptr<const plan::Plan> plan,
                                                  const PrepareOptions& options = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::span<const Port> inputs() const { return inputs_; }
  std::span<const Port> outputs() const { return outputs_; }
  std::size_t memory_bytes() const { return memory_bytes_; }
  // That share a run: 1 where there is too little to share, whatever was asked for.
  std::size_t threads() const { return uses_team_ ? team_->threads() : 1; }

  // What the session keeps from run to run: recurrent state, the past of a sliding window. Each of
  // these touches only memory that is there and makes no system call.
  std::size_t state_bytes() const { return state_bytes_; }
  // As prepare() left it.
  void reset() noexcept;
  // Into, and from, state_bytes() bytes; false, and nothing done, where there are not as many.
  // Bytes are good for any session of the same plan and batch.
  bool snapshot(std::span<std::byte> to) const noexcept;
  bool restore(std::span<const std::byte> from) noexcept;

  // One pointer per input and output in the order of inputs() and outputs(), each aligned to its
  // element and as large as its port; they may differ from run to run and must not overlap.
  RunCode run(std::span<const void* const> inputs, std::span<void* const> outputs) noexcept;

  // Why the last run gave kInterpreter.
  std::string_view last_error() const;

  // From now on each run notes what its steps take: two clock reads a step.
  void start_profile();
  std::span<const StepTime> profile() const { return profile_; }

 private:
  struct Step {
    BoundStep bound;
    std::size_t of_a_piece = 0;  // units that a thread takes at a time; 0: one thread does all
  };
  // A tensor that is the caller's memory: this slot follows that port.
  struct View {
    std::uint32_t slot;
    std::uint32_t port;
  };
  // A tensor of the state. The items of a batch begin alike, one after the other.
  struct Kept {
    std::uint32_t slot;
    std::uint64_t offset;  // of the first item at batch 1
    std::uint64_t item_bytes;
  };
  struct Job;

  Session() = default;
  Status bind_tensors(std::int64_t batch);
  Status bind_steps(const PrepareOptions& options);
  Status check_overlap(const plan::StepRecord& step, const StepKernel& kernel) const;
  Status take_memory(const PrepareOptions& options);
  RunCode run_step(const Step& step) noexcept;
  RunCode run_shared(const Step& step) noexcept;
  RunCode run_profiled() noexcept;
  template <typename Pointer>
  bool take_pointers(std::span<Pointer const> given, std::span<const Port> ports,
                     std::span<const View> views) noexcept;

  std::shared_ptr<const plan::Plan> plan_;
  std::int64_t batch_ = 1;
  std::vector<std::int64_t> dims_;
  std::vector<Operand> operands_;
  std::vector<std::byte*> pointers_;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
  std::vector<View> input_views_;
  std::vector<View> output_views_;
  std::vector<Kept> kept_;
  Pool pool_;
  std::vector<Step> steps_;
  std::vector<StepTime> profile_;
  std::unique_ptr<Team> team_;
  std::size_t scratch_bytes_ = 0;  // of each thread
  std::size_t memory_bytes_ = 0;
  std::size_t state_offset_ = 0;  // in memory_
  std::size_t state_bytes_ = 0;
  std::span<std::byte> memory_;
  bool owns_memory_ = false;
  bool uses_team_ = false;
  bool is_profiling_ = false;
};

}  // namespace slipway::runtime
