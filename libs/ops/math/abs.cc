#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"

namespace slipway {
namespace {

Status evaluate_abs(EvalContext& ctx) {
  const Tensor& x = ctx.input(0);
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  const bool known = visit_numeric(x.dtype(), [&]<typename T>() {
    const auto in = x.data<T>();
    const auto out = y.mutable_data<T>();
    for (std::size_t i = 0; i < in.size(); ++i)
      out[i] = in[i] < T{0} ? static_cast<T>(T{0} - in[i]) : in[i];
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  ctx.set_output(0, std::move(y));
  return {};
}

}  // namespace

std::vector<Op> abs_ops() {
  return {{.name = "Abs",
           .versions = {{1, "X: T -> Y: T | T = numeric", ""}},
           .infer = infer_same_as_first,
           .evaluate = evaluate_abs}};
}

}  // namespace slipway
