// What plans do not hold, between Python and C++: sequences are lists, maps are dicts, an optional
// is a value or None, text is an array of str. Tensors are copied.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "graph/type.h"
#include "tensor/value.h"

namespace slipway::python {

// `what` names the input in what is raised.
Value to_value(nanobind::handle object, const Type& type, const std::string& what);
nanobind::object to_python(const Value& value);

}  // namespace slipway::python
