#include "engines/tensorrt/build.h"

#ifdef SLIPWAY_HAS_TENSORRT_HEADERS

#include <algorithm>
#include <memory>

#include "base/files.h"
#include "base/nearest.h"
#include "base/str.h"
#include "engines/tensorrt/calibrator.h"
#include "engines/tensorrt/monitor.h"
#include "engines/tensorrt/session.h"
#include "inspect/open_dims.h"

namespace slipway::engines {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostCacheBytes = std::size_t{256} << 20U;

// What a build holds; destroyed in reverse.
struct Build {
  Logger logger;
  std::unique_ptr<nvinfer1::IBuilder> builder;
  std::unique_ptr<nvinfer1::INetworkDefinition> network;
  std::unique_ptr<nvonnxparser::IParser> parser;
  std::unique_ptr<nvinfer1::IBuilderConfig> config;
  std::unique_ptr<nvinfer1::ITimingCache> timing;
  std::vector<Port> inputs;  // at the subject's extents
};

// Empty where there is no such file.
Result<std::string> read_if_there(const fs::path& file) {
  std::error_code error;
  if (file.empty() || !fs::exists(file, error)) return std::string();
  return read_file(file, kMostCacheBytes);
}

Status parse(const TensorRt& library, const fs::path& model, Build& build) {
  build.builder.reset(
      static_cast<nvinfer1::IBuilder*>(library.create_builder(&build.logger, NV_TENSORRT_VERSION)));
  if (build.builder == nullptr)
    return Error{Code::kUnsupported, str("TensorRT's builder cannot be made", build.logger.said())};
#if NV_TENSORRT_MAJOR >= 10
  const nvinfer1::NetworkDefinitionCreationFlags flags = 0;
#else
  const auto explicit_batch = nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH;
  const auto flags = 1U << static_cast<std::uint32_t>(explicit_batch);
#endif
  build.network.reset(build.builder->createNetworkV2(flags));
  build.config.reset(build.builder->createBuilderConfig());
  if (build.network == nullptr || build.config == nullptr)
    return Error{Code::kTooLarge, str("TensorRT cannot begin a network", build.logger.said())};
  build.parser.reset(static_cast<nvonnxparser::IParser*>(
      library.create_parser(build.network.get(), &build.logger, NV_ONNX_PARSER_VERSION)));
  if (build.parser == nullptr)
    return Error{Code::kUnsupported, str("TensorRT's parser cannot be made", build.logger.said())};
  const int severity = static_cast<int>(nvinfer1::ILogger::Severity::kERROR);
  if (build.parser->parseFromFile(model.c_str(), severity)) return {};
  std::string why;
  for (int i = 0; i < build.parser->getNbErrors() && i < 3; ++i) {
    const nvonnxparser::IParserError* const error = build.parser->getError(i);
    why += str(i == 0 ? ": " : "; ", "node ", error->node(), ": ", error->desc());
  }
  return Error{Code::kUnsupported, str(model.string(), ": TensorRT cannot take this model", why)};
}

// One profile whose smallest, usual and largest shapes are the subject's.
Status fix_shapes(const Extents& extents, Build& build) {
  nvinfer1::IOptimizationProfile* const profile = build.builder->createOptimizationProfile();
  std::vector<std::string> open;
  bool is_dynamic = false;
  for (int i = 0; i < build.network->getNbInputs(); ++i) {
    nvinfer1::ITensor* const tensor = build.network->getInput(i);
    Port port;
    port.name = tensor->getName();
    port.dtype = dtype_of(tensor->getType());
    Shape shape = shape_of(tensor->getDimensions());
    std::vector<std::string> symbols;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const char* const symbol = tensor->getDimensionName(static_cast<std::int32_t>(axis));
      symbols.emplace_back(symbol == nullptr ? "" : symbol);
      if (shape[axis] >= 0) continue;
      is_dynamic = true;
      open.push_back(dimension_name(port.name, axis, symbols.back()));
    }
    port.shape = TRY(definite(extents, port.name, std::move(shape), symbols));
    port.bytes = TRY(element_count(port.shape)) * element_bytes(port.dtype);
    using Selector = nvinfer1::OptProfileSelector;
    for (const Selector selector : {Selector::kMIN, Selector::kOPT, Selector::kMAX}) {
      if (!profile->setDimensions(port.name.c_str(), selector, dims_of(port.shape))) {
        return Error{Code::kInvalid, str("TensorRT refuses ", shape_text(port.shape), " for ",
                                         port.name, build.logger.said())};
      }
    }
    build.inputs.push_back(std::move(port));
  }
  TRY(check_extents(extents.dims, open));
  if (build.config->addOptimizationProfile(profile) >= 0 || !is_dynamic) return {};
  return Error{Code::kInvalid, str("TensorRT refuses the model's shapes", build.logger.said())};
}

Status set_precision([[maybe_unused]] const BuildOptions& options, [[maybe_unused]] Build& build) {
#if NV_TENSORRT_MAJOR >= 11
  if (!options.fp16 && !options.int8) return {};
  return Error{Code::kUsage,
               "TensorRT 11 computes in the types that the model states: leave out fp16 and int8, "
               "and give a model that is quantised or converted already"};
#else
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  if (options.fp16) build.config->setFlag(nvinfer1::BuilderFlag::kFP16);
  if (options.int8) build.config->setFlag(nvinfer1::BuilderFlag::kINT8);
#pragma GCC diagnostic pop
  return {};
#endif
}

Status set_timing_cache(const fs::path& file, Build& build) {
  if (file.empty()) return {};
  const std::string bytes = TRY(read_if_there(file));
  build.timing.reset(build.config->createTimingCache(bytes.data(), bytes.size()));
  // One of another device or version is made anew.
  if (build.timing == nullptr || !build.config->setTimingCache(*build.timing, false)) {
    build.timing.reset(build.config->createTimingCache(nullptr, 0));
    if (build.timing == nullptr || !build.config->setTimingCache(*build.timing, false))
      return Error{Code::kInternal, str("TensorRT takes no timing cache", build.logger.said())};
  }
  return {};
}

Status keep_timing_cache(const fs::path& file, const Build& build) {
  if (file.empty()) return {};
  const std::unique_ptr<nvinfer1::IHostMemory> bytes(build.timing->serialize());
  if (bytes == nullptr) return {};
  return write_file(file, {static_cast<const char*>(bytes->data()), bytes->size()});
}

}  // namespace

Result<std::vector<std::byte>> build_engine(const TensorRt& library, const fs::path& model,
                                            const Extents& extents, const BuildOptions& options,
                                            const Progress& progress) {
  TRY(library.cuda.check(library.cuda.set_device(options.device), "choosing the device"));
  // The monitor and the calibrator are used until the build is over, so they outlive it.
  std::unique_ptr<Calibrator> calibrator;
  Monitor monitor(progress);
  Build build;
  TRY(parse(library, model, build));
  TRY(fix_shapes(extents, build));
  TRY(set_precision(options, build));
  if (options.int8 && !(options.samples.empty() && options.calibration.empty())) {
    calibrator =
        TRY(Calibrator::create(library.cuda, options.samples, options.calibration, build.inputs));
    calibrator->attach(*build.config);
  }
  if (options.workspace_bytes > 0) {
    build.config->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, options.workspace_bytes);
  }
  build.config->setBuilderOptimizationLevel(options.effort);
  TRY(set_timing_cache(options.timing_cache, build));
  monitor.attach(*build.config);
  const std::unique_ptr<nvinfer1::IHostMemory> made(
      build.builder->buildSerializedNetwork(*build.network, *build.config));
  if (calibrator != nullptr) TRY(calibrator->status());
  if (made == nullptr) {
    return Error{Code::kUnsupported,
                 str(model.string(), ": TensorRT built no engine", build.logger.said())};
  }
  TRY(keep_timing_cache(options.timing_cache, build));
  const auto* const bytes = static_cast<const std::byte*>(made->data());
  return std::vector<std::byte>(bytes, bytes + made->size());
}

}  // namespace slipway::engines

#endif
