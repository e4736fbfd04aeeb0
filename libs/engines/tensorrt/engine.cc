#include "engines/tensorrt/engine.h"

#include <array>
#include <cstdlib>

#include "base/str.h"
#include "engines/cache.h"
#include "engines/options.h"
#include "engines/tensorrt/build.h"
#include "engines/tensorrt/libraries.h"
#include "engines/tensorrt/session.h"
#include "plan/plan.h"

namespace slipway::engines {
namespace {

constexpr std::array kOptions = {
    OptionRow{"library", "DIR", "the folder with libnvinfer and libnvonnxparser (the loader's)"},
    OptionRow{"device_id", "N", "which GPU (0)"},
    OptionRow{"fp16", "on|off", "layers may compute in half precision (off)"},
    OptionRow{"int8", "on|off", "layers may compute in 8 bits (off)"},
    OptionRow{"samples", "FILE", "what int8 is calibrated with: .npz, or .npy for one input"},
    OptionRow{"calibration", "FILE", "a calibration cache: read where it is there, else written"},
    OptionRow{"workspace_mb", "N", "memory for building, in MiB (the device's)"},
    OptionRow{"effort", "0...5", "how long the builder looks for fast kernels (3)"},
    OptionRow{"cuda_graph", "on|off", "a run is one launch (off)"},
    OptionRow{"engine_cache", "DIR", "where built engines are kept"},
    OptionRow{"timing_cache", "FILE", "timings of kernels, which shorten the next build"},
};
constexpr std::string_view kSummary = "NVIDIA's compiler and runtime for its GPUs";

#ifdef SLIPWAY_HAS_TENSORRT_HEADERS

constexpr double kTolerance = 1e-3;
constexpr double kHalfTolerance = 2e-2;
constexpr double kInt8Tolerance = 5e-2;

Error absent(const Error& error) {
  return {Code::kUnsupported,
          str("TensorRT ", NV_TENSORRT_MAJOR, " is not here (", error.message,
              "): install NVIDIA's driver, CUDA and TensorRT ", NV_TENSORRT_MAJOR,
              " (JetPack has all three; elsewhere the packages libnvinfer", NV_TENSORRT_MAJOR,
              " and libnvonnxparsers", NV_TENSORRT_MAJOR,
              "), or name their folder with the option library or SLIPWAY_TENSORRT")};
}

// With a device to run on.
Result<const TensorRt*> library_of(const OptionReader& options) {
  const char* const chosen = std::getenv("SLIPWAY_TENSORRT");
  Result<const TensorRt*> library =
      load_tensorrt(options.text("library", chosen == nullptr ? "" : chosen));
  if (!library.ok()) return absent(library.error());
  if ((*library)->devices == 0) return absent({Code::kNotFound, "no NVIDIA device was found"});
  return library;
}

Result<BuildOptions> build_options(const OptionReader& options) {
  BuildOptions build;
  build.fp16 = TRY(options.flag("fp16", false));
  build.int8 = TRY(options.flag("int8", false));
  build.samples = options.text("samples");
  build.calibration = options.text("calibration");
  build.timing_cache = options.text("timing_cache");
  build.workspace_bytes =
      static_cast<std::size_t>(TRY(options.number("workspace_mb", 1, 1 << 20, 0))) << 20U;
  build.effort = static_cast<int>(TRY(options.number("effort", 0, 5, 3)));
  build.device = static_cast<int>(TRY(options.number("device_id", 0, 255, 0)));
  TRY(options.flag("cuda_graph", false));
  if (!build.int8 && (options.has("samples") || options.has("calibration")))
    return Error{Code::kUsage, "samples and calibration go with int8=on"};
  return build;
}

class TensorRtEngine final : public Engine {
 public:
  std::string_view name() const override { return "tensorrt"; }
  std::string_view summary() const override { return kSummary; }
  std::span<const OptionRow> options() const override { return kOptions; }

  Presence probe() const override {
    const std::map<std::string, std::string> none;
    const Result<const TensorRt*> library = library_of(OptionReader(none));
    if (!library.ok()) return {false, "", library.error().message};
    return {
        true, (*library)->version,
        str((*library)->file, ", ", Machine::here().devices, ", CUDA ", (*library)->cuda_version)};
  }

  Status load(const Subject& subject) const override {
    TRY(library_of(OptionReader(subject.options)));
    return {};
  }

  Result<std::unique_ptr<Session>> open(const Subject& subject,
                                        const Progress& progress) const override {
    TRY(check_options(*this, subject.options));
    const OptionReader options(subject.options);
    const BuildOptions build = TRY(build_options(options));
    if (plan::is_plan_file(subject.model)) {
      return Error{Code::kUsage, str(subject.model.string(),
                                     " is a plan, which only the engine native runs: give the ONNX "
                                     "model that it was made of")};
    }
    const TensorRt& library = *TRY(library_of(options));
    if (build.device >= library.devices) {
      return Error{Code::kUsage, str("there is no device ", build.device, ": this machine has ",
                                     library.devices)};
    }
    const Extents extents{subject.dims, subject.batch};
    const bool cuda_graph = TRY(options.flag("cuda_graph", false));
    const std::string description =
        str("tensorrt ", library.version, build.fp16 ? ", fp16" : "", build.int8 ? ", int8" : "");
    const auto open_bytes = [&](std::span<const std::byte> bytes) {
      return TensorRtSession::create(library, build.device, bytes, cuda_graph, description);
    };
    if (!options.has("engine_cache")) {
      const std::vector<std::byte> bytes =
          TRY(build_engine(library, subject.model, extents, build, progress));
      return open_bytes(bytes);
    }
    Cached cached;
    cached.folder = options.text("engine_cache");
    cached.stem = subject.model.stem().string();
    cached.key = TRY(key(library, subject, build));
    cached.tolerance = build.int8 ? kInt8Tolerance : build.fp16 ? kHalfTolerance : kTolerance;
    cached.build = [&](const std::filesystem::path& /*own*/) {
      return build_engine(library, subject.model, extents, build, progress);
    };
    cached.open = [&](std::span<const std::byte> bytes, const std::shared_ptr<const void>&,
                      const std::filesystem::path& /*own*/) { return open_bytes(bytes); };
    return open_cached(cached, progress);
  }

 private:
  static Result<CacheKey> key(const TensorRt& library, const Subject& subject,
                              const BuildOptions& build) {
    Subject built = subject;
    built.threads = 1;  // of the processor, which does not compute
    CacheKey key = TRY(key_of(
        "tensorrt", str(library.version, ", CUDA ", library.cuda_version), built,
        {"engine_cache", "timing_cache", "cuda_graph", "library", "samples", "calibration"}));
    int major = 0;
    int minor = 0;
    library.cuda.attribute(&major, cudaDevAttrComputeCapabilityMajor, build.device);
    library.cuda.attribute(&minor, cudaDevAttrComputeCapabilityMinor, build.device);
    key.add("capability", str(major, ".", minor));
    // A cache that is there decides; samples do where there is none.
    std::error_code error;
    const bool has_cache = std::filesystem::exists(build.calibration, error);
    const std::filesystem::path& scales = has_cache ? build.calibration : build.samples;
    key.add("scales", scales.empty() ? "none" : TRY(hash_model(scales)));
    return key;
  }
};

#else

constexpr std::string_view kWithout =
    "this program was built without TensorRT's headers: install NvInfer.h, NvOnnxParser.h "
    "(libnvinfer-headers-dev, libnvonnxparsers-dev; JetPack has them) and cuda_runtime_api.h "
    "(cuda-cudart-dev), then run ./dev clean and ./dev build";

class TensorRtEngine final : public Engine {
 public:
  std::string_view name() const override { return "tensorrt"; }
  std::string_view summary() const override { return kSummary; }
  std::span<const OptionRow> options() const override { return kOptions; }
  Presence probe() const override { return {false, "", std::string(kWithout)}; }
  Result<std::unique_ptr<Session>> open(const Subject& subject,
                                        const Progress& /*progress*/) const override {
    TRY(check_options(*this, subject.options));
    return Error{Code::kUnsupported, std::string(kWithout)};
  }
};

#endif

}  // namespace

const Engine& tensorrt_engine() {
  static const TensorRtEngine kEngine;
  return kEngine;
}

}  // namespace slipway::engines
