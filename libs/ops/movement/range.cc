#include <cmath>
#include <limits>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/dims.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

constexpr std::int64_t kTooMany = std::numeric_limits<std::int64_t>::max();

// Numbers from start, delta apart, before limit. delta must not be 0.
std::int64_t count_steps(std::int64_t start, std::int64_t limit, std::int64_t delta) {
  const bool up = delta > 0;
  if (up ? start >= limit : start <= limit) return 0;
  const std::uint64_t distance =
      up ? static_cast<std::uint64_t>(limit) - static_cast<std::uint64_t>(start)
         : static_cast<std::uint64_t>(start) - static_cast<std::uint64_t>(limit);
  const std::uint64_t stride =
      up ? static_cast<std::uint64_t>(delta) : ~static_cast<std::uint64_t>(delta) + 1;
  const std::uint64_t count = (distance - 1) / stride + 1;
  return count > static_cast<std::uint64_t>(kTooMany) ? kTooMany : static_cast<std::int64_t>(count);
}

template <typename Real>
std::int64_t count_real_steps(Real start, Real limit, Real delta) {
  const Real count = std::ceil((limit - start) / delta);
  if (!(count > 0)) return 0;
  return count < Real(9e18) ? static_cast<std::int64_t>(count) : kTooMany;
}

Status infer_range(InferContext& ctx) {
  const auto start = ctx.known_ints(0);
  const auto limit = ctx.known_ints(1);
  const auto delta = ctx.known_ints(2);
  Dims out(1);
  const auto single = [](const auto& ints) { return ints.has_value() && ints->size() == 1; };
  if (single(delta) && (*delta)[0] == 0) return ctx.fail("delta is 0: the range would never end");
  if (single(start) && single(limit) && single(delta)) {
    const std::int64_t count = count_steps((*start)[0], (*limit)[0], (*delta)[0]);
    out[0] = count;
    if (count <= static_cast<std::int64_t>(kMaxFollowedElements)) {
      Dims elements;
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t element = (*start)[0] + i * (*delta)[0];
        elements.push_back(element >= 0 ? Dim(element) : Dim());
      }
      ctx.set_elements(0, std::move(elements));
    }
  } else if (single(start) && (*start)[0] == 0 && single(delta) && (*delta)[0] == 1) {
    const std::optional<Dims> end = ctx.elements(1);
    if (end.has_value() && end->size() == 1) out[0] = (*end)[0];
  }
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

template <typename T>
Result<Tensor> make_range(EvalContext& ctx, T start, T limit, T delta) {
  if (delta == 0) return ctx.fail("delta is 0: the range would never end");
  std::int64_t count = 0;
  if constexpr (std::is_floating_point_v<T>) {
    count = count_real_steps(start, limit, delta);
  } else {
    count = count_steps(start, limit, delta);
  }
  Tensor out = TRY(ctx.make(dtype_of<T>, {count}));
  const auto elements = out.mutable_data<T>();
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if constexpr (std::is_floating_point_v<T>) {
      elements[i] = start + static_cast<T>(i) * delta;
    } else {
      elements[i] =
          static_cast<T>(static_cast<std::uint64_t>(start) + i * static_cast<std::uint64_t>(delta));
    }
  }
  return out;
}

Status evaluate_range(EvalContext& ctx) {
  const DType dtype = ctx.input(0).dtype();
  const DType compute =
      dtype == DType::kFloat16 || dtype == DType::kBfloat16 ? DType::kFloat32 : dtype;
  std::vector<Tensor> bounds;
  for (std::size_t i = 0; i < 3; ++i) {
    if (ctx.input(i).size() != 1) {
      return ctx.fail("start, limit and delta must be scalars, input ", i, " is ",
                      describe(ctx.value(i)));
    }
    bounds.push_back(TRY(cast(ctx.input(i), compute)));
  }
  std::optional<Result<Tensor>> out;
  visit_numeric(compute, [&]<typename T>() {
    if constexpr (std::is_signed_v<T>) {
      out = make_range<T>(ctx, bounds[0].data<T>()[0], bounds[1].data<T>()[0],
                          bounds[2].data<T>()[0]);
    }
  });
  if (!out.has_value()) return ctx.unsupported("ranges of ", name(dtype), " elements");
  if (!out->ok()) return out->error();
  ctx.set_output(0, TRY(cast(out->value(), dtype)));
  return {};
}

}  // namespace

std::vector<Op> range_ops() {
  return {{.name = "Range",
           .versions = {{11,
                         "start: T, limit: T, delta: T -> output: T | "
                         "T = float int16 int32 int64 double"},
                        {27,
                         "start: T, limit: T, delta: T -> output: T | "
                         "T = floats int16 int32 int64",
                         "stash_type int"}},
           .infer = infer_range,
           .evaluate = evaluate_range}};
}

}  // namespace slipway
