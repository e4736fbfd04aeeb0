// Operators on bytes: what their constants say, in the terms of blocked bytes (runtime/steps/
// bytes.h), where zero points of int8 are 128 more.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compile/lowering.h"
#include "passes/scaled.h"
#include "plan/params.h"

namespace slipway::compile {

bool is_bytes(DType dtype);
std::int32_t stored_byte(DType dtype, std::int32_t value);
plan::ByteScale stored_scale(const Scaling& scaling);
plan::ByteBounds stored_bounds(DType dtype, const ByteClamp& clamp);
plan::ByteBounds all_bytes();

// A constant of one element.
std::optional<float> one_float(const Lowering& lowering, ValueId id);
std::optional<std::int32_t> one_byte(const Lowering& lowering, ValueId id);

// Values for each output channel, filled up with 0 to whole blocks.
template <typename T>
Tensor in_whole_blocks(std::vector<T> values) {
  values.resize((values.size() + 15) / 16 * 16);
  return Tensor::of(values);
}

// A value that is the only one to use what a step wrote, clamped: by a Clip of bytes with constant
// bounds.
struct ByteClip {
  std::size_t node;
  ByteClamp clamp;
};
std::optional<ByteClip> clip_of_bytes(const Lowering& lowering, ValueId id);

// What a QLinearConv gives, dequantised, another such added, perhaps clamped, and quantised.
struct ByteSum {
  std::vector<std::size_t> nodes;
  ValueId addend = kNoValue;  // bytes, made by now
  ValueId output = kNoValue;
  Scaling y, r, sum;
  ByteClamp clamp;  // of the sum's bytes
  std::string note;
};
std::optional<ByteSum> sum_of_bytes(const Lowering& lowering, ValueId id);

// Whether all that use a value read it in blocks.
bool is_read_in_blocks(const Lowering& lowering, ValueId id);

// A QuantizeLinear to bytes, of elementwise functions of dequantised ones: false where it is none.
Result<bool> lower_byte_chain(Lowering& lowering, std::size_t node, const Scaling& to);

// A Mul that scales the sums of a MatMulInteger, or a ConvInteger, whose turn was before, with what
// comes between: false where it is none.
Result<bool> lower_scaled_product(Lowering& lowering, std::size_t node);
Result<bool> lower_scaled_conv(Lowering& lowering, std::size_t node);

// A QuantizeLinear or DequantizeLinear whose bytes are blocked, and a pool between the two.
Result<bool> lower_in_blocks(Lowering& lowering, std::size_t node);

}  // namespace slipway::compile
