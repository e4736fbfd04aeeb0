// Values as a person reads them.
#pragma once

#include <string>

#include "tensor/value.h"

namespace slipway {

// Nested brackets, a line a row, indented. Of tensors with more than `most_elements` only that many
// of the first elements are shown, and what range the numbers cover. Text is quoted, its control
// characters made visible. Ends with a newline.
std::string value_text(const Value& value, std::size_t most_elements);

}  // namespace slipway
