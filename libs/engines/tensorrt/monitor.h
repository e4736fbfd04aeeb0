// How far a build has come, from TensorRT's phases to our Progress.
#pragma once

#ifdef SLIPWAY_HAS_TENSORRT_HEADERS

#include <NvInfer.h>

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "engines/engine.h"

namespace slipway::engines {

// TensorRT 10 tells its phases, from any thread; older ones tell nothing.
#if NV_TENSORRT_MAJOR >= 10

class Monitor final : public nvinfer1::IProgressMonitor {
 public:
  // progress: kept by reference.
  explicit Monitor(const Progress& progress) : progress_(progress) {}

  void attach(nvinfer1::IBuilderConfig& config) { config.setProgressMonitor(this); }

  void phaseStart(const char* name, const char* /*parent*/, std::int32_t steps) noexcept override {
    const std::scoped_lock lock(mutex_);
    steps_[name] = steps;
  }
  bool stepComplete(const char* name, std::int32_t step) noexcept override {
    const std::scoped_lock lock(mutex_);
    const auto known = steps_.find(name);
    const auto now = std::chrono::steady_clock::now();
    if (progress_ && known != steps_.end() && known->second > 0 && now - said_ > kSayAgain) {
      said_ = now;
      progress_(name, static_cast<double>(step + 1) / known->second);
    }
    return true;  // go on
  }
  void phaseFinish(const char* name) noexcept override {
    const std::scoped_lock lock(mutex_);
    steps_.erase(name);
  }

 private:
  static constexpr auto kSayAgain = std::chrono::seconds(1);
  const Progress& progress_;
  std::mutex mutex_;
  std::map<std::string, std::int32_t> steps_;
  std::chrono::steady_clock::time_point said_ = std::chrono::steady_clock::now();
};

#else

class Monitor {
 public:
  explicit Monitor(const Progress& progress) : progress_(progress) {}
  void attach(nvinfer1::IBuilderConfig& /*config*/) {
    if (progress_) progress_("TensorRT builds the engine, which takes minutes", -1);
  }

 private:
  const Progress& progress_;
};

#endif

}  // namespace slipway::engines

#endif
