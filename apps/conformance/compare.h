// How near two values must be, by the rules of the official ONNX runner.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "tensor/value.h"

namespace slipway {

struct Tolerance {
  double relative = 1e-3;
  double absolute = 1e-7;
  bool type_and_shape_only = false;  // for random operators
};

// What the case's tolerance.json ("rtol", "atol") says; the official runner's usual one without
// that file.
Result<Tolerance> read_tolerance(const std::filesystem::path& folder);

// Empty when the values agree, else one line: where they first differ, got and wanted. Types,
// shapes, strings, integers and structure must be equal; floating point elements within absolute +
// relative * |want|, NaN agreeing with NaN. bfloat16 gets at least two units in its last place.
std::string difference(const Value& got, const Value& want, const Tolerance& tolerance);

}  // namespace slipway
