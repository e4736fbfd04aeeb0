// ONNX Runtime's C interface from a library that is loaded at run time: its functions as a table,
// its objects as owners, its statuses as errors.
#pragma once

#ifdef SLIPWAY_HAS_ONNXRUNTIME_HEADER

#include <onnxruntime_c_api.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace slipway::engines {

struct Release {
  const OrtApi* api = nullptr;
  void operator()(OrtSessionOptions* p) const { api->ReleaseSessionOptions(p); }
  void operator()(OrtSession* p) const { api->ReleaseSession(p); }
  void operator()(OrtMemoryInfo* p) const { api->ReleaseMemoryInfo(p); }
  void operator()(OrtAllocator* p) const { api->ReleaseAllocator(p); }
  void operator()(OrtIoBinding* p) const { api->ReleaseIoBinding(p); }
  void operator()(OrtTypeInfo* p) const { api->ReleaseTypeInfo(p); }
  void operator()(OrtValue* p) const { api->ReleaseValue(p); }
  void operator()(OrtTensorTypeAndShapeInfo* p) const { api->ReleaseTensorTypeAndShapeInfo(p); }
  void operator()(OrtCUDAProviderOptionsV2* p) const { api->ReleaseCUDAProviderOptions(p); }
  void operator()(OrtTensorRTProviderOptionsV2* p) const { api->ReleaseTensorRTProviderOptions(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

// The status's message as an Error; the status is released.
Status check(const OrtApi& api, OrtStatus* status);

struct Library {
  std::filesystem::path file;  // as the loader found it
  std::string version;         // "1.30.0"
  const OrtApi* api = nullptr;
  OrtEnv* env = nullptr;               // as long as the program lives
  std::vector<std::string> providers;  // "CPUExecutionProvider"

  bool has(std::string_view provider) const;
};

// Loads the library, once however often it is asked for; it stays loaded. Older ones than the
// header work from version 1.12 on. Any thread.
Result<const Library*> load_onnxruntime(const std::filesystem::path& file);

}  // namespace slipway::engines

#endif
