#include "kernels/vectors/column_products.h"

#include <algorithm>
#include <bit>

#include "plan/params.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kUnitRows = 16;

struct Products {
  ColumnProducts products;
  std::size_t rows;
  std::uint32_t from, to;
};

RunCode run(const void* context, const Call& call) {
  const Products& step = *static_cast<const Products*>(context);
  const std::size_t row = call.begin * kUnitRows;
  const std::size_t end = std::min(call.end * kUnitRows, step.rows);
  multiply_columns(step.products, call.at<const float>(step.from) + row * step.products.columns,
                   end - row, call.at<float>(step.to) + row * step.products.outputs,
                   reinterpret_cast<float*>(call.scratch));
  return RunCode::kOk;
}

}  // namespace

Status bind_column_products(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::ColumnProductsParams>());
  const Operand& rows = *binder.inputs[0];
  const Operand& factors = *binder.inputs[1];
  const Operand& output = *binder.outputs[0];
  if (params.width == 0 || params.width > kMostFactors || !std::has_single_bit(params.width) ||
      params.columns == 0 || params.columns > 1U << 24) {
    return binder.error("its parameters are out of range");
  }
  if (factors.constant == nullptr || factors.dtype != DType::kInt32 || factors.elements == 0 ||
      factors.elements % params.width != 0 || rows.dtype != DType::kFloat32 ||
      output.dtype != DType::kFloat32 || rows.elements % params.columns != 0) {
    return binder.error("the sizes of its operands do not fit together");
  }
  auto* const step = binder.make<Products>();
  step->products = {params.columns, factors.elements / params.width, params.width,
                    reinterpret_cast<const std::int32_t*>(factors.constant)};
  step->rows = rows.elements / params.columns;
  if (output.elements % step->products.outputs != 0 ||
      output.elements / step->products.outputs != step->rows) {
    return binder.error("the sizes of its operands do not fit together");
  }
  for (std::size_t i = 0; i < factors.elements; ++i) {
    const std::int32_t column = step->products.factors[i];
    if (column < 0 || static_cast<std::uint32_t>(column) > params.columns)
      return binder.error("it names a column that does not exist");
  }
  step->from = rows.slot;
  step->to = output.slot;
  binder.work = output.elements * params.width;
  binder.use(run, step, (step->rows + kUnitRows - 1) / kUnitRows,
             column_products_scratch(step->products) * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
