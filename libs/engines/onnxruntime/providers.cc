#include "engines/onnxruntime/providers.h"

#ifdef SLIPWAY_HAS_ONNXRUNTIME_HEADER

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "base/nearest.h"
#include "base/str.h"
#include "engines/options.h"

namespace slipway::engines {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string zero_or_one(bool is_on) { return is_on ? "1" : "0"; }

// Values are taken before the rows are made: a TRY inside braces that fails would lose, with g++
// 12, what they hold by then.
Result<Settings> cuda_settings(const OptionReader& options, const Subject& /*subject*/) {
  const std::int64_t device = TRY(options.number("device_id", 0, 255, 0));
  const bool graph = TRY(options.flag("cuda_graph", false));
  return Settings{{"device_id", str(device)}, {"enable_cuda_graph", zero_or_one(graph)}};
}

Result<Settings> tensorrt_settings(const OptionReader& options, const Subject& /*subject*/) {
  const std::int64_t device = TRY(options.number("device_id", 0, 255, 0));
  const bool fp16 = TRY(options.flag("fp16", false));
  const bool int8 = TRY(options.flag("int8", false));
  const bool graph = TRY(options.flag("cuda_graph", false));
  Settings settings = {
      {"device_id", str(device)},
      {"trt_fp16_enable", zero_or_one(fp16)},
      {"trt_int8_enable", zero_or_one(int8)},
      {"trt_cuda_graph_enable", zero_or_one(graph)},
  };
  if (options.has("workspace_mb")) {
    const std::int64_t mb = TRY(options.number("workspace_mb", 1, 1 << 20, 0));
    settings.emplace_back("trt_max_workspace_size", str(mb << 20));
  }
  if (options.has("calibration")) {
    settings.emplace_back("trt_int8_calibration_table_name", options.text("calibration"));
    settings.emplace_back("trt_int8_use_native_calibration_table", "1");
  }
  if (options.has("engine_cache")) {
    settings.emplace_back("trt_engine_cache_enable", "1");
    settings.emplace_back("trt_engine_cache_path", options.text("engine_cache"));
  }
  if (options.has("timing_cache")) {
    settings.emplace_back("trt_timing_cache_enable", "1");
    settings.emplace_back("trt_timing_cache_path", options.text("timing_cache"));
  }
  return settings;
}

Result<Settings> openvino_settings(const OptionReader& options, const Subject& subject) {
  Settings settings = {{"device_type", options.text("device", "CPU")},
                       {"num_of_threads", str(subject.threads)}};
  if (TRY(options.flag("fp16", false))) settings.emplace_back("precision", "FP16");
  if (options.has("engine_cache")) settings.emplace_back("cache_dir", options.text("engine_cache"));
  return settings;
}

Result<Settings> xnnpack_settings(const OptionReader& /*options*/, const Subject& subject) {
  return Settings{{"intra_op_num_threads", str(subject.threads)}};
}

Result<Settings> qnn_settings(const OptionReader& options, const Subject& /*subject*/) {
  Settings settings = {{"backend_path", options.text("backend", "libQnnHtp.so")}};
  if (options.has("fp16")) {
    const bool fp16 = TRY(options.flag("fp16", true));
    settings.emplace_back("enable_htp_fp16_precision", zero_or_one(fp16));
  }
  return settings;
}

Result<Settings> no_settings(const OptionReader& /*options*/, const Subject& /*subject*/) {
  return Settings{};
}

// What a provider is called by us and by the library, what it takes, and where one gets it.
struct ProviderRow {
  std::string_view name;
  std::string_view own_name;
  std::string_view options;  // beside those that every provider takes
  std::string_view install;
  Result<Settings> (*settings)(const OptionReader& options, const Subject& subject);
};

constexpr std::array kProviders = {
    ProviderRow{"cpu", "CPUExecutionProvider", " engine_cache ", "pip install onnxruntime",
                no_settings},
    ProviderRow{"cuda", "CUDAExecutionProvider", " fallback device_id cuda_graph ",
                "pip install onnxruntime-gpu, and NVIDIA's driver, CUDA and cuDNN", cuda_settings},
    ProviderRow{"tensorrt", "TensorrtExecutionProvider",
                " fallback device_id fp16 int8 calibration workspace_mb engine_cache timing_cache "
                "cuda_graph ",
                "pip install onnxruntime-gpu tensorrt, and NVIDIA's driver, CUDA and cuDNN",
                tensorrt_settings},
    ProviderRow{"openvino", "OpenVINOExecutionProvider", " fallback device fp16 engine_cache ",
                "pip install onnxruntime-openvino openvino", openvino_settings},
    ProviderRow{"xnnpack", "XnnpackExecutionProvider", " fallback ",
                "build ONNX Runtime with --use_xnnpack: no package for Linux has it",
                xnnpack_settings},
    ProviderRow{"qnn", "QNNExecutionProvider", " fallback backend fp16 ",
                "install Qualcomm's AI Engine Direct SDK and a build of ONNX Runtime with "
                "--use_qnn",
                qnn_settings},
};

// Options that every provider takes.
constexpr std::string_view kCommon = " provider library optimise spin arena ";

Result<const ProviderRow*> row_of(const std::string& name) {
  std::vector<std::string> known;
  for (const ProviderRow& row : kProviders) {
    if (row.name == name) return &row;
    known.emplace_back(row.name);
  }
  const std::string suggestion = nearest(name, known);
  return Error{Code::kUsage, suggestion.empty() ? str("there is no provider '", shorten(name),
                                                      "': there are ", join(known))
                                                : str("there is no provider '", shorten(name),
                                                      "': did you mean '", suggestion, "'?")};
}

Status check_options_of(const ProviderRow& row, const Subject& subject) {
  for (const auto& [name, value] : subject.options) {
    const std::string word = str(" ", name, " ");
    if (kCommon.find(word) != std::string_view::npos ||
        row.options.find(word) != std::string_view::npos)
      continue;
    std::vector<std::string_view> takers;
    for (const ProviderRow& other : kProviders) {
      if (other.options.find(word) != std::string_view::npos) takers.push_back(other.name);
    }
    return Error{Code::kUsage, str("the option ", name, " goes with provider=",
                                   join(takers, " or provider="), ", not with ", row.name)};
  }
  return {};
}

// As the library takes them: two rows of pointers into the settings.
struct Pointers {
  explicit Pointers(const Settings& settings) {
    for (const auto& [key, value] : settings) {
      keys.push_back(key.c_str());
      values.push_back(value.c_str());
    }
  }
  std::vector<const char*> keys;
  std::vector<const char*> values;
};

Status append_cuda(const OrtApi& api, const Pointers& settings, OrtSessionOptions* options) {
  OrtCUDAProviderOptionsV2* made = nullptr;
  TRY(check(api, api.CreateCUDAProviderOptions(&made)));
  const Owned<OrtCUDAProviderOptionsV2> owner(made, {&api});
  TRY(check(api, api.UpdateCUDAProviderOptions(made, settings.keys.data(), settings.values.data(),
                                               settings.keys.size())));
  return check(api, api.SessionOptionsAppendExecutionProvider_CUDA_V2(options, made));
}

Status append_tensorrt(const OrtApi& api, const Pointers& settings, OrtSessionOptions* options) {
  OrtTensorRTProviderOptionsV2* made = nullptr;
  TRY(check(api, api.CreateTensorRTProviderOptions(&made)));
  const Owned<OrtTensorRTProviderOptionsV2> owner(made, {&api});
  TRY(check(api, api.UpdateTensorRTProviderOptions(made, settings.keys.data(),
                                                   settings.values.data(), settings.keys.size())));
  return check(api, api.SessionOptionsAppendExecutionProvider_TensorRT_V2(options, made));
}

Status append(const OrtApi& api, const ProviderRow& row, const Settings& settings,
              OrtSessionOptions* options) {
  const Pointers pointers(settings);
  if (row.name == "cuda") return append_cuda(api, pointers, options);
  if (row.name == "tensorrt") return append_tensorrt(api, pointers, options);
  // The others are appended by a name of their own: "XNNPACK", "QNN", "OpenVINO".
  const char* const name = row.name == "openvino" ? "OpenVINO"
                           : row.name == "qnn"    ? "QNN"
                                                  : "XNNPACK";
  return check(
      api, api.SessionOptionsAppendExecutionProvider(options, name, pointers.keys.data(),
                                                     pointers.values.data(), pointers.keys.size()));
}

}  // namespace

Result<std::string> provider_of(const Subject& subject) {
  const ProviderRow* const row = TRY(row_of(OptionReader(subject.options).text("provider", "cpu")));
  TRY(check_options_of(*row, subject));
  return std::string(row->name);
}

Status append_provider(const Library& library, const Subject& subject, OrtSessionOptions* options) {
  const ProviderRow* const row = TRY(row_of(TRY(provider_of(subject))));
  const OptionReader reader(subject.options);
  const Settings settings = TRY(row->settings(reader, subject));
  if (!library.has(row->own_name)) {
    return Error{Code::kUnsupported,
                 str("this ONNX Runtime (", library.file.string(), ", ", library.version,
                     ") was built without the provider ", row->name, ": ", row->install,
                     "; it has ", provider_names(library))};
  }
  if (row->name == "cpu") return {};  // always there, and always last
  const Status status = append(*library.api, *row, settings, options);
  if (status.ok()) return {};
  return Error{Code::kUnsupported, str("the provider ", row->name, " cannot be used here: ",
                                       status.error().message, ": ", row->install)};
}

std::string provider_names(const Library& library) {
  std::vector<std::string_view> names;
  for (const ProviderRow& row : kProviders) {
    if (library.has(row.own_name)) names.push_back(row.name);
  }
  return join(names);
}

std::string tensorrt_version() {
  for (const char* name : {"libnvinfer.so.11", "libnvinfer.so.10", "libnvinfer.so.9",
                           "libnvinfer.so.8", "libnvinfer.so"}) {
    void* const handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (handle == nullptr) continue;
    void* const version = dlsym(handle, "getInferLibVersion");
    if (version != nullptr) return str(reinterpret_cast<std::int32_t (*)()>(version)());
  }
  return "unknown";
}

}  // namespace slipway::engines

#endif
