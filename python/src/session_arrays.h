#pragma once

#include <algorithm>
#include <vector>

#include "arrays.h"
#include "session.h"

namespace slipway::python {

// What a run reads, held for its time.
struct PySession::Arrays {
  static constexpr std::size_t kFew = 8;

  explicit Arrays(std::size_t count) : buffers(count <= kFew ? few : new Buffer[count]) {
    pointers.reserve(count);
  }
  Arrays(const Arrays&) = delete;
  Arrays& operator=(const Arrays&) = delete;
  ~Arrays() {
    if (buffers != few) delete[] buffers;
  }

  bool has_empty(std::size_t count) const {
    return std::any_of(buffers, buffers + count, [](const Buffer& b) { return b.bytes() == 0; });
  }

  Buffer few[kFew];
  Buffer* const buffers;
  std::vector<const void*> pointers;
  std::vector<nb::object> copies;
};

}  // namespace slipway::python
