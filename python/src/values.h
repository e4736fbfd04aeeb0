// What plans do not hold, between Python and C++: sequences are lists, maps are dicts, an optional
// is a value or None, text is an array of str. Tensors are copied.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "graph/type.h"
#include "tensor/value.h"

namespace slipway::python {

// `what` names the input in what is raised. Numbers of another type are refused, or where the
// caller `copies` converted.
Value to_value(nanobind::handle object, const Type& type, const std::string& what,
               bool copies = false);
nanobind::object to_python(const Value& value);

}  // namespace slipway::python
