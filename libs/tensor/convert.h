// Conversion between element types, by the rules of ONNX Cast.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace slipway {

struct CastOptions {
  bool saturate = true;  // to float8: out-of-range values clamp instead of becoming NaN or infinity
  enum class Round : std::uint8_t { kUp, kDown, kNearest };
  Round e8m0_round = Round::kUp;
};

// A direct tensor of another type, each element rounded once.
//  - Whole numbers to whole numbers keep the low bits.
//  - Floats to whole numbers truncate toward zero to an int64, whose nearest end stands for what is
//    beyond it and 0 for NaN, and keep the low bits of that. uint64 also takes 2^63 to 2^64 - 1.
//  - To bool: anything but zero is true.
//  - Text is read as a number by the rules of number_from_text; text that is none is an error.
//  - To text: whole numbers in decimal, floats in the fewest digits that read back to the same
//  element
//    of the same type (without exponent from 1e-4 to below 1e16), "NaN", "INF", "-INF".
// Complex numbers convert to nothing but themselves.
Result<Tensor> cast(const Tensor& tensor, DType to, const CastOptions& options = {});

// "3.5", "+1e-3", "-INF", "Infinity", "nan", blanks around: the nearest double. nullopt for other
// text.
std::optional<double> number_from_text(std::string_view text);

}  // namespace slipway
