#include "ops/random/source.h"

#include <bit>

namespace slipway {

numeric::Random random_source(const EvalContext& ctx) {
  if (!ctx.has_attribute("seed")) return numeric::Random(ctx.seed());
  return numeric::Random(std::bit_cast<std::uint32_t>(ctx.get_float("seed", 0)));
}

Result<DType> stated_dtype(const NodeView& view, DType default_type) {
  if (!view.has_attribute("dtype")) return default_type;
  const std::optional<DType> dtype = dtype_from_number(view.get_int("dtype", 0));
  if (!dtype.has_value()) {
    return view.fail("dtype is ", view.get_int("dtype", 0),
                     ", no element type's number: 1 is float");
  }
  return *dtype;
}

}  // namespace slipway
