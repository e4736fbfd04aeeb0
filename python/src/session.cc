#include "session.h"

#include "base/str.h"
#include "errors.h"
#include "options.h"

namespace slipway::python {
namespace {

unsigned long forks_so_far = 0;

std::unique_ptr<serve::Served> open(nb::handle source, serve::ServeOptions options) {
  if (nb::isinstance<nb::bytes>(source) || PyByteArray_Check(source.ptr()) ||
      PyMemoryView_Check(source.ptr())) {
    Buffer bytes;
    if (!bytes.take(source.ptr(), false) || !bytes.is_contiguous())
      raise(Raised::kUsage, "a model's bytes must stand one after the other");
    const std::span<const std::byte> file(bytes.data(), bytes.bytes());
    auto opened = [&] {
      const nb::gil_scoped_release unlocked;
      return serve::Served::read(file, std::move(options));
    }();
    return value_of_model(std::move(opened));
  }
  PyObject* const named = PyOS_FSPath(source.ptr());
  if (named == nullptr) {
    PyErr_Clear();
    raise(Raised::kUsage, str("a model is given as a path or as bytes, and ",
                              describe_object(source), " was given"));
  }
  const std::string path = nb::cast<std::string>(nb::steal(named));
  auto opened = [&] {
    const nb::gil_scoped_release unlocked;
    return serve::Served::open(path, std::move(options));
  }();
  return value_of_model(std::move(opened));
}

std::vector<nb::object> names_of(const Graph& graph, std::span<const ValueId> ids) {
  std::vector<nb::object> names;
  for (const ValueId id : ids) {
    const std::string& name = graph.value(id).name;
    PyObject* text = PyUnicode_FromStringAndSize(name.data(), static_cast<Py_ssize_t>(name.size()));
    PyUnicode_InternInPlace(&text);
    names.push_back(nb::steal(text));
  }
  return names;
}

// Dimensions that the model leaves without a name have one here, "x[0]", which it does not know.
nb::object dim_object(const Dim& dim) {
  if (dim.is_known()) return nb::int_(dim.extent());
  if (!dim.is_symbol() || dim.symbol().ends_with(']')) return nb::none();
  return nb::str(dim.symbol().c_str());
}

// "tensor(float)", "seq(map(int64,tensor(float)))"
std::string type_text(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kTensor:
      return str("tensor(", name(type.dtype), ")");
    case Type::Kind::kSparseTensor:
      return str("sparse_tensor(", name(type.dtype), ")");
    case Type::Kind::kSequence:
      return str("seq(", type_text(type.element.front()), ")");
    case Type::Kind::kOptional:
      return str("optional(", type_text(type.element.front()), ")");
    case Type::Kind::kMap:
      return str("map(", name(type.dtype), ",", type_text(type.element.front()), ")");
    case Type::Kind::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace

std::vector<PySession::Labels> PySession::labels_of(std::span<const serve::Ending> endings) {
  std::vector<Labels> all;
  bool is_plain = true;
  for (const serve::Ending& ending : endings) {
    Labels labels;
    labels.kind = ending.kind;
    is_plain = is_plain && ending.kind == serve::Ending::Kind::kPlain;
    std::visit(
        [&](const auto& values) {
          for (const auto& value : values) labels.keys.push_back(nb::cast(value));
        },
        ending.labels);
    if (ending.kind == serve::Ending::Kind::kText) {
      nb::list text;
      for (const nb::object& key : labels.keys) text.append(key);
      labels.text = numpy("array")(text, "object");
    }
    all.push_back(std::move(labels));
  }
  return is_plain ? std::vector<Labels>() : std::move(all);
}

PySession::PySession(const nb::object& source, const nb::dict& options) : forks_(forks_so_far) {
  SessionOptions read = read_options(options);
  copies_inputs_ = read.copies_inputs;
  served_ = open(source, std::move(read.serve));
  const Graph& graph = served_->signature().graph;
  input_names_ = names_of(graph, served_->inputs());
  output_names_ = names_of(graph, graph.outputs);
  for (const ValueId id : served_->inputs()) input_types_.push_back(graph.value(id).type.dtype);
  labels_ = labels_of(served_->endings());
}

void PySession::check_usable() const {
  if (served_ == nullptr)
    raise(Raised::kClosed, "the session was closed: make a new InferenceSession");
  if (forks_ != forks_so_far) {
    raise(Raised::kForked,
          "the session was made before this process was forked off: make it in the child, or start "
          "children by 'spawn' (multiprocessing.set_start_method)");
  }
}

// A state belongs to a plan whose shapes do not change.
serve::Lease PySession::stateful_lease() {
  check_usable();
  if (bound_ == nullptr) {
    const Graph& graph = served_->signature().graph;
    std::vector<Shape> owned;
    serve::Shapes shapes;
    for (const ValueId id : served_->inputs()) {
      Shape shape;
      if (const std::optional<Dims>& dims = graph.value(id).type.dims; dims.has_value()) {
        for (const Dim& dim : *dims) shape.push_back(dim.is_known() ? dim.extent() : 1);
      }
      owned.push_back(std::move(shape));
    }
    for (const Shape& shape : owned) shapes.emplace_back(shape);
    if (served_->why_interpreted().has_value()) return {};
    Result<std::shared_ptr<serve::Pool>> pool = served_->sessions_for(shapes);
    if (!pool.ok()) return {};
    return lease_of(**pool);
  }
  return lease_of(*bound_->pool);
}

std::size_t PySession::state_bytes() {
  const serve::Lease lease = stateful_lease();
  return lease ? lease.session().state_bytes() : 0;
}

void PySession::reset() {
  const serve::Lease lease = stateful_lease();
  if (lease) lease.session().reset();
}

nb::bytes PySession::snapshot() {
  const serve::Lease lease = stateful_lease();
  if (!lease) return nb::bytes("", 0);
  std::vector<std::byte> state(lease.session().state_bytes());
  lease.session().snapshot(state);
  return nb::bytes(state.data(), state.size());
}

void PySession::restore(const nb::bytes& state) {
  const serve::Lease lease = stateful_lease();
  const std::size_t wanted = lease ? lease.session().state_bytes() : 0;
  if (state.size() != wanted) {
    raise(Raised::kInput, str("the state has ", wanted, " bytes, and ", state.size(),
                              " were given: give what the state of a session of this model was"));
  }
  if (lease) lease.session().restore({static_cast<const std::byte*>(state.data()), state.size()});
}

void PySession::close() {
  bound_ = nullptr;
  served_ = nullptr;
}

nb::list PySession::describe(std::span<const ValueId> ids) const {
  nb::list list;
  for (const ValueId id : ids) {
    const ValueDef& value = served_->signature().graph.value(id);
    nb::list shape;
    if (value.type.dims.has_value()) {
      for (const Dim& dim : *value.type.dims) shape.append(dim_object(dim));
    }
    list.append(nb::make_tuple(value.name, type_text(value.type), shape));
  }
  return list;
}

nb::list PySession::describe_inputs() const {
  check_usable();
  return describe(served_->inputs());
}
nb::list PySession::describe_outputs() const {
  check_usable();
  return describe(served_->signature().graph.outputs);
}

nb::object PySession::why_interpreted() const {
  check_usable();
  const std::optional<std::string> why = served_->why_interpreted();
  return why.has_value() ? nb::object(nb::str(why->c_str())) : nb::none();
}

nb::dict PySession::metadata() const {
  check_usable();
  const Model& model = served_->signature();
  nb::dict custom;
  for (const auto& [key, value] : model.metadata) custom[nb::str(key.c_str())] = value;
  nb::dict made;
  made["producer_name"] = model.producer_name;
  made["graph_name"] = model.graph.name;
  made["domain"] = model.domain;
  made["description"] = model.doc;
  made["graph_description"] = model.graph.doc;
  made["version"] = model.model_version;
  made["custom_metadata_map"] = custom;
  return made;
}

void add_session(nb::module_& module) {
  nb::class_<PySession>(module, "Session", "A model, run on NumPy's arrays in place.")
      .def(nb::init<const nb::object&, const nb::dict&>(), nb::arg("source").none(),
           nb::arg("options"))
      .def("describe_inputs", &PySession::describe_inputs)
      .def("describe_outputs", &PySession::describe_outputs)
      .def("metadata", &PySession::metadata)
      .def("why_interpreted", &PySession::why_interpreted)
      .def("run", &PySession::run, nb::arg("output_names").none(), nb::arg("input_feed"),
           nb::arg("run_options").none() = nb::none())
      .def("run_into", &PySession::run_into, nb::arg("input_feed"), nb::arg("outputs"))
      .def("state_bytes", &PySession::state_bytes)
      .def("reset", &PySession::reset)
      .def("snapshot", &PySession::snapshot)
      .def("restore", &PySession::restore, nb::arg("state"))
      .def("close", &PySession::close)
      .def_prop_ro("is_closed", &PySession::is_closed);
  module.def(
      "note_fork", [] { ++forks_so_far; }, "Called in every child that is forked off.");
}

}  // namespace slipway::python
