#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"

namespace slipway {
namespace {

Status evaluate_binarizer(EvalContext& ctx) {
  const Tensor& x = ctx.input(0);
  const float threshold = ctx.get_float("threshold", 0.0F);
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  const bool known = visit_numeric(x.dtype(), [&]<typename T>() {
    const auto in = x.data<T>();
    const auto out = y.mutable_data<T>();
    for (std::size_t i = 0; i < in.size(); ++i) {
      out[i] = static_cast<double>(in[i]) > static_cast<double>(threshold) ? T{1} : T{0};
    }
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  ctx.set_output(0, std::move(y));
  return {};
}

}  // namespace

std::vector<Op> binarizer_ops() {
  return {{.name = "Binarizer",
           .domain = kMl,
           .versions = {{1, "X: T -> Y: T | T = float int32 int64 double", "threshold float"}},
           .infer = infer_same_as_first,
           .evaluate = evaluate_binarizer}};
}

}  // namespace slipway
