// Runs of a session: what comes in is checked, what goes out is made.
#include <algorithm>

#include "base/nearest.h"
#include "base/str.h"
#include "errors.h"
#include "session.h"
#include "session_arrays.h"
#include "values.h"

namespace slipway::python {

std::string PySession::input_name(std::size_t i) const {
  return str("input '", shorten(nb::cast<std::string>(input_names_[i])), "'");
}

PyObject* PySession::find_input(std::size_t i, PyObject* feed) const {
  PyObject* const given = PyDict_GetItemWithError(feed, input_names_[i].ptr());
  if (given != nullptr) return given;
  if (PyErr_Occurred() != nullptr) throw nb::python_error();
  std::vector<std::string> names;
  for (const nb::object& name : input_names_) names.push_back(nb::cast<std::string>(name));
  raise(Raised::kInput, str(input_name(i), " is missing: the model takes ", join(names)));
}

void PySession::check_no_more(PyObject* feed) const {
  if (PyDict_Size(feed) == static_cast<Py_ssize_t>(input_names_.size())) return;
  std::vector<std::string> names;
  for (const nb::object& name : input_names_) names.push_back(nb::cast<std::string>(name));
  for (const nb::handle key : nb::list(nb::handle(feed).attr("keys")())) {
    const std::string name = text_of(key);
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string close = nearest(name, names);
    raise(Raised::kInput, str("the model has no input '", shorten(name), "'",
                              close.empty() ? str(": it takes ", join(names))
                                            : str(": did you mean '", close, "'?")));
  }
}

void PySession::take_input(std::size_t i, PyObject* given, Arrays& arrays) {
  Buffer& buffer = arrays.buffers[i];
  const DType wanted = input_types_[i];
  if (buffer.take(given, false) && buffer.dtype() == wanted && buffer.is_contiguous() &&
      buffer.is_aligned()) {
    arrays.pointers.push_back(buffer.data());
    return;
  }
  const std::string what = input_name(i);
  nb::object array = to_array(given, wanted, what);
  if (array.ptr() != given) {
    buffer.take(array.ptr(), false);
    arrays.copies.push_back(array);
  }
  const std::string type = numpy_name(wanted);
  if (buffer.dtype() == DType::kUndefined) {
    raise(Raised::kInputType,
          str(what, " takes an array of ", type, ", and ", describe_object(array), " was given"));
  }
  const bool fits = buffer.dtype() == wanted && buffer.is_contiguous() && buffer.is_aligned();
  if (!fits && !copies_inputs_) {
    if (buffer.dtype() != wanted) {
      raise(Raised::kInputType,
            str(what, " takes an array of ", type, ", and ", describe_object(array),
                " was given: convert it, array.astype('", type,
                "'), or set SessionOptions.copy_inputs"));
    }
    raise(Raised::kInput,
          str(what, " is not one row after the other in memory",
              buffer.is_contiguous() ? " at a multiple of its element's size" : "",
              ": give numpy.ascontiguousarray(array), or set SessionOptions.copy_inputs"));
  }
  if (!fits) {
    arrays.copies.push_back(numpy("require")(array, numpy_dtype(wanted), "CA"));
    if (!buffer.take(arrays.copies.back().ptr(), false))
      raise(Raised::kInputType, str(what, " cannot be copied to an array of ", type));
  }
  arrays.pointers.push_back(buffer.data());
}

void PySession::take_inputs(PyObject* feed, Arrays& arrays) {
  for (std::size_t i = 0; i < input_names_.size(); ++i) take_input(i, find_input(i, feed), arrays);
  check_no_more(feed);
}

std::shared_ptr<const PySession::Bound> PySession::bound_for(serve::Served& served,
                                                             const Arrays& arrays) {
  std::shared_ptr<const Bound> last = bound_;
  const auto is_like = [&](const Bound& bound) {
    for (std::size_t i = 0; i < bound.inputs.size(); ++i) {
      const std::span<const std::int64_t> shape = arrays.buffers[i].shape();
      const std::vector<std::int64_t>& wanted = bound.inputs[i].shape;
      if (shape.size() != wanted.size() || !std::equal(shape.begin(), shape.end(), wanted.begin()))
        return false;
    }
    return true;
  };
  if (last != nullptr && is_like(*last)) return last;

  serve::Shapes shapes;
  for (std::size_t i = 0; i < input_names_.size(); ++i) shapes.push_back(arrays.buffers[i].shape());
  Result<std::shared_ptr<serve::Pool>> pool = [&] {
    const nb::gil_scoped_release unlocked;
    return served.sessions_for(shapes);
  }();
  if (!pool.ok()) {
    if (served.why_interpreted().has_value()) return nullptr;
    raise_of_run(pool.error());
  }
  auto bound = std::make_shared<Bound>();
  bound->pool = *std::move(pool);
  const serve::Lease lease = lease_of(*bound->pool);
  for (std::size_t i = 0; i < input_names_.size(); ++i)
    bound->inputs.push_back(
        {input_names_[i], input_types_[i], {shapes[i].begin(), shapes[i].end()}});
  for (std::size_t i = 0; i < output_names_.size(); ++i) {
    const runtime::Port& port = lease.session().outputs()[i];
    nb::list shape;
    for (const std::int64_t extent : port.dims) shape.append(extent);
    bound->outputs.push_back({output_names_[i], nb::tuple(shape), numpy_dtype(port.dtype)});
  }
  bound_ = bound;
  return bound;
}

serve::Lease PySession::lease_of(serve::Pool& pool) {
  serve::Lease lease = pool.try_take();
  if (lease) return lease;
  Result<serve::Lease> taken = [&] {
    const nb::gil_scoped_release unlocked;
    return pool.take();
  }();
  if (!taken.ok()) raise_of_run(taken.error());
  return std::move(taken).value();
}

void PySession::run_on(serve::Lease lease, const Arrays& arrays, std::vector<void*>& outputs) {
  runtime::RunCode code = runtime::RunCode::kOk;
  {
    const nb::gil_scoped_release unlocked;
    code = lease.session().run(arrays.pointers, outputs);
  }
  if (code == runtime::RunCode::kOk) return;
  if (code == runtime::RunCode::kBadIndex)
    raise(Raised::kInput,
          "an index in the data is out of range: give indices that the model's table has");
  if (code == runtime::RunCode::kInterpreter)
    raise(Raised::kRun, std::string(lease.session().last_error()));
  raise(Raised::kRun, "an array's memory is not where its elements may stand");
}

// Which outputs, in what order.
std::vector<std::size_t> PySession::chosen(nb::handle output_names) const {
  std::vector<std::size_t> all;
  if (output_names.is_none() || nb::len(output_names) == 0) {
    for (std::size_t i = 0; i < output_names_.size(); ++i) all.push_back(i);
    return all;
  }
  for (const nb::handle name : output_names) {
    std::size_t i = 0;
    while (i < output_names_.size() && !output_names_[i].equal(name)) ++i;
    if (i == output_names_.size()) {
      std::vector<std::string> names;
      for (const nb::object& known : output_names_) names.push_back(nb::cast<std::string>(known));
      raise(Raised::kInput,
            str("the model has no output '", shorten(text_of(name)), "': it gives ", join(names)));
    }
    all.push_back(i);
  }
  return all;
}

// What a plan gave, with the labels that it does not hold.
nb::object PySession::with_labels(std::size_t output, nb::object array) const {
  if (labels_.empty() || labels_[output].kind == serve::Ending::Kind::kPlain) return array;
  const Labels& labels = labels_[output];
  if (labels.kind == serve::Ending::Kind::kText) return labels.text.attr("take")(array);
  Buffer buffer;
  if (!buffer.take(array.ptr(), false))
    raise(Raised::kRun, "NumPy does not show an array's memory");
  const std::span<const std::int64_t> shape = buffer.shape();
  const std::size_t columns = labels.keys.size();
  if (static_cast<std::size_t>(shape.back()) != columns) {
    raise(Raised::kRun, str("output '", nb::cast<std::string>(output_names_[output]), "' has ",
                            columns, " class labels for ", shape.back(), " scores"));
  }
  const std::size_t rows = shape.size() == 1 ? 1 : static_cast<std::size_t>(shape.front());
  const auto* value = reinterpret_cast<const float*>(buffer.data());
  nb::list list;
  for (std::size_t row = 0; row < rows; ++row) {
    nb::dict dict;
    for (const nb::object& key : labels.keys) {
      const nb::float_ number(*value++);
      if (PyDict_SetItem(dict.ptr(), key.ptr(), number.ptr()) != 0) throw nb::python_error();
    }
    list.append(dict);
  }
  return list;
}

nb::list PySession::interpret(serve::Served& served, nb::handle output_names, PyObject* feed) {
  const Graph& graph = served.signature().graph;
  std::vector<NamedValue> inputs;
  for (std::size_t i = 0; i < input_names_.size(); ++i) {
    const ValueDef& value = graph.value(served.inputs()[i]);
    Value read = to_value(find_input(i, feed), value.type, input_name(i), copies_inputs_);
    inputs.push_back({value.name, std::move(read)});
  }
  check_no_more(feed);
  Result<std::vector<NamedValue>> ran = [&] {
    const nb::gil_scoped_release unlocked;
    return served.interpret(std::move(inputs));
  }();
  if (!ran.ok()) raise_of_run(ran.error());
  nb::list results;
  for (const std::size_t i : chosen(output_names))
    results.append(with_labels(i, to_python((*ran)[i].value)));
  return results;
}

nb::list PySession::run(const nb::object& output_names, const nb::object& input_feed,
                        const nb::object& run_options) {
  check_usable();
  if (!run_options.is_none() && nb::hasattr(run_options, "terminate") &&
      nb::cast<bool>(nb::bool_(run_options.attr("terminate"))))
    raise(Raised::kRun, "the run did not begin: RunOptions.terminate is set");
  const std::shared_ptr<serve::Served> served = served_;
  if (!PyDict_Check(input_feed.ptr())) {
    raise(Raised::kInputType, str("inputs are given as a dict of arrays by name, and ",
                                  describe_object(input_feed), " was given"));
  }
  Arrays arrays(input_names_.size());
  if (served->why_interpreted().has_value())
    return interpret(*served, output_names, input_feed.ptr());
  take_inputs(input_feed.ptr(), arrays);
  if (arrays.has_empty(input_names_.size()) && !served->has_plan_only())
    return interpret(*served, output_names, input_feed.ptr());  // plans are of one row or more
  const std::shared_ptr<const Bound> bound = bound_for(*served, arrays);
  if (bound == nullptr) return interpret(*served, output_names, input_feed.ptr());

  const std::size_t count = bound->outputs.size();
  std::vector<nb::object> results(count);
  std::vector<void*> pointers(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Output& output = bound->outputs[i];
    results[i] = empty_array(output.shape.ptr(), output.dtype.ptr());
    Buffer buffer;  // NumPy's memory stays where it is while the array lives
    if (!buffer.take(results[i].ptr(), true))
      raise(Raised::kRun, "NumPy gave no memory for an output");
    pointers[i] = buffer.data();
  }
  run_on(lease_of(*bound->pool), arrays, pointers);

  for (std::size_t i = 0; i < labels_.size(); ++i)
    results[i] = with_labels(i, std::move(results[i]));
  nb::list list;
  if (output_names.is_none()) {
    for (nb::object& result : results) list.append(result);
  } else {
    for (const std::size_t i : chosen(output_names)) list.append(results[i]);
  }
  return list;
}

void PySession::run_into(const nb::object& input_feed, const nb::dict& outputs) {
  check_usable();
  const std::shared_ptr<serve::Served> served = served_;
  if (!PyDict_Check(input_feed.ptr()))
    raise(Raised::kInputType, str("inputs are given as a dict of arrays by name, and ",
                                  describe_object(input_feed), " was given"));
  if (const auto why = served->why_interpreted(); why.has_value())
    raise(Raised::kUnsupportedModel, str("run_into() needs a plan: ", *why));
  Arrays arrays(input_names_.size());
  take_inputs(input_feed.ptr(), arrays);
  const std::shared_ptr<const Bound> bound = bound_for(*served, arrays);
  if (bound == nullptr)
    raise(Raised::kUnsupportedModel, str("run_into() needs a plan: ", *served->why_interpreted()));
  nb::list names;
  for (const auto& [name, array] : outputs) names.append(name);
  const std::vector<std::size_t> given =
      outputs.size() == 0 ? std::vector<std::size_t>() : chosen(names);

  const std::size_t count = bound->outputs.size();
  std::vector<Buffer> buffers(count);
  std::vector<nb::object> spare;
  std::vector<void*> pointers(count);
  serve::Lease lease = lease_of(*bound->pool);
  for (const std::size_t i : given) {
    if (!labels_.empty() && labels_[i].kind != serve::Ending::Kind::kPlain) {
      raise(Raised::kInputType,
            str("output '", nb::cast<std::string>(output_names_[i]),
                "' is text or dicts, which go into no array: give run() instead"));
    }
    const nb::object array = outputs[output_names_[i]];
    const runtime::Port& port = lease.session().outputs()[i];
    const std::string what = str("output '", nb::cast<std::string>(output_names_[i]), "'");
    Buffer& buffer = buffers[i];
    if (!buffer.take(array.ptr(), true)) {
      raise(Raised::kInputType, str(what, " goes into an array that may be written, and ",
                                    describe_object(array), " was given"));
    }
    if (buffer.dtype() != port.dtype) {
      raise(Raised::kInputType, str(what, " goes into an array of ", numpy_name(port.dtype),
                                    ", and ", describe_object(array), " was given"));
    }
    const std::span<const std::int64_t> shape = buffer.shape();
    if (!std::equal(shape.begin(), shape.end(), port.dims.begin(), port.dims.end())) {
      raise(Raised::kInput,
            str(what, " has the shape ", shape_text(port.dims), ", the array ", shape_text(shape)));
    }
    if (!buffer.is_contiguous() || !buffer.is_aligned())
      raise(Raised::kInput,
            str(what, " goes into an array whose rows stand one after the other in memory"));
    pointers[i] = buffer.data();
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (pointers[i] != nullptr) continue;
    spare.push_back(empty_array(bound->outputs[i].shape.ptr(), bound->outputs[i].dtype.ptr()));
    Buffer buffer;
    if (!buffer.take(spare.back().ptr(), true))
      raise(Raised::kRun, "NumPy gave no memory for an output");
    pointers[i] = buffer.data();
  }
  run_on(std::move(lease), arrays, pointers);
}

}  // namespace slipway::python
