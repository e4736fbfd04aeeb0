// ONNX Runtime's execution providers: what each takes of the engine's options, and what to install
// where the library was built without it.
#pragma once

#ifdef SLIPWAY_HAS_ONNXRUNTIME_HEADER

#include <string>

#include "base/result.h"
#include "engines/engine.h"
#include "engines/onnxruntime/api.h"

namespace slipway::engines {

// "cpu", "cuda", "tensorrt", "openvino", "xnnpack", "qnn": the option provider, cpu where it is not
// given. An option that is not the provider's is an error.
Result<std::string> provider_of(const Subject& subject);

// Appends the provider to the session's options. An error tells what to install where the library
// has no such provider, or its device's libraries are missing.
Status append_provider(const Library& library, const Subject& subject, OrtSessionOptions* options);

// The providers of the library by our names: "cpu, cuda".
std::string provider_names(const Library& library);

// Of the libnvinfer that the loader finds, as the library numbers itself; "unknown" where none is.
std::string tensorrt_version();

}  // namespace slipway::engines

#endif
