#include "errors.h"

#include <array>

namespace slipway::python {
namespace {

constexpr std::array kNames = {"ModelNotFoundError", "InvalidModelError", "UnsupportedModelError",
                               "InputError",         "InputTypeError",    "ClosedError",
                               "ForkedError",        "RunError",          "UsageError"};

}  // namespace

void raise(Raised what, const std::string& message) {
  const nb::object type =
      nb::module_::import_("slipway.errors").attr(kNames[static_cast<std::size_t>(what)]);
  PyErr_SetString(type.ptr(), message.c_str());
  throw nb::python_error();
}

void raise_of_model(const Error& error) {
  switch (error.code) {
    case Code::kNotFound:
      raise(Raised::kModelNotFound, error.message);
    case Code::kUnsupported:
      raise(Raised::kUnsupportedModel, error.message);
    case Code::kUsage:
      raise(Raised::kUsage, error.message);
    case Code::kIo:
      PyErr_SetString(PyExc_OSError, error.message.c_str());
      throw nb::python_error();
    case Code::kTooLarge:
      PyErr_SetString(PyExc_MemoryError, error.message.c_str());
      throw nb::python_error();
    case Code::kInvalid:
    case Code::kInternal:
      break;
  }
  raise(Raised::kInvalidModel, error.message);
}

void raise_of_run(const Error& error) {
  switch (error.code) {
    case Code::kInvalid:
    case Code::kUsage:
      raise(Raised::kInput, error.message);
    case Code::kUnsupported:
      raise(Raised::kUnsupportedModel, error.message);
    case Code::kTooLarge:
      PyErr_SetString(PyExc_MemoryError, error.message.c_str());
      throw nb::python_error();
    default:
      raise(Raised::kRun, error.message);
  }
}

}  // namespace slipway::python
