// Python's buffer protocol. CPython counts it to the stable ABI from 3.11 on; its functions and
// this layout are those of 3.10, too, but Python.h keeps them from a module that is compiled for
// the stable ABI of that version. They are stated here then.
#pragma once

#include <nanobind/nanobind.h>

#if defined(Py_LIMITED_API) && Py_LIMITED_API < 0x030B0000

struct Py_buffer {
  void* buf;
  PyObject* obj;  // owned
  Py_ssize_t len;
  Py_ssize_t itemsize;
  int readonly;
  int ndim;
  char* format;
  Py_ssize_t* shape;
  Py_ssize_t* strides;
  Py_ssize_t* suboffsets;
  void* internal;
};
static_assert(sizeof(Py_buffer) == 80);

inline constexpr int PyBUF_WRITABLE = 0x0001;
inline constexpr int PyBUF_FORMAT = 0x0004;
inline constexpr int PyBUF_STRIDES = 0x0018;

extern "C" {
int PyObject_CheckBuffer(PyObject* object);
int PyObject_GetBuffer(PyObject* object, Py_buffer* view, int flags);
int PyBuffer_IsContiguous(const Py_buffer* view, char order);
void PyBuffer_Release(Py_buffer* view);
}

#endif
