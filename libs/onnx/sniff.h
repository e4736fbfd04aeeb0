// Recognises files that people take for ONNX models and that are something else.
#pragma once

#include <optional>
#include <string>

#include "onnx/wire.h"

namespace slipway {

// What the file is and the way to an ONNX model, when its first bytes tell: "is a PyTorch ...:
// ...".
std::optional<std::string> recognise_other_format(Bytes file);

}  // namespace slipway
