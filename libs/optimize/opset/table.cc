#include "optimize/opset/step.h"

namespace slipway::optimize {

const Rule* find_rule(std::string_view op, int version) {
  const std::span<const Rule> families[] = {axes_rules(),     elementwise_rules(), formula_rules(),
                                            movement_rules(), norm_rules(),        resize_rules(),
                                            other_rules(),    type_rules()};
  for (const std::span<const Rule> family : families) {
    for (const Rule& rule : family) {
      if (rule.op == op && rule.version == version) return &rule;
    }
  }
  return nullptr;
}

}  // namespace slipway::optimize
