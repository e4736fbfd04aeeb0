// NumPy's arrays seen from C++: through the buffer protocol, without a copy.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <span>
#include <string>

#include "buffer_protocol.h"
#include "errors.h"
#include "tensor/dtype.h"

namespace slipway::python {

// The memory of an array until this is gone.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { release(); }

  // False, and no exception, where the object has none.
  bool take(PyObject* object, bool is_written);
  void release();

  std::byte* data() const { return static_cast<std::byte*>(view_.buf); }
  std::span<const std::int64_t> shape() const {
    return {view_.shape, static_cast<std::size_t>(view_.ndim)};
  }
  // kUndefined: none that a model has.
  DType dtype() const { return dtype_; }
  std::size_t bytes() const { return static_cast<std::size_t>(view_.len); }
  bool is_contiguous() const { return PyBuffer_IsContiguous(&view_, 'C') != 0; }
  bool is_aligned() const {
    return reinterpret_cast<std::uintptr_t>(view_.buf) % static_cast<std::size_t>(view_.itemsize) ==
           0;
  }

 private:
  static_assert(sizeof(Py_ssize_t) == sizeof(std::int64_t));
  Py_buffer view_ = {};
  DType dtype_ = DType::kUndefined;
};

// numpy.<name>, looked up once.
nb::object numpy(const char* name);

// "float32", as NumPy writes it; the spelling of ONNX where NumPy has none.
std::string numpy_name(DType dtype);
// The numpy.dtype of an element; of bfloat16 that of ml_dtypes where that is installed, else
// uint16.
nb::object numpy_dtype(DType dtype);

// numpy.empty(shape, dtype)
nb::object empty_array(PyObject* shape, PyObject* dtype);

// What is no array as one: lists of numbers are made into an array of `wanted`, what has
// __array__() gives its array, and all else comes back as it is. Raises InputTypeError where that
// fails. `what` names the input.
nb::object to_array(nb::handle object, DType wanted, const std::string& what);

// str(object)
std::string text_of(nb::handle object);
// A sentence's part for what was given: "an array of float64", "a list".
std::string describe_object(nb::handle object);

}  // namespace slipway::python
