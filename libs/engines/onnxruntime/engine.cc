#include "engines/onnxruntime/engine.h"

#include <array>

#include "base/files.h"
#include "base/str.h"
#include "engines/cache.h"
#include "engines/onnxruntime/api.h"
#include "engines/onnxruntime/providers.h"
#include "engines/onnxruntime/search.h"
#include "engines/onnxruntime/session.h"
#include "engines/options.h"
#include "inspect/open_dims.h"
#include "onnx/reader.h"
#include "plan/plan.h"

namespace slipway::engines {
namespace {

constexpr std::array kOptions = {
    OptionRow{"library", "FILE", "the libonnxruntime to load (the first that is found)"},
    OptionRow{"provider", "cpu|cuda|tensorrt|openvino|xnnpack|qnn", "what runs the model (cpu)"},
    OptionRow{"optimise", "off|basic|extended|all", "ONNX Runtime's own optimiser (all)"},
    OptionRow{"spin", "on|off", "threads spin while they wait for work (on)"},
    OptionRow{"arena", "on|off", "memory is kept from run to run (on)"},
    OptionRow{"exact_int8", "on|off",
              "cpu: sums of int8 do not saturate where the processor has no VNNI (off)"},
    OptionRow{"fallback", "on|off", "nodes that the provider cannot run go to the processor (on)"},
    OptionRow{"device_id", "N", "cuda, tensorrt: which GPU (0)"},
    OptionRow{"device", "CPU|GPU|NPU", "openvino: which device (CPU)"},
    OptionRow{"backend", "FILE", "qnn: the backend's library (libQnnHtp.so)"},
    OptionRow{"fp16", "on|off", "tensorrt, openvino, qnn: compute in half precision (off)"},
    OptionRow{"int8", "on|off", "tensorrt: compute in 8 bits (off)"},
    OptionRow{"calibration", "FILE", "tensorrt: the calibration table that int8 takes"},
    OptionRow{"workspace_mb", "N", "tensorrt: memory for building, in MiB (the device's)"},
    OptionRow{"engine_cache", "DIR", "cpu, tensorrt, openvino: where built engines are kept"},
    OptionRow{"timing_cache", "DIR", "tensorrt: where timings of kernels are kept"},
    OptionRow{"cuda_graph", "on|off", "cuda, tensorrt: a run is one launch (off)"},
};

#ifdef SLIPWAY_HAS_ONNXRUNTIME_HEADER

// How far a kept engine may be from what it gave when it was built, of an output's magnitude.
constexpr double kTolerance = 1e-4;
constexpr double kHalfTolerance = 1e-2;
constexpr double kInt8Tolerance = 5e-2;

constexpr std::string_view kInstall =
    "pip install 'onnxruntime>=1.20' (into .venv or the interpreter on PATH), or name a "
    "libonnxruntime.so with the option library or SLIPWAY_ONNXRUNTIME";

// The first of the candidates that loads; the error of the first where none does.
Result<const Library*> find_library() {
  const std::vector<Candidate> candidates = find_onnxruntime(Surroundings::here());
  if (candidates.empty())
    return Error{Code::kNotFound, str("no libonnxruntime was found: ", kInstall)};
  std::optional<Error> first;
  for (const Candidate& candidate : candidates) {
    Result<const Library*> library = load_onnxruntime(candidate.library);
    if (library.ok()) return library;
    if (!first)
      first = Error{library.error().code, str(library.error().message, " (", candidate.why, ")")};
  }
  return *first;
}

Result<const Library*> library_of(const OptionReader& options) {
  if (!options.has("library")) return find_library();
  std::error_code error;
  const auto file = std::filesystem::absolute(options.text("library"), error);
  if (error) return Error{Code::kUsage, "the option library names no file"};
  return load_onnxruntime(file);
}

Status set_options(const Library& library, const Subject& subject, OrtSessionOptions* made) {
  const OrtApi& api = *library.api;
  const OptionReader options(subject.options);
  constexpr std::array kLevels = {ORT_DISABLE_ALL, ORT_ENABLE_BASIC, ORT_ENABLE_EXTENDED,
                                  ORT_ENABLE_ALL};
  const std::size_t level =
      TRY(options.choice("optimise", {"off", "basic", "extended", "all"}, kLevels.size() - 1));
  TRY(check(api, api.SetSessionGraphOptimizationLevel(made, kLevels[level])));
  TRY(check(api, api.SetIntraOpNumThreads(made, static_cast<int>(subject.threads))));
  TRY(check(api, api.SetInterOpNumThreads(made, 1)));
  if (!TRY(options.flag("spin", true))) {
    TRY(check(api, api.AddSessionConfigEntry(made, "session.intra_op.allow_spinning", "0")));
    TRY(check(api, api.AddSessionConfigEntry(made, "session.inter_op.allow_spinning", "0")));
  }
  // Without VNNI its quickest products of bytes keep the sum of two in 16 bits.
  if (TRY(options.flag("exact_int8", false)))
    TRY(check(api, api.AddSessionConfigEntry(made, "session.x64quantprecision", "1")));
  if (!TRY(options.flag("fallback", true)))
    TRY(check(api, api.AddSessionConfigEntry(made, "session.disable_cpu_ep_fallback", "1")));
  if (!TRY(options.flag("arena", true))) {
    TRY(check(api, api.DisableCpuMemArena(made)));
    TRY(check(api, api.DisableMemPattern(made)));
  }
  return append_provider(library, subject, made);
}

// Fixes the model's open dimensions, so that ONNX Runtime plans for them. Of a model that Slipway
// cannot read they stay open until the inputs are there.
Status fix_dimensions(const OrtApi& api, const Subject& subject, OrtSessionOptions* options) {
  Result<Model> model = read_model(subject.model);
  if (!model.ok()) return {};
  std::map<std::string, std::int64_t> extents = subject.dims;
  std::vector<std::string> symbols;
  for (const ValueId id : model->graph.inputs) {
    const ValueDef& value = model->graph.value(id);
    if (!value.type.dims || model->graph.initializer(id) != nullptr) continue;
    for (std::size_t axis = 0; axis < value.type.dims->size(); ++axis) {
      const Dim& dim = (*value.type.dims)[axis];
      if (!dim.is_symbol()) continue;
      symbols.push_back(dim.symbol());
      if (axis == 0) extents.try_emplace(dim.symbol(), subject.batch);
    }
  }
  TRY(check_extents(subject.dims, name_open_dims(model->graph)));
  for (const std::string& symbol : symbols) {
    const auto known = extents.find(symbol);
    if (known == extents.end()) continue;
    TRY(check(api, api.AddFreeDimensionOverrideByName(options, symbol.c_str(), known->second)));
  }
  return {};
}

class OnnxRuntimeEngine final : public Engine {
 public:
  std::string_view name() const override { return "onnxruntime"; }
  std::string_view summary() const override { return "ONNX Runtime, loaded when it is used"; }
  std::span<const OptionRow> options() const override { return kOptions; }

  Presence probe() const override {
    const Result<const Library*> library = find_library();
    if (!library.ok()) return {false, "", library.error().message};
    return {true, (*library)->version,
            str((*library)->file.string(), ", providers ", provider_names(**library))};
  }

  Status load(const Subject& subject) const override {
    TRY(library_of(OptionReader(subject.options)));
    return {};
  }

  Result<std::unique_ptr<Session>> open(const Subject& subject,
                                        const Progress& progress) const override {
    TRY(check_options(*this, subject.options));
    const std::string provider = TRY(provider_of(subject));
    if (plan::is_plan_file(subject.model)) {
      return Error{Code::kUsage, str(subject.model.string(),
                                     " is a plan, which only the engine native runs: give the ONNX "
                                     "model that it was made of")};
    }
    const Library& library = *TRY(library_of(OptionReader(subject.options)));
    if (subject.options.count("engine_cache") > 0)
      return open_kept(library, subject, provider, progress);
    return open_session(library, subject, {});
  }

 private:
  // What a session is made of, where that is not the model's file.
  struct Source {
    std::span<const std::byte> bytes;    // an optimised model
    std::shared_ptr<const void> owner;   // of the bytes
    std::filesystem::path optimised_to;  // where the optimised model goes
  };

  static Result<std::unique_ptr<Session>> open_session(const Library& library,
                                                       const Subject& subject,
                                                       const Source& source) {
    const OrtApi& api = *library.api;
    OrtSessionOptions* made = nullptr;
    TRY(check(api, api.CreateSessionOptions(&made)));
    const Owned<OrtSessionOptions> owner(made, {&api});
    TRY(set_options(library, subject, made));
    TRY(fix_dimensions(api, subject, made));
    OrtSession* session = nullptr;
    Status status;
    if (source.bytes.empty()) {
      if (!source.optimised_to.empty())
        TRY(check(api, api.SetOptimizedModelFilePath(made, source.optimised_to.c_str())));
      status = check(api, api.CreateSession(library.env, subject.model.c_str(), made, &session));
    } else {
      TRY(check(api, api.SetSessionGraphOptimizationLevel(made, ORT_DISABLE_ALL)));
      status = check(api, api.CreateSessionFromArray(library.env, source.bytes.data(),
                                                     source.bytes.size(), made, &session));
    }
    if (!status.ok()) {
      return Error{status.error().code, str(subject.model.string(), ": ", status.error().message)};
    }
    const OptionReader options(subject.options);
    std::optional<int> graph_device;
    if (TRY(options.flag("cuda_graph", false)))
      graph_device = static_cast<int>(TRY(options.number("device_id", 0, 255, 0)));
    std::string description =
        str("onnxruntime ", library.version, ", ", options.text("provider", "cpu"), ", ",
            subject.threads, subject.threads == 1 ? " thread" : " threads");
    return std::unique_ptr<Session>(TRY(OnnxRuntimeSession::create(
        library, Owned<OrtSession>(session, {&api}), {subject.dims, subject.batch}, graph_device,
        std::move(description))));
  }

  // Of the processor, the optimised model is kept here; other providers keep files of their own,
  // whose validity they do not check.
  static Result<std::unique_ptr<Session>> open_kept(const Library& library, const Subject& subject,
                                                    const std::string& provider,
                                                    const Progress& progress) {
    Cached cached;
    cached.folder = subject.options.at("engine_cache");
    cached.stem = subject.model.stem().string();
    std::string version = str(library.version, " ", join(library.providers, " "));
    if (provider == "tensorrt") version += str(" TensorRT ", tensorrt_version());
    cached.key = TRY(key_of("onnxruntime", version, subject,
                            {"engine_cache", "timing_cache", "library", "spin", "arena"}));
    const std::string table = OptionReader(subject.options).text("calibration");
    if (!table.empty()) cached.key.add("scales", TRY(hash_model(table)));
    cached.tolerance = OptionReader(subject.options).text("int8") == "on"   ? kInt8Tolerance
                       : OptionReader(subject.options).text("fp16") == "on" ? kHalfTolerance
                                                                            : kTolerance;
    const auto in = [&](const std::filesystem::path& own) {
      Subject there = subject;
      there.options["engine_cache"] = own.string();
      return there;
    };
    cached.build = [&, in](const std::filesystem::path& own) -> Result<std::vector<std::byte>> {
      Source source;
      if (provider == "cpu") source.optimised_to = own / "optimised.onnx";
      TRY(open_session(library, in(own), source));  // others leave their files in `own`
      if (provider != "cpu") return std::vector<std::byte>();
      const std::string model = TRY(read_file(source.optimised_to));
      std::error_code error;
      std::filesystem::remove(source.optimised_to, error);
      const auto bytes = std::as_bytes(std::span(model));
      return std::vector<std::byte>(bytes.begin(), bytes.end());
    };
    cached.open = [&, in](std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                          const std::filesystem::path& own) -> Result<std::unique_ptr<Session>> {
      // The library copies what it needs of the bytes.
      return open_session(library, in(own), {bytes, std::move(owner), {}});
    };
    return open_cached(cached, progress);
  }
};

#else

constexpr std::string_view kWithout =
    "this program was built without ONNX Runtime's header: put onnxruntime_c_api.h (Debian 13: "
    "libonnxruntime-dev) into build/onnxruntime/include and run ./dev build again";

class OnnxRuntimeEngine final : public Engine {
 public:
  std::string_view name() const override { return "onnxruntime"; }
  std::string_view summary() const override { return "ONNX Runtime, loaded when it is used"; }
  std::span<const OptionRow> options() const override { return kOptions; }
  Presence probe() const override { return {false, "", std::string(kWithout)}; }
  Result<std::unique_ptr<Session>> open(const Subject& /*subject*/,
                                        const Progress& /*progress*/) const override {
    return Error{Code::kUnsupported, std::string(kWithout)};
  }
};

#endif

}  // namespace

const Engine& onnxruntime_engine() {
  static const OnnxRuntimeEngine kEngine;
  return kEngine;
}

}  // namespace slipway::engines
