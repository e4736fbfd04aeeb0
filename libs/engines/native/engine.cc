#include "engines/native/engine.h"

#include <array>

#include "base/str.h"
#include "compile/compile.h"
#include "compile/store_weights.h"
#include "engines/cache.h"
#include "engines/options.h"
#include "inspect/open_dims.h"
#include "onnx/reader.h"
#include "ops/check.h"
#include "plan/plan.h"
#include "runtime/session.h"

namespace slipway::engines {
namespace {

constexpr std::int64_t kMostSpinUs = 1'000'000;

constexpr std::array kOptions = {
    OptionRow{"weights", "f32|f16|bf16|int8", "how a model's weights are stored (f32)"},
    OptionRow{"spin_us", "N", "how long helping threads spin for the next run (0)"},
    OptionRow{"cache", "DIR", "where plans of models are kept, compiled once"},
};

class NativeSession final : public Session {
 public:
  NativeSession(std::unique_ptr<runtime::Session> session, std::string description)
      : session_(std::move(session)), description_(std::move(description)) {
    inputs_ = ports_of(session_->inputs());
    outputs_ = ports_of(session_->outputs());
  }

  std::span<const Port> inputs() const override { return inputs_; }
  std::span<const Port> outputs() const override { return outputs_; }

  Status run(std::span<const void* const> inputs, std::span<void* const> outputs) override {
    switch (session_->run(inputs, outputs)) {
      case runtime::RunCode::kOk:
        return {};
      case runtime::RunCode::kBadIndex:
        return Error{Code::kInvalid,
                     "an index in the data is out of range: give indices that the model's table "
                     "has"};
      case runtime::RunCode::kInterpreter:
        return Error{Code::kInvalid, std::string(session_->last_error())};
      case runtime::RunCode::kBadPointer:
        break;
    }
    return Error{Code::kUsage, str("a run takes one aligned pointer for each of ", inputs_.size(),
                                   " inputs and ", outputs_.size(), " outputs, none of them null")};
  }

  void reset() override { session_->reset(); }
  std::optional<std::size_t> threads() const override { return session_->threads(); }
  std::string describe() const override { return description_; }

 private:
  static std::vector<Port> ports_of(std::span<const runtime::Port> ports) {
    std::vector<Port> made;
    for (const runtime::Port& port : ports) {
      made.push_back({std::string(port.name), port.dtype, Shape(port.dims.begin(), port.dims.end()),
                      port.bytes});
    }
    return made;
  }

  std::unique_ptr<runtime::Session> session_;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
  std::string description_;
};

Result<compile::Compiled> compile_subject(const Subject& subject, WeightType weights) {
  Model model = TRY(read_model(subject.model));
  Problems problems;
  check_model(model, problems);
  if (const Problem* fault = first_fault(problems)) return to_error(*fault);
  TRY(check_extents(subject.dims, name_open_dims(model.graph)));
  compile::CompileOptions options;
  options.dims = subject.dims;
  options.batch = subject.batch;
  options.weights = weights;
  return compile::compile_model(std::move(model), options);
}

class NativeEngine final : public Engine {
 public:
  std::string_view name() const override { return "native"; }
  std::string_view summary() const override { return "Slipway's own runtime"; }
  std::span<const OptionRow> options() const override { return kOptions; }
  Presence probe() const override {
    return {true, SLIPWAY_VERSION, str("built in, ", isa_name(best_isa()))};
  }

  Result<std::unique_ptr<Session>> open(const Subject& subject,
                                        const Progress& progress) const override {
    TRY(check_options(*this, subject.options));
    const OptionReader options(subject.options);
    const WeightType weights = TRY(compile::parse_weight_type(options.text("weights", "f32")));
    TRY(prepare_options(subject));
    if (plan::is_plan_file(subject.model)) {
      TRY(check_of_plan(subject));
      return open_plan(TRY(plan::Plan::open(subject.model)), subject, subject.batch);
    }
    if (options.has("cache")) return open_kept(subject, weights, progress);
    auto compiled = std::make_shared<compile::Compiled>(TRY(compile_subject(subject, weights)));
    const std::span<const std::byte> bytes = compiled->file.bytes();
    return open_plan(TRY(plan::Plan::parse(bytes, std::move(compiled))), subject, 1);
  }

 private:
  static Result<runtime::PrepareOptions> prepare_options(const Subject& subject) {
    runtime::PrepareOptions prepare;
    prepare.threads = subject.threads;
    prepare.spin_us = static_cast<std::uint32_t>(
        TRY(OptionReader(subject.options).number("spin_us", 0, kMostSpinUs, 0)));
    prepare.make_interpreted = compile::make_interpreted;
    return prepare;
  }

  static Status check_of_plan(const Subject& subject) {
    for (const char* option : {"weights", "cache"}) {
      if (subject.options.count(option) == 0) continue;
      return Error{Code::kUsage, str("the option ", option,
                                     " goes with a model; this is a plan, compiled already: give "
                                     "the model that it was made of")};
    }
    if (subject.dims.empty()) return {};
    return Error{Code::kUsage, str("a plan has its dimensions: '", subject.dims.begin()->first,
                                   "' can be set where the model is compiled")};
  }

  static Result<std::unique_ptr<Session>> open_plan(plan::Plan plan, const Subject& subject,
                                                    std::int64_t batch) {
    runtime::PrepareOptions prepare = TRY(prepare_options(subject));
    prepare.batch = batch;
    auto session = TRY(
        runtime::Session::prepare(std::make_shared<const plan::Plan>(std::move(plan)), prepare));
    const std::string weights = OptionReader(subject.options).text("weights");
    std::string description = str("native ", SLIPWAY_VERSION, ", ", isa_name(best_isa()), ", ",
                                  weights.empty() ? "" : str("weights ", weights, ", "),
                                  subject.threads, subject.threads == 1 ? " thread" : " threads");
    return std::unique_ptr<Session>(
        std::make_unique<NativeSession>(std::move(session), std::move(description)));
  }

  static Result<std::unique_ptr<Session>> open_kept(const Subject& subject, WeightType weights,
                                                    const Progress& progress) {
    Cached cached;
    cached.folder = subject.options.at("cache");
    cached.stem = subject.model.stem().string();
    // How a session waits is no part of a plan, nor how many threads it has.
    Subject compiled = subject;
    compiled.threads = 1;
    cached.key = TRY(
        key_of("native", str(SLIPWAY_VERSION, " ", build_id()), compiled, {"cache", "spin_us"}));
    cached.build = [&](const std::filesystem::path& /*own*/) -> Result<std::vector<std::byte>> {
      const compile::Compiled made = TRY(compile_subject(subject, weights));
      const std::span<const std::byte> bytes = made.file.bytes();
      return std::vector<std::byte>(bytes.begin(), bytes.end());
    };
    cached.open = [&](std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                      const std::filesystem::path& /*own*/) -> Result<std::unique_ptr<Session>> {
      return open_plan(TRY(plan::Plan::parse(bytes, std::move(owner))), subject, 1);
    };
    return open_cached(cached, progress);
  }
};

}  // namespace

const Engine& native_engine() {
  static const NativeEngine kEngine;
  return kEngine;
}

}  // namespace slipway::engines
