// slipway._slipway: what the package slipway is made of.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "session.h"
#include "slipway/program.h"

NB_MODULE(_slipway, module) {
  nanobind::set_leak_warnings(false);  // a forked child ends with what its parent's threads held
  module.attr("version") = SLIPWAY_VERSION;
  slipway::python::add_session(module);
  module.def(
      "run_program",
      [](const std::vector<std::string>& words) {
        const nanobind::gil_scoped_release unlocked;
        return slipway::run_program(words);
      },
      nanobind::arg("words"), "The program `slipway` with these words; its exit code.");
}
