// Element types. The numbers are those of ONNX TensorProto.DataType; a test holds them to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace slipway {

enum class DType : std::uint8_t {
  kUndefined = 0,
  kFloat32 = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kFloat64 = 11,
  kUint32 = 12,
  kUint64 = 13,
  kComplex64 = 14,
  kComplex128 = 15,
  kBfloat16 = 16,
  kFloat8e4m3fn = 17,
  kFloat8e4m3fnuz = 18,
  kFloat8e5m2 = 19,
  kFloat8e5m2fnuz = 20,
  kUint4 = 21,
  kInt4 = 22,
  kFloat4e2m1 = 23,
  kFloat8e8m0 = 24,
  kUint2 = 25,
  kInt2 = 26,
  kFloat6e2m3 = 27,
  kFloat6e3m2 = 28,
};

enum class DTypeKind : std::uint8_t { kNone, kFloat, kSigned, kUnsigned, kBool, kComplex, kString };

struct DTypeInfo {
  DType dtype;
  std::string_view name;   // ONNX's spelling inside tensor(...): "float", "int64", "float8e4m3fn"
  std::string_view numpy;  // .npy descr without byte order, "" where NumPy has none: "f4", "i8"
  std::uint8_t bits;       // per element in files; fewer than 8: packed, low bits first; 0: string
  DTypeKind kind;
};

// Every defined dtype, in order of its number.
std::span<const DTypeInfo> all_dtypes();

const DTypeInfo& info(DType dtype);
inline std::string_view name(DType dtype) { return info(dtype).name; }
std::optional<DType> dtype_from_name(std::string_view name);
std::optional<DType> dtype_from_number(std::int64_t number);

// Bytes of one element in a direct tensor: sub-byte types take one; 0 for strings.
inline std::size_t element_bytes(DType dtype) { return (info(dtype).bits + 7U) / 8U; }

inline bool is_sub_byte(DType dtype) { return info(dtype).bits > 0 && info(dtype).bits < 8; }
inline bool is_float(DType dtype) { return info(dtype).kind == DTypeKind::kFloat; }
inline bool is_integer(DType dtype) {
  return info(dtype).kind == DTypeKind::kSigned || info(dtype).kind == DTypeKind::kUnsigned;
}

// Bytes that `count` elements take in a file (raw_data): sub-byte types packed.
inline std::size_t packed_bytes(DType dtype, std::size_t count) {
  const std::size_t bits = info(dtype).bits;
  return count / 8 * bits + (count % 8 * bits + 7) / 8;
}

}  // namespace slipway
