#include "engines/tensorrt/calibrator.h"

#if defined(SLIPWAY_HAS_TENSORRT_HEADERS) && NV_TENSORRT_MAJOR < 11

#include <algorithm>

#include "base/files.h"
#include "base/str.h"

namespace slipway::engines {
namespace {

constexpr std::size_t kMostCacheBytes = std::size_t{64} << 20U;

}  // namespace

Result<std::unique_ptr<Calibrator>> Calibrator::create(const Cuda& cuda,
                                                       const std::filesystem::path& samples,
                                                       const std::filesystem::path& cache,
                                                       const std::vector<Port>& inputs) {
  std::unique_ptr<Calibrator> made(new Calibrator(cuda, inputs));
  std::error_code error;
  made->cache_file_ = cache;
  if (!cache.empty() && std::filesystem::exists(cache, error))
    made->cache_ = TRY(read_file(cache, kMostCacheBytes));
  if (!samples.empty()) {
    made->samples_.push_back(TRY(Samples::read(samples, inputs)));
    for (const Port& port : inputs)
      made->memory_.push_back(TRY(DeviceMemory::allocate(cuda, port.bytes)));
  } else if (made->cache_.empty()) {
    return Error{Code::kNotFound, str("there is no calibration cache ", cache.string(),
                                      ": give the option samples, too, and it is written")};
  }
  return made;
}

bool Calibrator::getBatch(void* bindings[], const char* names[], std::int32_t count) noexcept {
  if (samples_.empty() || next_ >= samples_[0].batches()) return false;
  status_ = put_batch(bindings, names, count);
  ++next_;
  return status_.ok();
}

Status Calibrator::put_batch(void* bindings[], const char* names[], std::int32_t count) {
  for (std::int32_t i = 0; i < count; ++i) {
    const auto found = std::find_if(inputs_.begin(), inputs_.end(),
                                    [&](const Port& port) { return port.name == names[i]; });
    if (found == inputs_.end())
      return Error{Code::kInternal, str("TensorRT asks for an input ", names[i])};
    const auto port = static_cast<std::size_t>(found - inputs_.begin());
    const std::span<const std::byte> bytes = samples_[0].batch(port, next_);
    TRY(cuda_.check(cuda_.copy_async(memory_[port].get(), bytes.data(), bytes.size(),
                                     cudaMemcpyHostToDevice, nullptr),
                    "copying a sample"));
    bindings[i] = memory_[port].get();
  }
  return cuda_.check(cuda_.synchronize(nullptr), "copying samples");
}

const void* Calibrator::readCalibrationCache(std::size_t& length) noexcept {
  length = cache_.size();
  return cache_.empty() ? nullptr : cache_.data();
}

void Calibrator::writeCalibrationCache(const void* bytes, std::size_t length) noexcept {
  if (cache_file_.empty() || !cache_.empty()) return;
  status_ = write_file(cache_file_, {static_cast<const char*>(bytes), length});
}

}  // namespace slipway::engines

#endif
