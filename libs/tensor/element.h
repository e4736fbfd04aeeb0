// C++ types of tensor elements, and dispatch from a DType to them.
// The narrow floats are bit patterns that convert to float exactly and from float by rounding to
// nearest even (base/float_bits.h); arithmetic on them is done in float and rounded once.
#pragma once

#include <complex>
#include <cstdint>
#include <string>

#include "base/float_bits.h"
#include "tensor/dtype.h"

namespace slipway {

struct Float16 {
  std::uint16_t bits = 0;
  Float16() = default;
  explicit Float16(float value) : bits(half_bits_from_float(value)) {}
  explicit operator float() const { return float_from_half_bits(bits); }
};

struct BFloat16 {
  std::uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value) : bits(bfloat16_bits_from_float(value)) {}
  explicit operator float() const { return float_from_bfloat16_bits(bits); }
};

// One byte per element in direct tensors. Conversions of these are in tensor/convert.h.
struct Float8e4m3fn {
  std::uint8_t bits = 0;
};
struct Float8e4m3fnuz {
  std::uint8_t bits = 0;
};
struct Float8e5m2 {
  std::uint8_t bits = 0;
};
struct Float8e5m2fnuz {
  std::uint8_t bits = 0;
};
struct Float8e8m0 {
  std::uint8_t bits = 0;
};
struct Float4e2m1 {
  std::uint8_t bits = 0;
};
struct Float6e2m3 {
  std::uint8_t bits = 0;
};
struct Float6e3m2 {
  std::uint8_t bits = 0;
};
struct Int4 {
  std::int8_t value = 0;
};
struct Uint4 {
  std::uint8_t value = 0;
};
struct Int2 {
  std::int8_t value = 0;
};
struct Uint2 {
  std::uint8_t value = 0;
};

// dtype_of<T>: the DType whose elements are T. Bool tensors hold C++ bool, one byte each.
template <typename T>
inline constexpr DType dtype_of = DType::kUndefined;
template <>
inline constexpr DType dtype_of<float> = DType::kFloat32;
template <>
inline constexpr DType dtype_of<double> = DType::kFloat64;
template <>
inline constexpr DType dtype_of<Float16> = DType::kFloat16;
template <>
inline constexpr DType dtype_of<BFloat16> = DType::kBfloat16;
template <>
inline constexpr DType dtype_of<std::int8_t> = DType::kInt8;
template <>
inline constexpr DType dtype_of<std::int16_t> = DType::kInt16;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::kInt32;
template <>
inline constexpr DType dtype_of<std::int64_t> = DType::kInt64;
template <>
inline constexpr DType dtype_of<std::uint8_t> = DType::kUint8;
template <>
inline constexpr DType dtype_of<std::uint16_t> = DType::kUint16;
template <>
inline constexpr DType dtype_of<std::uint32_t> = DType::kUint32;
template <>
inline constexpr DType dtype_of<std::uint64_t> = DType::kUint64;
template <>
inline constexpr DType dtype_of<bool> = DType::kBool;
template <>
inline constexpr DType dtype_of<std::string> = DType::kString;
template <>
inline constexpr DType dtype_of<std::complex<float>> = DType::kComplex64;
template <>
inline constexpr DType dtype_of<std::complex<double>> = DType::kComplex128;
template <>
inline constexpr DType dtype_of<Float8e4m3fn> = DType::kFloat8e4m3fn;
template <>
inline constexpr DType dtype_of<Float8e4m3fnuz> = DType::kFloat8e4m3fnuz;
template <>
inline constexpr DType dtype_of<Float8e5m2> = DType::kFloat8e5m2;
template <>
inline constexpr DType dtype_of<Float8e5m2fnuz> = DType::kFloat8e5m2fnuz;
template <>
inline constexpr DType dtype_of<Float8e8m0> = DType::kFloat8e8m0;
template <>
inline constexpr DType dtype_of<Float4e2m1> = DType::kFloat4e2m1;
template <>
inline constexpr DType dtype_of<Float6e2m3> = DType::kFloat6e2m3;
template <>
inline constexpr DType dtype_of<Float6e3m2> = DType::kFloat6e3m2;
template <>
inline constexpr DType dtype_of<Int4> = DType::kInt4;
template <>
inline constexpr DType dtype_of<Uint4> = DType::kUint4;
template <>
inline constexpr DType dtype_of<Int2> = DType::kInt2;
template <>
inline constexpr DType dtype_of<Uint2> = DType::kUint2;

// Each visit_* calls f.template operator()<T>() for the dtype's T when the dtype is in the group
// and returns true; otherwise returns false without calling. Half floats are in no group: operators
// convert them to float, compute, and round back (tensor/convert.h).

template <typename F>
bool visit_integer(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kInt8:
      f.template operator()<std::int8_t>();
      return true;
    case DType::kInt16:
      f.template operator()<std::int16_t>();
      return true;
    case DType::kInt32:
      f.template operator()<std::int32_t>();
      return true;
    case DType::kInt64:
      f.template operator()<std::int64_t>();
      return true;
    case DType::kUint8:
      f.template operator()<std::uint8_t>();
      return true;
    case DType::kUint16:
      f.template operator()<std::uint16_t>();
      return true;
    case DType::kUint32:
      f.template operator()<std::uint32_t>();
      return true;
    case DType::kUint64:
      f.template operator()<std::uint64_t>();
      return true;
    default:
      return false;
  }
}

template <typename F>
bool visit_real(DType dtype, F&& f) {  // float and double
  if (dtype == DType::kFloat32) return f.template operator()<float>(), true;
  if (dtype == DType::kFloat64) return f.template operator()<double>(), true;
  return false;
}

template <typename F>
bool visit_numeric(DType dtype, F&& f) {  // float, double and the eight whole-byte integers
  return visit_real(dtype, f) || visit_integer(dtype, f);
}

// For data movers: by element width (1, 2, 4, 8, 16 bytes) or std::string; f gets an unsigned
// integer type of that width, Bytes16 or std::string.
struct Bytes16 {
  std::uint64_t low = 0, high = 0;
};

template <typename F>
bool visit_width(DType dtype, F&& f) {
  if (dtype == DType::kString) return f.template operator()<std::string>(), true;
  switch (element_bytes(dtype)) {
    case 1:
      f.template operator()<std::uint8_t>();
      return true;
    case 2:
      f.template operator()<std::uint16_t>();
      return true;
    case 4:
      f.template operator()<std::uint32_t>();
      return true;
    case 8:
      f.template operator()<std::uint64_t>();
      return true;
    case 16:
      f.template operator()<Bytes16>();
      return true;
    default:
      return false;
  }
}

}  // namespace slipway
