// Slipway for C++: the C interface (slipway.h) with owners, spans and errors as values. Header
// only.
//
//     auto model = slipway::Model::open("autopilot.plan");
//     if (!model) { std::cerr << model.error() << '\n'; return 1; }
//     auto session = model->prepare();
//     if (!session) { std::cerr << session.error() << '\n'; return 1; }
//     session->run({window.data()}, {&rudder});   // in the loop
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slipway/slipway.h"

// The inline namespace keeps these classes apart from what a library that is linked statically has
// inside.
namespace slipway {
inline namespace v0 {

enum class Status : int {
  kOk = SLIPWAY_OK,
  kBadUsage = SLIPWAY_BAD_USAGE,
  kInvalid = SLIPWAY_INVALID,
  kUnsupported = SLIPWAY_UNSUPPORTED,
  kNotFound = SLIPWAY_NOT_FOUND,
  kIo = SLIPWAY_IO,
  kTooLarge = SLIPWAY_TOO_LARGE,
  kInternal = SLIPWAY_INTERNAL,
  kBadPointer = SLIPWAY_BAD_POINTER,
  kBadIndex = SLIPWAY_BAD_INDEX,
  kRunFailed = SLIPWAY_RUN_FAILED,
};

// A value, or a status with a sentence that says what, why and what to do.
template <typename T>
class Expected {
 public:
  Expected(T value) : value_(std::move(value)) {}
  Expected(Status status, std::string error) : status_(status), error_(std::move(error)) {}

  explicit operator bool() const { return value_.has_value(); }
  T& operator*() { return *value_; }
  T* operator->() { return &*value_; }
  Status status() const { return status_; }
  const std::string& error() const { return error_; }

 private:
  std::optional<T> value_;
  Status status_ = Status::kOk;
  std::string error_;
};

struct Port {
  std::string_view name;
  slipway_type type;
  std::span<const std::int64_t> dims;
  std::size_t bytes;
};

struct Options {
  std::int64_t batch = 1;
  std::size_t threads = 1;      // the calling thread counts
  std::span<const int> cores;   // thread i runs on cores[i]; empty: anywhere
  std::uint32_t spin_us = 0;    // how long helping threads spin for the next run before they sleep
  std::span<std::byte> memory;  // aligned to 64; empty: allocated
};

// How an ONNX model is compiled.
struct CompileOptions {
  // Of the open first dimension of inputs. N: fixed; -1: bound by prepare(), or the model is
  // refused; 0: bound by prepare() where that costs nothing at batch 1, else 1.
  std::int64_t batch = 0;
  // "INPUT=AXIS" or "INPUT=AXIS:STEP": a window that slides; a run takes its newest positions.
  std::vector<std::string> slides;
  // "OUTPUT=INPUT": a state that the session keeps from run to run.
  std::vector<std::string> states;
};

// One thread at a time may use it.
class Session {
 public:
  std::size_t input_count() const { return slipway_input_count(session_.get()); }
  std::size_t output_count() const { return slipway_output_count(session_.get()); }
  Port input(std::size_t i) const { return port(slipway_input(session_.get(), i)); }
  Port output(std::size_t i) const { return port(slipway_output(session_.get(), i)); }
  std::size_t memory_bytes() const { return slipway_memory_bytes(session_.get()); }

  // As many pointers as there are inputs and outputs, in order. Allocates nothing, locks nothing
  // and, with one thread, makes no system call.
  Status run(std::span<const void* const> inputs, std::span<void* const> outputs) noexcept {
    if (inputs.size() != input_count() || outputs.size() != output_count())
      return Status::kBadUsage;
    return static_cast<Status>(slipway_run(session_.get(), inputs.data(), outputs.data()));
  }
  Status run(std::initializer_list<const void*> inputs,
             std::initializer_list<void*> outputs) noexcept {
    return run(std::span<const void* const>(inputs.begin(), inputs.size()),
               std::span<void* const>(outputs.begin(), outputs.size()));
  }

  // What the session keeps from run to run: recurrent states, the past of windows that slide. Like
  // run(), these allocate nothing, lock nothing and make no system call.
  std::size_t state_bytes() const { return slipway_state_bytes(session_.get()); }
  // As before the first run.
  void reset() noexcept { slipway_reset(session_.get()); }
  // To and from state_bytes() bytes, good for any session of the same plan and batch.
  Status snapshot(std::span<std::byte> state) const noexcept {
    if (state.size() != state_bytes()) return Status::kBadUsage;
    return static_cast<Status>(slipway_snapshot(session_.get(), state.data(), state.size()));
  }
  Status restore(std::span<const std::byte> state) noexcept {
    if (state.size() != state_bytes()) return Status::kBadUsage;
    return static_cast<Status>(slipway_restore(session_.get(), state.data(), state.size()));
  }

 private:
  friend class Model;
  struct Free {
    void operator()(slipway_session* session) const { slipway_session_free(session); }
  };
  explicit Session(slipway_session* session) : session_(session) {}
  static Port port(const slipway_port& p) { return {p.name, p.type, {p.dims, p.rank}, p.bytes}; }
  std::unique_ptr<slipway_session, Free> session_;
};

class Model {
 public:
  // A plan, or an ONNX model, which is compiled first.
  static Expected<Model> open(const std::string& path) {
    slipway_model* model = nullptr;
    const slipway_status status = slipway_model_open(path.c_str(), &model);
    if (status != SLIPWAY_OK) return {static_cast<Status>(status), slipway_last_error()};
    return Model(model);
  }
  static Expected<Model> read(std::span<const std::byte> bytes) {
    slipway_model* model = nullptr;
    const slipway_status status = slipway_model_read(bytes.data(), bytes.size(), &model);
    if (status != SLIPWAY_OK) return {static_cast<Status>(status), slipway_last_error()};
    return Model(model);
  }

  // An ONNX model, compiled by these options.
  static Expected<Model> compile(const std::string& path, const CompileOptions& options) {
    std::vector<const char*> slides;
    std::vector<const char*> states;
    for (const std::string& slide : options.slides) slides.push_back(slide.c_str());
    for (const std::string& state : options.states) states.push_back(state.c_str());
    const slipway_compile_options given{options.batch, slides.data(), slides.size(), states.data(),
                                        states.size()};
    slipway_model* model = nullptr;
    const slipway_status status = slipway_model_compile(path.c_str(), &given, &model);
    if (status != SLIPWAY_OK) return {static_cast<Status>(status), slipway_last_error()};
    return Model(model);
  }

  // Several sessions share the weights.
  Expected<Session> prepare(const Options& options = {}) const {
    slipway_options given{};
    given.batch = options.batch;
    given.threads = options.threads;
    given.cores = options.cores.data();
    given.core_count = options.cores.size();
    given.spin_us = options.spin_us;
    given.memory = options.memory.data();
    given.memory_bytes = options.memory.size();
    slipway_session* session = nullptr;
    const slipway_status status = slipway_session_create(model_.get(), &given, &session);
    if (status != SLIPWAY_OK) return {static_cast<Status>(status), slipway_last_error()};
    return Session(session);
  }

 private:
  struct Free {
    void operator()(slipway_model* model) const { slipway_model_free(model); }
  };
  explicit Model(slipway_model* model) : model_(model) {}
  std::unique_ptr<slipway_model, Free> model_;
};

}  // namespace v0
}  // namespace slipway
