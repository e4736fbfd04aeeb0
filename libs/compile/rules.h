// The lowering rules: which kernel runs an operator. One row per operator; a rule that declines (a
// type or a form it has no kernel for) leaves the node to the reference implementation.
#pragma once

#include <span>
#include <string_view>

#include "compile/lowering.h"

namespace slipway::compile {

enum class Lowered : std::uint8_t { kYes, kDeclined };

struct Rule {
  std::string_view op;
  std::string_view domain;
  Result<Lowered> (*lower)(Lowering& lowering, std::size_t node);
};

std::span<const Rule> all_rules();
// The rule of the node's operator; for one without a row, that of elementwise functions.
const Rule* find_rule(const Node& node);

}  // namespace slipway::compile
