// Bytes as a plan's operands: which tensors hold them, and what a plan may say of their scales.
#pragma once

#include "plan/params.h"
#include "runtime/step.h"

namespace slipway::runtime {

inline bool is_bytes(const Operand& operand) {
  return operand.dtype == DType::kUint8 || operand.dtype == DType::kInt8;
}
inline bool is_blocked_bytes(const Operand& operand) {
  return is_bytes(operand) && operand.layout == plan::Layout::kBlocked16;
}

// What takes a signed byte to an unsigned one, 128 more, and back.
inline std::uint8_t flip_of(const Operand& operand) {
  return operand.dtype == DType::kInt8 ? 0x80 : 0;
}

inline bool is_byte(std::int32_t value) { return value >= 0 && value <= 255; }

// Positive and finite.
inline bool is_scale(float scale) { return scale > 0.0F && scale < 3e38F; }

inline bool is_valid(const plan::ByteScale& scale) {
  return is_byte(scale.zero) && is_scale(scale.scale);
}
inline bool is_valid(const plan::ByteBounds& bounds) {
  return is_byte(bounds.low) && is_byte(bounds.high) && bounds.low <= bounds.high;
}

// A constant with at least so many elements of a type.
template <typename T>
const T* constant_of(const Operand* operand, std::size_t count) {
  if (operand == nullptr || operand->constant == nullptr || operand->bytes / sizeof(T) < count)
    return nullptr;
  return reinterpret_cast<const T*>(operand->constant);
}

inline bool are_multipliers(const float* first, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!(first[i] >= 0.0F && first[i] < 3e38F)) return false;
  }
  return true;
}

}  // namespace slipway::runtime
