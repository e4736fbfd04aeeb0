// Bernoulli, Multinomial.
#include <algorithm>

#include "kernels/numeric/float_math.h"
#include "kernels/numeric/reduce.h"
#include "ops/op.h"
#include "ops/random/source.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

Status infer_bernoulli(InferContext& ctx) {
  ctx.set_output(0, Type::tensor(TRY(stated_dtype(ctx, ctx.dtype(0))), ctx.input(0).dims));
  return {};
}

// Element i is 1 where number i of the generator is below it.
Status evaluate_bernoulli(EvalContext& ctx) {
  const DType dtype = TRY(stated_dtype(ctx, ctx.input(0).dtype()));
  const numeric::Random random = random_source(ctx);
  const Tensor probability = TRY(cast(ctx.input(0), DType::kFloat64));
  const auto in = probability.data<double>();
  Tensor y = TRY(ctx.make(DType::kFloat64, probability.shape()));
  const auto out = y.mutable_data<double>();
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!(in[i] >= 0.0 && in[i] <= 1.0)) {
      return ctx.fail("element ", i, " is ", in[i], ": probabilities lie between 0 and 1");
    }
    out[i] = random.uniform_float(i) < in[i] ? 1.0 : 0.0;
  }
  return set_narrowed(ctx, 0, std::move(y), dtype);
}

Status check_index_type(const NodeView& view, DType dtype) {
  if (dtype == DType::kInt32 || dtype == DType::kInt64) return {};
  return view.fail("dtype is ", name(dtype), ": outcomes are int32 or int64");
}

Status infer_multinomial(InferContext& ctx) {
  const DType dtype = TRY(stated_dtype(ctx, DType::kInt32));
  TRY(check_index_type(ctx, dtype));
  const std::int64_t samples = ctx.get_int("sample_size", 1);
  if (samples < 0) return ctx.fail("sample_size is ", samples, ": it cannot be negative");
  const Dims* dims = ctx.dims(0);
  if (dims != nullptr && dims->size() != 2) {
    return ctx.fail("the input has rank ", dims->size(), ": it must be [batch, classes]");
  }
  ctx.set_output(0, dtype, {dims == nullptr ? Dim() : (*dims)[0], Dim(samples)});
  return {};
}

// Sample s of a row is the first class whose running sum of exp(x - max x) exceeds number s of the
// row's stream times the whole sum.
Status evaluate_multinomial(EvalContext& ctx) {
  const DType dtype = TRY(stated_dtype(ctx, DType::kInt32));
  TRY(check_index_type(ctx, dtype));
  const Tensor x = TRY(cast(ctx.input(0), DType::kFloat64));
  const std::int64_t samples = ctx.get_int("sample_size", 1);
  if (x.rank() != 2)
    return ctx.fail("the input is ", shape_text(x.shape()), ": it must be [batch, classes]");
  const auto classes = static_cast<std::size_t>(x.dim(1));
  Tensor y = TRY(ctx.make(DType::kInt64, {x.dim(0), samples}));
  if (y.size() != 0 && classes == 0) return ctx.fail("there are no classes to draw from");
  const numeric::Random random = random_source(ctx);
  const auto out = y.mutable_data<std::int64_t>();
  std::vector<double> running(y.size() == 0 ? 0 : classes);
  for (std::size_t at = 0; at < out.size(); ++at) {
    const std::size_t row = at / static_cast<std::size_t>(samples);
    if (at % static_cast<std::size_t>(samples) == 0) {
      const double* logits = x.data<double>().data() + row * classes;
      const double max = numeric::max(logits, classes);
      double sum = 0;
      for (std::size_t c = 0; c < classes; ++c) running[c] = sum += numeric::exp(logits[c] - max);
    }
    const double mark = random.uniform_double(at) * running.back();
    const auto found = std::upper_bound(running.begin(), running.end() - 1, mark);
    out[at] = found - running.begin();
  }
  return set_narrowed(ctx, 0, std::move(y), dtype);
}

}  // namespace

std::vector<Op> sampling_ops() {
  return {
      {.name = "Bernoulli",
       .versions = {{15, "input: T1 -> output: T2 | T1 = floats, T2 = numeric bool",
                     "dtype int, seed float"}},
       .infer = infer_bernoulli,
       .evaluate = evaluate_bernoulli,
       .is_random = true},
      {.name = "Multinomial",
       .versions = {{7, "input: T1 -> output: T2 | T1 = floats, T2 = int32 int64",
                     "dtype int, sample_size int, seed float"}},
       .infer = infer_multinomial,
       .evaluate = evaluate_multinomial,
       .is_random = true},
  };
}

}  // namespace slipway
