// Arithmetic on dimensions that may be symbols or unknown. A result is given only where it is
// certain.
#pragma once

#include <cstdint>
#include <optional>

#include "ops/infer_context.h"

namespace slipway {

// Larger ranks are taken as unknown by inference: no model has them, hostile ones do.
inline constexpr std::size_t kMaxInferredRank = 256;
// Elements of shape arithmetic are followed up to this many.
inline constexpr std::size_t kMaxFollowedElements = 4096;

// q with product(total) = q * product(factors): equal symbols cancel. Unknown when uncertain, when
// the factors' known part is zero, or when it does not divide.
Dim quotient(const Dims& total, const Dims& factors);
inline Dim product(const Dims& dims) { return quotient(dims, {}); }

Dim add(const Dim& a, const Dim& b);
Dim subtract(const Dim& a, const Dim& b);
Dim scale(const Dim& a, std::int64_t factor);

// False only when the two are known and differ.
bool may_be_equal(const Dim& a, const Dim& b);

// The shape that the elements of integer input i describe: unknown dimensions where an element is
// not known, nullopt when not even the rank is. Fails on a known negative element.
Result<std::optional<Dims>> shape_from_input(const InferContext& ctx, std::size_t i);

// `rank` unknown dimensions.
Dims unknown_dims(std::size_t rank);

// Output 0 has the type of input 0's elements and unknown rank.
void set_unknown_shape(InferContext& ctx);

// The output, whose type is set already, holds the elements of the input in the same order. Only
// ranks 0 and 1 are followed.
void pass_elements(InferContext& ctx, std::size_t output, std::size_t from_input);

}  // namespace slipway
