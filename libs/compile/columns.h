// A model whose time axis is computed column by column: what window.h found becomes nodes of a
// domain of its own, which only the lowering knows.
//
//   Convolve(columns, weights, bias?, ring?, positions?) {sources, taps, ring}
//   Take(columns, ring?, positions?) {sources, ring}
//   Push(columns, ring, positions) {ring, first, count}
//
// Columns are tensors [batch, columns, ...]; sources are those of plan/params.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "compile/window.h"
#include "graph/graph.h"

namespace slipway::compile {

inline constexpr std::string_view kColumnsDomain = "slipway.columns";

struct ColumnsModel {
  Model model;
  std::vector<ValueId>
      kept;  // the session keeps these: rings, and the positions they are written at
  std::size_t runs_to_settle = 0;  // of equal inputs, until the rings no longer change
};

// `window`: of the model's graph and the inputs.
Result<ColumnsModel> make_columns(const Model& model, const std::vector<SlidingInput>& inputs,
                                  const Window& window);

}  // namespace slipway::compile
