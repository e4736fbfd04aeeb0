#include "engines/tensorrt/libraries.h"

#ifdef SLIPWAY_HAS_TENSORRT_HEADERS

#include <dlfcn.h>

#include <map>
#include <vector>

#include "base/str.h"

namespace slipway::engines {
namespace {

constexpr std::size_t kMostErrorBytes = 2000;
// CUDA gives this one name more than a version: the runtime of CUDA 11 is "11.0" to its end.
constexpr const char* kCudaNames[] = {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0",
                                      "libcudart.so"};

Result<void*> open_library(const std::string& folder, const std::string& name) {
  const std::string file = folder.empty() ? name : str(folder, "/", name);
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (handle == nullptr) return Error{Code::kNotFound, str("cannot be loaded: ", dlerror())};
  return handle;
}

template <typename Function>
Status take(void* library, const char* name, Function& function) {
  void* const symbol = dlsym(library, name);
  if (symbol == nullptr)
    return Error{Code::kUnsupported, str("the library has no ", name, ": install a newer one")};
  function = reinterpret_cast<Function>(symbol);
  return {};
}

Status take_cuda(void* library, Cuda& cuda) {
  TRY(take(library, "cudaGetErrorString", cuda.error_string));
  TRY(take(library, "cudaGetDeviceCount", cuda.device_count));
  TRY(take(library, "cudaSetDevice", cuda.set_device));
  TRY(take(library, "cudaRuntimeGetVersion", cuda.runtime_version));
  TRY(take(library, "cudaDeviceGetAttribute", cuda.attribute));
  TRY(take(library, "cudaMalloc", cuda.allocate));
  TRY(take(library, "cudaFree", cuda.free));
  TRY(take(library, "cudaMemcpyAsync", cuda.copy_async));
  TRY(take(library, "cudaStreamCreateWithFlags", cuda.create_stream));
  TRY(take(library, "cudaStreamDestroy", cuda.destroy_stream));
  TRY(take(library, "cudaStreamSynchronize", cuda.synchronize));
  TRY(take(library, "cudaStreamBeginCapture", cuda.begin_capture));
  TRY(take(library, "cudaStreamEndCapture", cuda.end_capture));
  TRY(take(library, "cudaGraphInstantiateWithFlags", cuda.instantiate));
  TRY(take(library, "cudaGraphLaunch", cuda.launch));
  TRY(take(library, "cudaGraphDestroy", cuda.destroy_graph));
  return take(library, "cudaGraphExecDestroy", cuda.destroy_executable);
}

// 8601 is 8.6.1; from 10 on, 100300 is 10.3.0.
std::string version_text(int version, int& major) {
  const int unit = version >= 10'000 ? 100 : 10;
  major = version / (unit == 100 ? 10'000 : 1000);
  const int minor = version / 100 % (unit == 100 ? 100 : 10);
  return str(major, ".", minor, ".", version % 100);
}

Result<TensorRt> load(const std::string& folder) {
  TensorRt made;
  void* const library = TRY(open_library(folder, str("libnvinfer.so.", NV_TENSORRT_MAJOR)));
  int (*get_version)() = nullptr;
  TRY(take(library, "getInferLibVersion", get_version));
  int major = 0;
  made.version = version_text(get_version(), major);
  if (major != NV_TENSORRT_MAJOR) {
    return Error{Code::kUnsupported,
                 str("TensorRT ", made.version,
                     " is installed; this program was built for version ", NV_TENSORRT_MAJOR)};
  }
  TRY(take(library, "createInferBuilder_INTERNAL", made.create_builder));
  TRY(take(library, "createInferRuntime_INTERNAL", made.create_runtime));
  Dl_info where{};
  if (dladdr(reinterpret_cast<void*>(made.create_builder), &where) != 0)
    made.file = where.dli_fname;
  void* const parser = TRY(open_library(folder, str("libnvonnxparser.so.", NV_TENSORRT_MAJOR)));
  TRY(take(parser, "createNvOnnxParser_INTERNAL", made.create_parser));

  Result<void*> cuda = Error{Code::kNotFound, ""};
  for (const char* name : kCudaNames) {
    if (!cuda.ok() && !folder.empty()) cuda = open_library(folder, name);
    if (!cuda.ok()) cuda = open_library("", name);
  }
  TRY(take_cuda(TRY(std::move(cuda)), made.cuda));
  TRY(made.cuda.check(made.cuda.runtime_version(&made.cuda_version), "asking for CUDA's version"));
  TRY(made.cuda.check(made.cuda.device_count(&made.devices), "looking for NVIDIA's devices"));
  return made;
}

}  // namespace

Status Cuda::check(cudaError_t code, const char* what) const {
  if (code == cudaSuccess) return {};
  return Error{code == cudaErrorMemoryAllocation ? Code::kTooLarge : Code::kIo,
               str("CUDA: ", what, ": ", error_string(code))};
}

Result<const TensorRt*> load_tensorrt(const std::string& folder) {
  static std::mutex mutex;
  static std::map<std::string, TensorRt> loaded;
  const std::scoped_lock lock(mutex);
  const auto known = loaded.find(folder);
  if (known != loaded.end()) return &known->second;
  return &loaded.emplace(folder, TRY(load(folder))).first->second;
}

void Logger::log(Severity severity, const char* message) noexcept {
  if (severity > Severity::kERROR) return;
  const std::scoped_lock lock(mutex_);
  if (errors_.size() < kMostErrorBytes) errors_ += str(errors_.empty() ? "" : "; ", message);
}

std::string Logger::said() {
  const std::scoped_lock lock(mutex_);
  return errors_.empty() ? "" : str(": ", shorten(errors_, kMostErrorBytes));
}

Result<DeviceMemory> DeviceMemory::allocate(const Cuda& cuda, std::size_t bytes) {
  void* pointer = nullptr;
  TRY(cuda.check(cuda.allocate(&pointer, std::max<std::size_t>(bytes, 1)), "taking memory"));
  return DeviceMemory(cuda, pointer);
}

Result<Stream> Stream::create(const Cuda& cuda) {
  cudaStream_t stream = nullptr;
  TRY(cuda.check(cuda.create_stream(&stream, cudaStreamNonBlocking), "making a stream"));
  return Stream(cuda, stream);
}

}  // namespace slipway::engines

#endif
