#include "tensor/dtype.h"

#include <array>

namespace slipway {
namespace {

using enum DTypeKind;

constexpr std::array kTypes = {
    DTypeInfo{DType::kUndefined, "undefined", "", 0, kNone},
    DTypeInfo{DType::kFloat32, "float", "f4", 32, kFloat},
    DTypeInfo{DType::kUint8, "uint8", "u1", 8, kUnsigned},
    DTypeInfo{DType::kInt8, "int8", "i1", 8, kSigned},
    DTypeInfo{DType::kUint16, "uint16", "u2", 16, kUnsigned},
    DTypeInfo{DType::kInt16, "int16", "i2", 16, kSigned},
    DTypeInfo{DType::kInt32, "int32", "i4", 32, kSigned},
    DTypeInfo{DType::kInt64, "int64", "i8", 64, kSigned},
    DTypeInfo{DType::kString, "string", "", 0, kString},
    DTypeInfo{DType::kBool, "bool", "b1", 8, kBool},
    DTypeInfo{DType::kFloat16, "float16", "f2", 16, kFloat},
    DTypeInfo{DType::kFloat64, "double", "f8", 64, kFloat},
    DTypeInfo{DType::kUint32, "uint32", "u4", 32, kUnsigned},
    DTypeInfo{DType::kUint64, "uint64", "u8", 64, kUnsigned},
    DTypeInfo{DType::kComplex64, "complex64", "c8", 64, kComplex},
    DTypeInfo{DType::kComplex128, "complex128", "c16", 128, kComplex},
    DTypeInfo{DType::kBfloat16, "bfloat16", "", 16, kFloat},
    DTypeInfo{DType::kFloat8e4m3fn, "float8e4m3fn", "", 8, kFloat},
    DTypeInfo{DType::kFloat8e4m3fnuz, "float8e4m3fnuz", "", 8, kFloat},
    DTypeInfo{DType::kFloat8e5m2, "float8e5m2", "", 8, kFloat},
    DTypeInfo{DType::kFloat8e5m2fnuz, "float8e5m2fnuz", "", 8, kFloat},
    DTypeInfo{DType::kUint4, "uint4", "", 4, kUnsigned},
    DTypeInfo{DType::kInt4, "int4", "", 4, kSigned},
    DTypeInfo{DType::kFloat4e2m1, "float4e2m1", "", 4, kFloat},
    DTypeInfo{DType::kFloat8e8m0, "float8e8m0", "", 8, kFloat},
    DTypeInfo{DType::kUint2, "uint2", "", 2, kUnsigned},
    DTypeInfo{DType::kInt2, "int2", "", 2, kSigned},
    DTypeInfo{DType::kFloat6e2m3, "float6e2m3", "", 6, kFloat},
    DTypeInfo{DType::kFloat6e3m2, "float6e3m2", "", 6, kFloat},
};

}  // namespace

std::span<const DTypeInfo> all_dtypes() { return std::span(kTypes).subspan(1); }

const DTypeInfo& info(DType dtype) {
  const auto number = static_cast<std::size_t>(dtype);
  return number < kTypes.size() ? kTypes[number] : kTypes[0];
}

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const DTypeInfo& row : all_dtypes()) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

std::optional<DType> dtype_from_number(std::int64_t number) {
  if (number < 1 || number >= static_cast<std::int64_t>(kTypes.size())) return std::nullopt;
  return kTypes[static_cast<std::size_t>(number)].dtype;
}

}  // namespace slipway
