#include "arrays.h"

#include <cstring>

#include "base/str.h"

namespace slipway::python {
namespace {

// Of a buffer's format, as struct.pack() has them.
DType dtype_of_format(const char* format, Py_ssize_t item_bytes) {
  if (format == nullptr) return DType::kUint8;
  if (*format == '@' || *format == '=' || *format == '<') ++format;
  if (std::strlen(format) != 1) return DType::kUndefined;
  switch (*format) {
    case '?':
      return DType::kBool;
    case 'f':
      return DType::kFloat32;
    case 'd':
      return DType::kFloat64;
    case 'e':
      return DType::kFloat16;
    case 'b':
      return DType::kInt8;
    case 'B':
      return DType::kUint8;
    case 'h':
      return DType::kInt16;
    case 'H':
      return DType::kUint16;
    case 'i':
    case 'l':
    case 'q':
      return item_bytes == 8 ? DType::kInt64 : DType::kInt32;
    case 'I':
    case 'L':
    case 'Q':
      return item_bytes == 8 ? DType::kUint64 : DType::kUint32;
    default:
      return DType::kUndefined;
  }
}

// Elements that NumPy knows by a package of its own (ml_dtypes) are not in the buffer protocol:
// seen as numbers of as many bits.
nb::object seen_as_numbers(PyObject* object, DType* dtype) {
  try {
    const nb::handle array(object);
    const std::string name = text_of(nb::object(array.attr("dtype").attr("name")));
    if (name != "bfloat16") return {};
    *dtype = DType::kBfloat16;
    return array.attr("view")("uint16");
  } catch (nb::python_error& error) {
    return {};  // no array
  }
}

}  // namespace

bool Buffer::take(PyObject* object, bool is_written) {
  release();
  const int flags = PyBUF_FORMAT | PyBUF_STRIDES | (is_written ? PyBUF_WRITABLE : 0);
  if (PyObject_GetBuffer(object, &view_, flags) == 0) {
    dtype_ = dtype_of_format(view_.format, view_.itemsize);
    return true;
  }
  PyErr_Clear();
  view_ = {};
  const nb::object numbers = seen_as_numbers(object, &dtype_);
  if (numbers.is_valid() && PyObject_GetBuffer(numbers.ptr(), &view_, flags) == 0) return true;
  PyErr_Clear();
  view_ = {};
  return false;
}

void Buffer::release() {
  if (view_.obj != nullptr) PyBuffer_Release(&view_);
  view_ = {};
  dtype_ = DType::kUndefined;
}

nb::object numpy(const char* name) { return nb::module_::import_("numpy").attr(name); }

std::string numpy_name(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return "float32";
    case DType::kFloat64:
      return "float64";
    case DType::kString:
      return "str";
    default:
      return std::string(name(dtype));
  }
}

nb::object numpy_dtype(DType dtype) {
  if (dtype == DType::kBfloat16) {
    try {
      return numpy("dtype")(nb::module_::import_("ml_dtypes").attr("bfloat16"));
    } catch (nb::python_error& error) {
      return numpy("dtype")("uint16");
    }
  }
  return numpy("dtype")(dtype == DType::kString ? "object" : numpy_name(dtype).c_str());
}

nb::object empty_array(PyObject* shape, PyObject* dtype) {
  static const nb::handle empty = numpy("empty").release();
  return empty(nb::handle(shape), nb::handle(dtype));
}

nb::object to_array(nb::handle object, DType wanted, const std::string& what) {
  const bool is_list = PyList_Check(object.ptr()) || PyTuple_Check(object.ptr());
  const bool has_buffer = PyObject_CheckBuffer(object.ptr()) != 0;
  if (has_buffer && nb::hasattr(object, "dtype")) return nb::borrow(object);
  std::string why;
  if (is_list || nb::hasattr(object, "__array__")) {
    try {
      nb::object array = numpy("asarray")(object);
      if (!is_list || wanted == DType::kUndefined) return array;
      const std::string kind = nb::cast<std::string>(array.attr("dtype").attr("kind"));
      if (kind == "b" || kind == "i" || kind == "u" || (kind == "f" && is_float(wanted)))
        return numpy("array")(object, numpy_dtype(wanted));
      why = str(" that makes ", describe_object(array));
    } catch (nb::python_error& error) {
      why = str(": ", text_of(error.value()));
    }
  } else if (has_buffer) {
    return nb::borrow(object);
  }
  raise(Raised::kInputType, str(what, " takes an array of ", numpy_name(wanted), ", and ",
                                describe_object(object), " was given", why));
}

std::string text_of(nb::handle object) {
  const nb::object text = nb::steal(PyObject_Str(object.ptr()));
  if (!text.is_valid()) {
    PyErr_Clear();
    return "what cannot be told";
  }
  return nb::cast<std::string>(text);
}

std::string describe_object(nb::handle object) {
  if (nb::hasattr(object, "dtype") && nb::hasattr(object, "shape"))
    return str("an array of ", text_of(nb::object(object.attr("dtype"))));
  return str("a ", text_of(nb::object(object.type().attr("__name__"))));
}

}  // namespace slipway::python
