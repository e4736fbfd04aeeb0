#include "runtime/session.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>

#include "base/str.h"
#include "runtime/list.h"
#include "tensor/tensor.h"

namespace slipway::runtime {
namespace {

using plan::Place;

// Below this many multiply-adds a step is done before another thread has heard of it.
constexpr std::uint64_t kWorthSharing = 60'000;

// A thread's part of a step is done in so many pieces, of at least so much work each: whoever is
// done first helps, and what one loses its core for delays the other by that over their number.
constexpr std::size_t kPieces = 4;
constexpr std::uint64_t kLeastPiece = 60'000;

constexpr std::size_t kMaxThreads = 256;

std::size_t aligned(std::size_t bytes) {
  return (bytes + plan::kAlignment - 1) / plan::kAlignment * plan::kAlignment;
}

// An even number: kernels take two at a time.
std::size_t units_of_a_piece(std::size_t units, std::uint64_t work, std::size_t threads) {
  const std::size_t part = (units + threads - 1) / threads;
  const std::uint64_t pieces = std::clamp<std::uint64_t>(work / threads / kLeastPiece, 1, kPieces);
  return std::max<std::size_t>(2, (part / pieces + 1) / 2 * 2);
}

std::uint64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

struct Session::Job {
  const Session* session;
  const Step* step;
  std::atomic<RunCode> code;

  static void piece(void* data, std::size_t thread, Range units) {
    Job& job = *static_cast<Job*>(data);
    const Session& session = *job.session;
    const Call call{
        session.pointers_.data(),
        session.memory_.data() + session.memory_bytes_ - (thread + 1) * session.scratch_bytes_,
        units.begin, units.end};
    const RunCode code = job.step->bound.run(job.step->bound.context, call);
    if (code != RunCode::kOk) job.code.store(code, std::memory_order_relaxed);
  }
};

Session::~Session() {
  team_.reset();
  if (owns_memory_) munmap(memory_.data(), memory_.size());
}

Status Session::bind_tensors(std::int64_t batch) {
  const auto records = plan_->tensors();
  std::size_t dim_count = 0;
  for (const plan::TensorRecord& record : records) dim_count += record.rank;
  dims_.reserve(dim_count);  // spans into it stay valid
  operands_.resize(records.size());
  pointers_.resize(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const plan::TensorRecord& record = records[i];
    Operand& operand = operands_[i];
    operand.dtype = static_cast<DType>(record.dtype);
    operand.layout = record.layout;
    const std::size_t first = dims_.size();
    for (const plan::Dim dim : plan_->dims(record))
      dims_.push_back(dim.fixed + dim.per_batch * batch);
    operand.dims = std::span(dims_).subspan(first);
    const plan::Extent extent =
        TRY(plan::extent_of(operand.dtype, operand.layout, plan_->dims(record), batch));
    operand.elements = extent.elements;
    operand.bytes = extent.bytes;
    operand.slot = static_cast<std::uint32_t>(i);
    if (record.place == Place::kWeights) {
      operand.constant = plan_->weights().data() + record.offset;
      pointers_[i] = const_cast<std::byte*>(operand.constant);
    } else if (record.place == Place::kState) {
      const plan::Extent item =
          TRY(plan::extent_of(operand.dtype, operand.layout, plan_->dims(record), 1));
      kept_.push_back({operand.slot, record.offset, item.bytes});
    } else if (record.place == Place::kInput) {
      input_views_.push_back({operand.slot, static_cast<std::uint32_t>(record.offset)});
    } else if (record.place == Place::kOutput) {
      output_views_.push_back({operand.slot, static_cast<std::uint32_t>(record.offset)});
    }
  }
  for (const plan::PortRecord& port : plan_->inputs()) {
    const Operand& operand = operands_[port.tensor];
    inputs_.push_back({plan_->text(port.name), operand.dtype, operand.dims, operand.bytes});
  }
  for (const plan::PortRecord& port : plan_->outputs()) {
    const Operand& operand = operands_[port.tensor];
    outputs_.push_back({plan_->text(port.name), operand.dtype, operand.dims, operand.bytes});
  }
  return {};
}

Status Session::check_overlap(const plan::StepRecord& step, const StepKernel& kernel) const {
  for (const std::uint32_t to : plan_->step_outputs(step)) {
    if (to == plan::kNoTensor) continue;
    const Place place = plan_->tensors()[to].place;
    if (place != Place::kArena && place != Place::kState) continue;
    const std::uint64_t begin = plan_->tensors()[to].offset * static_cast<std::uint64_t>(batch_);
    const std::uint64_t end = begin + operands_[to].bytes;
    for (const std::uint32_t from : plan_->step_inputs(step)) {
      if (from == plan::kNoTensor || plan_->tensors()[from].place != place) continue;
      const std::uint64_t other =
          plan_->tensors()[from].offset * static_cast<std::uint64_t>(batch_);
      const std::uint64_t other_end = other + operands_[from].bytes;
      if (begin >= other_end || other >= end) continue;
      if (kernel.in_place && begin == other && end == other_end) continue;
      return Error{Code::kInvalid, str("step '", plan_->text(step.name),
                                       "' of the plan writes over what it reads")};
    }
  }
  return {};
}

Status Session::bind_steps(const PrepareOptions& options) {
  std::vector<const Operand*> inputs;
  std::vector<const Operand*> outputs;
  const auto collect = [this](std::span<const std::uint32_t> ids,
                              std::vector<const Operand*>& operands) {
    operands.clear();
    for (const std::uint32_t id : ids)
      operands.push_back(id == plan::kNoTensor ? nullptr : &operands_[id]);
  };
  std::uint64_t shared_work = 0;
  for (const plan::StepRecord& record : plan_->steps()) {
    const StepKernel* const kernel = find_kernel(static_cast<plan::KernelId>(record.kernel));
    const std::string_view name = plan_->text(record.name);
    if (kernel == nullptr) {
      return Error{
          Code::kUnsupported,
          str("step '", shorten(name), "' needs kernel number ", record.kernel,
              ", which this build does not hold: build with every kernel, or for this model")};
    }
    collect(plan_->step_inputs(record), inputs);
    collect(plan_->step_outputs(record), outputs);
    TRY(check_overlap(record, *kernel));
    Binder binder{name,    options.isa,           inputs,
                  outputs, plan_->params(record), options.make_interpreted,
                  &pool_};
    TRY(kernel->bind(binder));
    scratch_bytes_ = std::max(scratch_bytes_, aligned(binder.scratch));
    const std::uint64_t work =
        std::max(record.multiply_adds * static_cast<std::uint64_t>(batch_), binder.work);
    const bool is_shared = options.threads > 1 && binder.bound.units > 1 && work >= kWorthSharing;
    if (is_shared) shared_work += work;
    uses_team_ |= is_shared;
    steps_.push_back({binder.bound,
                      is_shared ? units_of_a_piece(binder.bound.units, work, options.threads) : 0});
    profile_.push_back({name, kernel->name, record.multiply_adds, 0});
  }
  if (shared_work < options.least_shared_work) {
    uses_team_ = false;
    for (Step& step : steps_) step.of_a_piece = 0;
  }
  return {};
}

Status Session::take_memory(const PrepareOptions& options) {
  const std::uint64_t arena = plan_->header().arena_bytes;
  const auto batch = static_cast<std::uint64_t>(batch_);
  const std::uint64_t state = plan_->header().state_bytes;
  if (arena > plan::kMaxBytes / batch || state > plan::kMaxBytes / batch) {
    return Error{Code::kTooLarge, str("a batch of ", batch_, " needs more memory than there is")};
  }
  state_offset_ = aligned(arena * batch);
  state_bytes_ = state * batch;
  memory_bytes_ = state_offset_ + aligned(state_bytes_) + scratch_bytes_ * options.threads;
  if (memory_bytes_ > tensor_limit_bytes()) {
    return Error{Code::kTooLarge,
                 str("the session needs ", memory_bytes_,
                     " bytes, more than this machine has: prepare a smaller batch")};
  }
  if (!options.memory.empty()) {
    if (options.memory.size() < memory_bytes_ ||
        reinterpret_cast<std::uintptr_t>(options.memory.data()) % plan::kAlignment != 0) {
      return Error{Code::kUsage,
                   str("the session needs ", memory_bytes_, " bytes of memory aligned to ",
                       plan::kAlignment, "; it was given ", options.memory.size())};
    }
    memory_ = options.memory.first(memory_bytes_);
  } else if (memory_bytes_ != 0) {
    void* const mapped = mmap(nullptr, memory_bytes_, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (mapped == MAP_FAILED) {
      return Error{Code::kTooLarge,
                   str("the system has no ", memory_bytes_, " bytes for this session")};
    }
    memory_ = {static_cast<std::byte*>(mapped), memory_bytes_};
    owns_memory_ = true;
  }
  if (!memory_.empty()) std::memset(memory_.data(), 0, memory_.size());  // every page is there
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    const plan::TensorRecord& record = plan_->tensors()[i];
    if (record.place == Place::kArena) pointers_[i] = memory_.data() + record.offset * batch;
    if (record.place == Place::kState)
      pointers_[i] = memory_.data() + state_offset_ + record.offset * batch;
  }
  reset();
  return {};
}

Result<std::unique_ptr<Session>> Session::prepare(std::shared_ptr<const plan::Plan> plan,
                                                  const PrepareOptions& options) {
  if (options.batch < 1 || options.batch > plan::kMaxBatch) {
    return Error{Code::kUsage, str("a batch of ", options.batch, " cannot be prepared: give 1 to ",
                                   plan::kMaxBatch)};
  }
  if (options.batch != 1 && !plan->has_batch()) {
    return Error{Code::kUsage,
                 str("this plan has a fixed batch; it cannot be prepared for ", options.batch,
                     ": compile the model with --batch any, or for this batch")};
  }
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return Error{Code::kUsage,
                 str(options.threads, " threads cannot be had: give 1 to ", kMaxThreads)};
  }
  std::unique_ptr<Session> session(new Session);
  session->plan_ = std::move(plan);
  session->batch_ = options.batch;
  TRY(session->bind_tensors(options.batch));
  TRY(session->bind_steps(options));
  TRY(session->take_memory(options));
  if (session->uses_team_) {
    session->team_ = TRY(Team::create(options.threads, options.cores, options.spin_us));
  }
  return session;
}

template <typename Pointer>
bool Session::take_pointers(std::span<Pointer const> given, std::span<const Port> ports,
                            std::span<const View> views) noexcept {
  if (given.size() != ports.size()) return false;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto address = reinterpret_cast<std::uintptr_t>(given[i]);
    if ((given[i] == nullptr && ports[i].bytes != 0) ||
        address % std::min<std::size_t>(element_bytes(ports[i].dtype), 8) != 0) {
      return false;
    }
  }
  for (const View& view : views) {
    pointers_[view.slot] =
        static_cast<std::byte*>(const_cast<void*>(static_cast<const void*>(given[view.port])));
  }
  return true;
}

void Session::reset() noexcept {
  if (state_bytes_ == 0) return;
  std::memset(memory_.data() + state_offset_, 0, state_bytes_);
  const std::span<const std::byte> initial = plan_->initial_state();
  if (initial.empty()) return;
  for (const Kept& kept : kept_) {
    const std::uint64_t bytes = operands_[kept.slot].bytes;
    for (std::uint64_t at = 0; kept.item_bytes != 0 && at + kept.item_bytes <= bytes;
         at += kept.item_bytes) {
      std::memcpy(pointers_[kept.slot] + at, initial.data() + kept.offset, kept.item_bytes);
    }
  }
}

bool Session::snapshot(std::span<std::byte> to) const noexcept {
  if (to.size() != state_bytes_) return false;
  if (state_bytes_ != 0) std::memcpy(to.data(), memory_.data() + state_offset_, state_bytes_);
  return true;
}

bool Session::restore(std::span<const std::byte> from) noexcept {
  if (from.size() != state_bytes_) return false;
  if (state_bytes_ != 0) std::memcpy(memory_.data() + state_offset_, from.data(), state_bytes_);
  return true;
}

RunCode Session::run_step(const Step& step) noexcept {
  if (step.of_a_piece != 0) return run_shared(step);
  const Call call{pointers_.data(), memory_.data() + memory_bytes_ - scratch_bytes_, 0,
                  step.bound.units};
  return step.bound.run(step.bound.context, call);
}

RunCode Session::run_shared(const Step& step) noexcept {
  Job job{this, &step, RunCode::kOk};
  team_->run(Job::piece, &job, step.bound.units, step.of_a_piece);
  return job.code.load(std::memory_order_relaxed);
}

RunCode Session::run_profiled() noexcept {
  std::uint64_t begin = now_ns();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const RunCode code = run_step(steps_[i]);
    if (code != RunCode::kOk) return code;
    const std::uint64_t end = now_ns();
    profile_[i].nanoseconds += end - begin;
    begin = end;
  }
  return RunCode::kOk;
}

RunCode Session::run(std::span<const void* const> inputs, std::span<void* const> outputs) noexcept {
  if (!take_pointers(inputs, std::span<const Port>(inputs_), input_views_) ||
      !take_pointers(outputs, std::span<const Port>(outputs_), output_views_)) {
    return RunCode::kBadPointer;
  }
  if (uses_team_) team_->begin();
  RunCode code = RunCode::kOk;
  if (is_profiling_) {
    code = run_profiled();
  } else {
    for (const Step& step : steps_) {
      code = run_step(step);
      if (code != RunCode::kOk) break;
    }
  }
  if (uses_team_) team_->end();
  return code;
}

std::string_view Session::last_error() const {
  for (const auto& step : pool_.interpreted()) {
    if (!step->error().empty()) return step->error();
  }
  return {};
}

void Session::start_profile() {
  is_profiling_ = true;
  for (StepTime& step : profile_) step.nanoseconds = 0;
}

}  // namespace slipway::runtime
