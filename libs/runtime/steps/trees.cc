#include <algorithm>

#include "kernels/trees/forest.h"
#include "plan/params.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kUnit = 32;  // rows of a unit of work

struct Trees {
  PackedForest forest;
  const float* base;  // null: none
  std::uint32_t from;
  std::uint32_t to;
  std::size_t rows;
};

RunCode run(const void* context, const Call& call) {
  const Trees& trees = *static_cast<const Trees*>(context);
  const std::size_t begin = call.begin * kUnit;
  const std::size_t end = std::min(call.end * kUnit, trees.rows);
  auto* const y = call.at<float>(trees.to);
  score_forest(trees.forest, call.at<const float>(trees.from), begin, end, y, nullptr,
               call.scratch);
  if (trees.base == nullptr) return RunCode::kOk;
  const std::size_t targets = trees.forest.targets;
  for (std::size_t i = begin * targets; i < end * targets; ++i) y[i] += trees.base[i % targets];
  return RunCode::kOk;
}

}  // namespace

Status bind_trees(Binder& binder) {
  TRY(binder.expect(2, 3, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::TreesParams>());
  const Operand& rows = *binder.inputs[0];
  const Operand& packed = *binder.inputs[1];
  const Operand& output = *binder.outputs[0];
  const Operand* const base = binder.inputs.size() > 2 ? binder.inputs[2] : nullptr;
  auto* const trees = binder.make<Trees>();
  if (packed.constant == nullptr || !open_forest({packed.constant, packed.bytes}, trees->forest)) {
    return binder.error("its forest is damaged");
  }
  const PackedForest& forest = trees->forest;
  if (forest.is_double || forest.columns == 0 || forest.targets != params.targets ||
      rows.dtype != DType::kFloat32 || output.dtype != DType::kFloat32 ||
      rows.elements % forest.columns != 0 ||
      output.elements != rows.elements / forest.columns * forest.targets ||
      (base != nullptr && (base->dtype != DType::kFloat32 || base->constant == nullptr ||
                           base->elements != forest.targets))) {
    return binder.error("the sizes of its operands do not fit together");
  }
  trees->base = base == nullptr ? nullptr : reinterpret_cast<const float*>(base->constant);
  trees->from = rows.slot;
  trees->to = output.slot;
  trees->rows = rows.elements / forest.columns;
  binder.use(run, trees, (trees->rows + kUnit - 1) / kUnit, forest_scratch_bytes(forest));
  return {};
}

}  // namespace slipway::runtime
