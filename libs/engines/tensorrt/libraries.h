// TensorRT's, its ONNX parser's and CUDA's libraries, loaded at run time; owners of what they make.
#pragma once

#ifdef SLIPWAY_HAS_TENSORRT_HEADERS

#include <NvInfer.h>
#include <NvOnnxParser.h>
#include <cuda_runtime_api.h>

#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

namespace slipway::engines {

// The functions of CUDA's runtime that we call, by their own types.
struct Cuda {
  decltype(&::cudaGetErrorString) error_string = nullptr;
  decltype(&::cudaGetDeviceCount) device_count = nullptr;
  decltype(&::cudaSetDevice) set_device = nullptr;
  decltype(&::cudaRuntimeGetVersion) runtime_version = nullptr;
  decltype(&::cudaDeviceGetAttribute) attribute = nullptr;
  decltype(&::cudaMalloc) allocate = nullptr;
  decltype(&::cudaFree) free = nullptr;
  decltype(&::cudaMemcpyAsync) copy_async = nullptr;
  decltype(&::cudaStreamCreateWithFlags) create_stream = nullptr;
  decltype(&::cudaStreamDestroy) destroy_stream = nullptr;
  decltype(&::cudaStreamSynchronize) synchronize = nullptr;
  decltype(&::cudaStreamBeginCapture) begin_capture = nullptr;
  decltype(&::cudaStreamEndCapture) end_capture = nullptr;
  decltype(&::cudaGraphInstantiateWithFlags) instantiate = nullptr;
  decltype(&::cudaGraphLaunch) launch = nullptr;
  decltype(&::cudaGraphDestroy) destroy_graph = nullptr;
  decltype(&::cudaGraphExecDestroy) destroy_executable = nullptr;

  Status check(cudaError_t code, const char* what) const;
};

struct TensorRt {
  std::string file;     // of libnvinfer, as the loader found it
  std::string version;  // "10.3.0"
  int cuda_version = 0;
  int devices = 0;
  Cuda cuda;
  decltype(&::createInferBuilder_INTERNAL) create_builder = nullptr;
  decltype(&::createInferRuntime_INTERNAL) create_runtime = nullptr;
  decltype(&::createNvOnnxParser_INTERNAL) create_parser = nullptr;
};

// Loads the libraries once: from `folder`, or where the loader looks when that is empty. They must
// be of the major version of the headers that this program was built with. Any thread.
Result<const TensorRt*> load_tensorrt(const std::string& folder);

// Keeps the last errors that TensorRT told, for our own. Any thread.
class Logger final : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* message) noexcept override;
  // ": what it said", or "".
  std::string said();

 private:
  std::mutex mutex_;
  std::string errors_;
};

// Memory on the device.
class DeviceMemory {
 public:
  static Result<DeviceMemory> allocate(const Cuda& cuda, std::size_t bytes);
  DeviceMemory(DeviceMemory&& other) noexcept
      : cuda_(other.cuda_), pointer_(std::exchange(other.pointer_, nullptr)) {}
  DeviceMemory& operator=(DeviceMemory&&) = delete;
  ~DeviceMemory() {
    if (pointer_ != nullptr) cuda_->free(pointer_);
  }
  void* get() const { return pointer_; }

 private:
  DeviceMemory(const Cuda& cuda, void* pointer) : cuda_(&cuda), pointer_(pointer) {}
  const Cuda* cuda_;
  void* pointer_;
};

// A queue of work on the device.
class Stream {
 public:
  static Result<Stream> create(const Cuda& cuda);
  Stream(Stream&& other) noexcept
      : cuda_(other.cuda_), stream_(std::exchange(other.stream_, nullptr)) {}
  Stream& operator=(Stream&&) = delete;
  ~Stream() {
    if (stream_ != nullptr) cuda_->destroy_stream(stream_);
  }
  cudaStream_t get() const { return stream_; }

 private:
  Stream(const Cuda& cuda, cudaStream_t stream) : cuda_(&cuda), stream_(stream) {}
  const Cuda* cuda_;
  cudaStream_t stream_;
};

}  // namespace slipway::engines

#endif
