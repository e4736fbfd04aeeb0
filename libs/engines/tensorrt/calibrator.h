// Feeds samples to TensorRT while it looks for the scales of 8-bit tensors.
#pragma once

#ifdef SLIPWAY_HAS_TENSORRT_HEADERS

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "engines/tensorrt/libraries.h"
#include "engines/tensorrt/samples.h"

namespace slipway::engines {

#if NV_TENSORRT_MAJOR >= 11

// TensorRT 11 takes scales from the model alone.
class Calibrator {
 public:
  static Result<std::unique_ptr<Calibrator>> create(const Cuda& /*cuda*/,
                                                    const std::filesystem::path& /*samples*/,
                                                    const std::filesystem::path& /*cache*/,
                                                    const std::vector<Port>& /*inputs*/) {
    return Error{Code::kUsage, "TensorRT 11 does not calibrate: give a quantised model"};
  }
  void attach(nvinfer1::IBuilderConfig& /*config*/) {}
  Status status() const { return {}; }
};

#else

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

class Calibrator final : public nvinfer1::IInt8EntropyCalibrator2 {
 public:
  // samples may be empty where `cache`, a calibration cache of TensorRT's, is there; where it is
  // not, it is written after calibrating.
  static Result<std::unique_ptr<Calibrator>> create(const Cuda& cuda,
                                                    const std::filesystem::path& samples,
                                                    const std::filesystem::path& cache,
                                                    const std::vector<Port>& inputs);

  void attach(nvinfer1::IBuilderConfig& config) { config.setInt8Calibrator(this); }
  // What went wrong while TensorRT asked, which it does not tell.
  Status status() const { return status_; }

  std::int32_t getBatchSize() const noexcept override { return 1; }
  bool getBatch(void* bindings[], const char* names[], std::int32_t count) noexcept override;
  const void* readCalibrationCache(std::size_t& length) noexcept override;
  void writeCalibrationCache(const void* bytes, std::size_t length) noexcept override;

 private:
  Calibrator(const Cuda& cuda, const std::vector<Port>& inputs) : cuda_(cuda), inputs_(inputs) {}
  Status put_batch(void* bindings[], const char* names[], std::int32_t count);

  const Cuda& cuda_;
  const std::vector<Port>& inputs_;
  std::vector<Samples> samples_;  // one or none
  std::vector<DeviceMemory> memory_;
  std::filesystem::path cache_file_;
  std::string cache_;
  std::size_t next_ = 0;
  Status status_;
};

#pragma GCC diagnostic pop

#endif

}  // namespace slipway::engines

#endif
