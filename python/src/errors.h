// Errors as the exceptions of slipway/errors.py.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>
#include <utility>

#include "base/result.h"

namespace slipway::python {

namespace nb = nanobind;

// Classes of slipway/errors.py.
enum class Raised {
  kModelNotFound,
  kInvalidModel,
  kUnsupportedModel,
  kInput,
  kInputType,
  kClosed,
  kForked,
  kRun,
  kUsage,
};

[[noreturn]] void raise(Raised what, const std::string& message);
// What went wrong with a model's file.
[[noreturn]] void raise_of_model(const Error& error);
// What went wrong in a run.
[[noreturn]] void raise_of_run(const Error& error);

template <typename T>
T value_of_model(Result<T> result) {
  if (!result.ok()) raise_of_model(result.error());
  return std::move(result).value();
}

}  // namespace slipway::python
