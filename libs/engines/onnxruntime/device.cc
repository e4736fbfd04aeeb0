#include "engines/onnxruntime/device.h"

#ifdef SLIPWAY_HAS_ONNXRUNTIME_HEADER

#include <dlfcn.h>

#include "base/str.h"

namespace slipway::engines {
namespace {

// cudaMemcpyKind.
constexpr int kHostToDevice = 1;
constexpr int kDeviceToHost = 2;

template <typename Function>
bool take(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

Status DeviceBinding::Copies::check(int code) const {
  if (code == 0) return {};
  return Error{Code::kIo, str("CUDA: ", error_string(code))};
}

Result<DeviceBinding::Copies> DeviceBinding::load_copies() {
  Copies copies;
  for (const char* name : {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"}) {
    // The one that the provider uses, where it is loaded.
    void* library = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
    if (library == nullptr) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr && take(library, "cudaSetDevice", copies.set_device) &&
        take(library, "cudaMemcpy", copies.copy) &&
        take(library, "cudaDeviceSynchronize", copies.synchronize) &&
        take(library, "cudaGetErrorString", copies.error_string))
      return copies;
  }
  return Error{Code::kNotFound,
               "cuda_graph=on needs CUDA's runtime, and no libcudart was found: install it, or "
               "leave the option out"};
}

Result<std::unique_ptr<DeviceBinding>> DeviceBinding::create(const OrtApi& api, OrtSession* session,
                                                             int device,
                                                             std::span<const Port> inputs,
                                                             std::span<const Port> outputs) {
  std::unique_ptr<DeviceBinding> made(new DeviceBinding(api, session, device));
  made->copies_ = TRY(load_copies());
  TRY(made->copies_.check(made->copies_.set_device(device)));
  OrtMemoryInfo* info = nullptr;
  TRY(check(api,
            api.CreateMemoryInfo("Cuda", OrtDeviceAllocator, device, OrtMemTypeDefault, &info)));
  const Owned<OrtMemoryInfo> info_owner(info, {&api});
  OrtAllocator* allocator = nullptr;
  TRY(check(api, api.CreateAllocator(session, info, &allocator)));
  made->allocator_.reset(allocator);
  OrtIoBinding* binding = nullptr;
  TRY(check(api, api.CreateIoBinding(session, &binding)));
  made->binding_.reset(binding);
  for (const Port& port : inputs) {
    made->inputs_.push_back(TRY(made->make(port)));
    TRY(check(api, api.BindInput(binding, port.name.c_str(), made->inputs_.back().value.get())));
  }
  for (const Port& port : outputs) {
    made->outputs_.push_back(TRY(made->make(port)));
    TRY(check(api, api.BindOutput(binding, port.name.c_str(), made->outputs_.back().value.get())));
  }
  return made;
}

Result<DeviceBinding::Bound> DeviceBinding::make(const Port& port) {
  OrtValue* value = nullptr;
  TRY(check(api_, api_.CreateTensorAsOrtValue(
                      allocator_.get(), port.shape.data(), port.shape.size(),
                      static_cast<ONNXTensorElementDataType>(port.dtype), &value)));
  Bound bound{Owned<OrtValue>(value, {&api_}), nullptr, port.bytes};
  TRY(check(api_, api_.GetTensorMutableData(value, &bound.memory)));
  return bound;
}

Status DeviceBinding::run(std::span<const void* const> inputs, std::span<void* const> outputs) {
  TRY(copies_.check(copies_.set_device(device_)));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    TRY(copies_.check(copies_.copy(inputs_[i].memory, inputs[i], inputs_[i].bytes, kHostToDevice)));
  // The provider's stream does not wait for the one that copies.
  TRY(copies_.check(copies_.synchronize()));
  TRY(check(api_, api_.RunWithBinding(session_, nullptr, binding_.get())));
  TRY(copies_.check(copies_.synchronize()));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    TRY(copies_.check(
        copies_.copy(outputs[i], outputs_[i].memory, outputs_[i].bytes, kDeviceToHost)));
  }
  return {};
}

}  // namespace slipway::engines

#endif
