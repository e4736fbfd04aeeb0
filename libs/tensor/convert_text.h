// The halves of cast() that read and write text.
#pragma once

#include "tensor/convert.h"

namespace slipway {

// `text` is a direct tensor of strings. Whole numbers beyond `to` are an error.
Result<Tensor> numbers_from_text(const Tensor& text, DType to, const CastOptions& options);
// `numbers` is direct and neither text nor complex.
Result<Tensor> text_from_numbers(const Tensor& numbers);

}  // namespace slipway
