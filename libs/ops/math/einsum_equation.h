// The equation of Einsum, parsed: each operand's and the result's dimensions as labels.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ops/node_view.h"

namespace slipway {

using Label = std::uint32_t;  // a letter, or a dimension of the ellipsis

struct EinsumEquation {
  std::vector<std::vector<Label>> operands;
  std::vector<Label> result;
  std::size_t label_count = 0;  // labels are [0, label_count)
};

// `ranks`: of the operands; operands must be as many as the equation has terms. Fails on characters
// that are none of a letter, comma, space, "..." and "->", and on terms that do not fit the ranks.
Result<EinsumEquation> parse_equation(const NodeView& view, std::string_view text,
                                      const std::vector<std::size_t>& ranks);

}  // namespace slipway
