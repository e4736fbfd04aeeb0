// ONNX Runtime through its C interface, from a shared library that is loaded at run time.
#include "base/str.h"
#include "clock.h"
#include "engine.h"

#ifdef SLIPWAY_BENCH_ONNXRUNTIME

#include <dlfcn.h>
#include <onnxruntime_c_api.h>

namespace slipway::bench {
namespace {

struct Release {
  const OrtApi* api;
  void operator()(OrtEnv* p) const { api->ReleaseEnv(p); }
  void operator()(OrtSessionOptions* p) const { api->ReleaseSessionOptions(p); }
  void operator()(OrtSession* p) const { api->ReleaseSession(p); }
  void operator()(OrtMemoryInfo* p) const { api->ReleaseMemoryInfo(p); }
  void operator()(OrtValue* p) const { api->ReleaseValue(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

// The status's message as an Error; the status is released.
Status check(const OrtApi& api, OrtStatus* status) {
  if (status == nullptr) return {};
  Error error{Code::kInvalid, str("ONNX Runtime: ", api.GetErrorMessage(status))};
  api.ReleaseStatus(status);
  return error;
}

Result<const OrtApi*> load_api(const std::string& library) {
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return Error{Code::kNotFound, str("ONNX Runtime's library cannot be loaded: ", dlerror())};
  const auto base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"));
  if (base == nullptr) return Error{Code::kInvalid, str(library, " is not ONNX Runtime")};
  const OrtApi* const api = base()->GetApi(ORT_API_VERSION);
  if (api == nullptr)
    return Error{Code::kUnsupported,
                 str(library, " is older than the header that this program was built with")};
  return api;
}

class OnnxRuntimeEngine final : public Engine {
 public:
  explicit OnnxRuntimeEngine(const OrtApi& api)
      : api_(api), env_(nullptr, {&api}), session_(nullptr, {&api}), memory_(nullptr, {&api}) {}

  // All optimisations, open dimensions fixed, the defaults otherwise. Returns the time it took to
  // make the session, the library and its environment being there.
  Result<double> load(const Subject& subject) {
    OrtEnv* env = nullptr;
    TRY(check(api_, api_.CreateEnv(ORT_LOGGING_LEVEL_ERROR, "slipway-bench", &env)));
    env_.reset(env);
    const double start_ms = now_ms();
    OrtSessionOptions* raw_options = nullptr;
    TRY(check(api_, api_.CreateSessionOptions(&raw_options)));
    const Owned<OrtSessionOptions> options(raw_options, {&api_});
    TRY(check(api_, api_.SetSessionGraphOptimizationLevel(raw_options, ORT_ENABLE_ALL)));
    TRY(check(api_, api_.SetIntraOpNumThreads(raw_options, static_cast<int>(subject.threads))));
    TRY(check(api_, api_.SetInterOpNumThreads(raw_options, 1)));
    for (const auto& [symbol, extent] : subject.extents)
      TRY(check(api_, api_.AddFreeDimensionOverrideByName(raw_options, symbol.c_str(), extent)));
    OrtSession* session = nullptr;
    TRY(check(api_, api_.CreateSession(env, subject.model.c_str(), raw_options, &session)));
    session_.reset(session);
    return now_ms() - start_ms;
  }

  Status bind(std::vector<NamedValue> inputs, std::vector<NamedValue> outputs) {
    OrtMemoryInfo* memory = nullptr;
    TRY(check(api_, api_.CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory)));
    memory_.reset(memory);
    inputs_ = std::move(inputs);
    outputs_ = std::move(outputs);
    for (NamedValue& input : inputs_) {
      input_names_.push_back(input.name.c_str());
      from_.push_back(TRY(add_value(input.value.tensor())));
    }
    for (NamedValue& output : outputs_) {
      output_names_.push_back(output.name.c_str());
      to_.push_back(TRY(add_value(output.value.tensor())));
    }
    return {};
  }

  Status run() override {
    return check(api_,
                 api_.Run(session_.get(), nullptr, input_names_.data(), from_.data(), from_.size(),
                          output_names_.data(), output_names_.size(), to_.data()));
  }

  std::vector<NamedValue> outputs() const override { return outputs_; }

 private:
  // Over the tensor's own memory; the element types have ONNX's numbers on both sides.
  Result<OrtValue*> add_value(Tensor& tensor) {
    const std::span<std::byte> bytes = tensor.mutable_bytes();
    OrtValue* value = nullptr;
    TRY(check(api_,
              api_.CreateTensorWithDataAsOrtValue(
                  memory_.get(), bytes.data(), bytes.size(), tensor.shape().data(), tensor.rank(),
                  static_cast<ONNXTensorElementDataType>(tensor.dtype()), &value)));
    values_.emplace_back(value, Release{&api_});
    return value;
  }

  const OrtApi& api_;
  Owned<OrtEnv> env_;
  Owned<OrtSession> session_;
  Owned<OrtMemoryInfo> memory_;
  std::vector<NamedValue> inputs_;
  std::vector<NamedValue> outputs_;
  std::vector<Owned<OrtValue>> values_;
  std::vector<const char*> input_names_;
  std::vector<const char*> output_names_;
  std::vector<const OrtValue*> from_;
  std::vector<OrtValue*> to_;
};

}  // namespace

Result<Opened> open_onnxruntime(const Subject& subject, const std::string& library) {
  std::vector<NamedValue> inputs = TRY(inputs_of(subject.ports_plan()));
  std::vector<NamedValue> outputs = TRY(outputs_of(subject.ports_plan()));
  auto engine = std::make_unique<OnnxRuntimeEngine>(*TRY(load_api(library)));
  const double load_ms = TRY(engine->load(subject));
  TRY(engine->bind(std::move(inputs), std::move(outputs)));
  return Opened{std::move(engine), load_ms};
}

}  // namespace slipway::bench

#else

namespace slipway::bench {

Result<Opened> open_onnxruntime(const Subject& /*subject*/, const std::string& /*library*/) {
  return Error{Code::kUnsupported,
               "this program was built without ONNX Runtime's header: run ./dev bench engine"};
}

}  // namespace slipway::bench

#endif
