// The header of a .npy file: a Python dictionary as text.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tensor/tensor.h"

namespace slipway {

struct NpyHeader {
  std::string field;      // of a structure of one field; empty for a plain type
  char byte_order = '|';  // '<', '>', '=' or '|'
  char kind = 0;          // 'f', 'i', 'u', 'b', 'c', 'U', 'S', 'V', 'O', ...
  std::size_t width = 0;  // the number in the descr: bytes, but characters for 'U'
  bool fortran_order = false;
  Shape shape;
  std::size_t header_bytes = 0;  // where the elements start
};

// From the file's start. The shape's element count is checked, the data's presence is not.
Result<NpyHeader> parse_npy_header(std::span<const std::byte> bytes);

// The header, padded, of an array in C order; `descr` as it stands after the colon.
std::string npy_header_text(std::string_view descr, const Shape& shape);

}  // namespace slipway
