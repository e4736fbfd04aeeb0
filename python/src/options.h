// The dict that sessions.py makes of a SessionOptions.
#pragma once

#include <nanobind/nanobind.h>

#include "serve/served.h"

namespace slipway::python {

struct SessionOptions {
  serve::ServeOptions serve;
  bool copies_inputs = false;
};

SessionOptions read_options(const nanobind::dict& options);

}  // namespace slipway::python
