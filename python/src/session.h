// slipway._slipway.Session: a model, run on NumPy's arrays in place.
//
// Any thread may run it; the interpreter's lock is released meanwhile. Of a model that keeps a
// state, one run is taken after the other.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <string>
#include <vector>

#include "arrays.h"
#include "serve/served.h"

namespace slipway::python {

class PySession {
 public:
  // A path (str or os.PathLike) or the file's bytes. `options`: a dict of what sessions.py states.
  PySession(const nb::object& source, const nb::dict& options);

  // (name, type, shape) of each: ("image", "tensor(float)", ["batch", 3, 224, 224]).
  nb::list describe_inputs() const;
  nb::list describe_outputs() const;
  nb::dict metadata() const;
  // None, or why the reference implementations run it.
  nb::object why_interpreted() const;

  // As onnxruntime.InferenceSession.run().
  nb::list run(const nb::object& output_names, const nb::object& input_feed,
               const nb::object& run_options);
  // Results into arrays at hand; those that are not named go nowhere.
  void run_into(const nb::object& input_feed, const nb::dict& outputs);

  // Of a model that keeps a state from run to run.
  std::size_t state_bytes();
  void reset();
  nb::bytes snapshot();
  void restore(const nb::bytes& state);

  void close();
  bool is_closed() const { return served_ == nullptr; }

 private:
  struct Input {
    nb::object name;
    DType dtype;
    std::vector<std::int64_t> shape;
  };
  struct Output {
    nb::object name;
    nb::object shape;  // a tuple
    nb::object dtype;
  };
  // The sessions for one set of shapes, and what their runs take and give.
  struct Bound {
    std::shared_ptr<serve::Pool> pool;
    std::vector<Input> inputs;
    std::vector<Output> outputs;
  };
  struct Arrays;
  // How the labels that a plan does not hold come back: nothing, text by its place, or the keys of
  // dicts.
  struct Labels {
    serve::Ending::Kind kind = serve::Ending::Kind::kPlain;
    nb::object text;  // an array of str
    std::vector<nb::object> keys;
  };

  void check_usable() const;
  PyObject* find_input(std::size_t i, PyObject* feed) const;
  void check_no_more(PyObject* feed) const;
  void take_inputs(PyObject* feed, Arrays& arrays);
  void take_input(std::size_t i, PyObject* given, Arrays& arrays);
  std::shared_ptr<const Bound> bound_for(serve::Served& served, const Arrays& arrays);
  serve::Lease lease_of(serve::Pool& pool);
  serve::Lease stateful_lease();
  void run_on(serve::Lease lease, const Arrays& arrays, std::vector<void*>& outputs);
  std::vector<std::size_t> chosen(nb::handle output_names) const;
  nb::list interpret(serve::Served& served, nb::handle output_names, PyObject* feed);
  static std::vector<Labels> labels_of(std::span<const serve::Ending> endings);
  nb::object with_labels(std::size_t output, nb::object array) const;
  nb::list describe(std::span<const ValueId> ids) const;
  std::string input_name(std::size_t i) const;

  // Another thread may close the session while one runs it: who lets go of the interpreter's lock
  // holds it by a pointer of his own.
  std::shared_ptr<serve::Served> served_;
  std::vector<nb::object> input_names_;
  std::vector<nb::object> output_names_;
  std::vector<DType> input_types_;
  std::vector<Labels> labels_;  // of each output; empty: all are plain
  bool copies_inputs_ = false;
  unsigned long forks_ = 0;  // how often this process had been forked off when it was made
  std::shared_ptr<const Bound> bound_;  // of the last run
};

void add_session(nb::module_& module);

}  // namespace slipway::python
