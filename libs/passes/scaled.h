// Reading QuantizeLinear, DequantizeLinear and what clamps between them, where all but the data is
// constant.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/graph.h"

namespace slipway {

// Bytes, (q - zero) * scale each. The scale is positive and neither it nor a difference times it
// overflows or is subnormal, so that quantising is monotonic and undoes dequantising.
struct Scaling {
  DType dtype = DType::kUint8;  // or kInt8
  float scale = 1;
  std::int32_t zero = 0;

  std::int32_t lowest() const { return dtype == DType::kUint8 ? 0 : -128; }
  std::int32_t highest() const { return dtype == DType::kUint8 ? 255 : 127; }
  bool operator==(const Scaling&) const = default;
};

// Of a QuantizeLinear or DequantizeLinear between float and bytes with one scale.
std::optional<Scaling> quantize_scaling(const Graph& graph, const Node& node);
std::optional<Scaling> dequantize_scaling(const Graph& graph, const Node& node);

// What a DequantizeLinear makes of a constant of int8, uint8 or int32: each value less its zero
// point, and a scale for all or for each index of an axis.
struct ScaledConstant {
  Shape shape;
  std::vector<std::int32_t> values;
  std::vector<float> scales;
  std::size_t axis = 0;  // of no meaning where there is one scale
};
std::optional<ScaledConstant> scaled_constant(const Graph& graph, const Node& node);

// min(max(x, low), high), of a Relu or a Clip with constant bounds of floats.
struct Clamp {
  float low = 0, high = 0;
};
std::optional<Clamp> clamp_of(const Graph& graph, const Node& node);

// As the same clamp of what x is quantised to: quantising is monotonic, so that both give the same.
// None where the bounds exclude each other or one of them is NaN.
struct ByteClamp {
  std::int32_t low = 0, high = 0;
};
std::optional<ByteClamp> quantized_clamp(const Clamp& clamp, const Scaling& scaling);

}  // namespace slipway
