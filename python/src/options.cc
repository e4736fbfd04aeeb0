#include "options.h"

#include <string>

#include "arrays.h"
#include "base/str.h"
#include "compile/store_weights.h"
#include "errors.h"

namespace slipway::python {
namespace {

template <typename T>
T cast(const std::string& key, nb::handle value) {
  try {
    return nb::cast<T>(value);
  } catch (const nb::cast_error&) {
    raise(Raised::kUsage, str("the option ", key, " cannot be ", text_of(nb::repr(value))));
  }
}

void read_one(const std::string& key, nb::handle value, SessionOptions& options) {
  serve::ServeOptions& serve = options.serve;
  if (key == "dims") {
    for (const auto& [name, extent] : cast<nb::dict>(key, value))
      serve.dims[cast<std::string>(key, name)] = cast<std::int64_t>(key, extent);
  } else if (key == "weights") {
    serve.weights = value_of_model(compile::parse_weight_type(cast<std::string>(key, value)));
  } else if (key == "windows") {
    for (const auto& [input, axis_and_step] : cast<nb::dict>(key, value)) {
      const auto pair = cast<nb::tuple>(key, axis_and_step);
      serve.slides.push_back({cast<std::string>(key, input), cast<std::int64_t>(key, pair[0]),
                              cast<std::int64_t>(key, pair[1])});
    }
  } else if (key == "states") {
    for (const auto& [output, input] : cast<nb::dict>(key, value))
      serve.states.push_back({cast<std::string>(key, output), cast<std::string>(key, input)});
  } else if (key == "threads") {
    serve.threads = cast<std::size_t>(key, value);
  } else if (key == "cores") {
    for (const nb::handle core : cast<nb::list>(key, value))
      serve.cores.push_back(cast<int>(key, core));
  } else if (key == "spin_us") {
    serve.spin_us = cast<std::uint32_t>(key, value);
  } else if (key == "copy_inputs") {
    options.copies_inputs = cast<bool>(key, value);
  } else {
    raise(Raised::kUsage, str("a session has no option '", key, "'"));
  }
}

}  // namespace

SessionOptions read_options(const nb::dict& options) {
  SessionOptions read;
  for (const auto& [key, value] : options) read_one(nb::cast<std::string>(key), value, read);
  return read;
}

}  // namespace slipway::python
