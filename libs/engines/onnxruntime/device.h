// Inputs and outputs in a GPU's memory, at addresses that stay: what a recorded CUDA graph needs.
// The caller's buffers are copied there and back.
#pragma once

#ifdef SLIPWAY_HAS_ONNXRUNTIME_HEADER

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "engines/onnxruntime/api.h"

namespace slipway::engines {

class DeviceBinding {
 public:
  // The session runs on the CUDA device of that number.
  static Result<std::unique_ptr<DeviceBinding>> create(const OrtApi& api, OrtSession* session,
                                                       int device, std::span<const Port> inputs,
                                                       std::span<const Port> outputs);

  Status run(std::span<const void* const> inputs, std::span<void* const> outputs);

 private:
  // Of CUDA's runtime, which the session has loaded already; without its header.
  struct Copies {
    int (*set_device)(int device) = nullptr;
    int (*copy)(void* to, const void* from, std::size_t bytes, int kind) = nullptr;
    int (*synchronize)() = nullptr;
    const char* (*error_string)(int code) = nullptr;

    Status check(int code) const;
  };
  struct Bound {
    Owned<OrtValue> value;
    void* memory = nullptr;  // of the value, on the device
    std::size_t bytes = 0;
  };

  DeviceBinding(const OrtApi& api, OrtSession* session, int device)
      : api_(api),
        session_(session),
        device_(device),
        allocator_(nullptr, {&api}),
        binding_(nullptr, {&api}) {}

  static Result<Copies> load_copies();
  Result<Bound> make(const Port& port);

  const OrtApi& api_;
  OrtSession* session_;
  int device_;
  Copies copies_;
  // Destroyed in reverse: the binding before the values, those before their allocator.
  Owned<OrtAllocator> allocator_;
  std::vector<Bound> inputs_;
  std::vector<Bound> outputs_;
  Owned<OrtIoBinding> binding_;
};

}  // namespace slipway::engines

#endif
