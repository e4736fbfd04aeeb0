// slipway._slipway: what the package slipway is made of.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "errors.h"
#include "onnx/reader.h"
#include "onnx/writer.h"
#include "session.h"
#include "slipway/program.h"

namespace slipway::python {
namespace {

void rewrite_model(const std::string& from, const std::string& to) {
  const Status written = [&]() -> Status {
    const nb::gil_scoped_release unlocked;
    return write_model(TRY(read_model(from)), to);
  }();
  if (!written.ok()) raise_of_model(written.error());
}

}  // namespace
}  // namespace slipway::python

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
  module.def(
      "rewrite_model", &slipway::python::rewrite_model, nanobind::arg("source"),
      nanobind::arg("target"),
      "The same model in a file of its own; of one above 2 GiB the weights go to target.data.");
}
