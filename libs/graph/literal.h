// Pieces of the text form: quoted strings, bare words, numbers and tensor elements.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace slipway {

// Characters that a word may have without quotes.
bool is_word_character(char c);
// Could the text stand as a name without quotes?
bool is_bare_name(std::string_view text);

// In double quotes; UTF-8 stays, everything else that is not printable becomes an escape.
std::string quoted(std::string_view text);
// The name itself if it is bare, else quoted.
std::string bare_or_quoted(std::string_view name);

// The shortest decimal that reads back to the same bits; NaN with its bits where they are not the
// usual ones ("nan:0x7fc00001").
std::string float_text(float value);
std::string double_text(double value);

// One element of a direct tensor as text, exact.
std::string element_text(const Tensor& tensor, std::size_t index);

// The bits of an element of a real type (not complex, not string) from its text; nullopt when the
// text is no number of that type. `nan_bits` is what followed "nan:", if anything did.
std::optional<std::uint64_t> parse_real(DType dtype, std::string_view word,
                                        std::optional<std::uint64_t> nan_bits);

// "0x" and hexadecimal digits.
std::string hex_text(std::uint64_t bits);
std::optional<std::uint64_t> parse_hex(std::string_view word);

}  // namespace slipway
