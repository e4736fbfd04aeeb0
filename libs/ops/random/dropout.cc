// Dropout. Only training drops anything; otherwise the data passes and the mask is all true.
#include "ops/op.h"
#include "ops/random/source.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

Status infer_dropout(InferContext& ctx) {
  ctx.copy_type(0, 0);
  const DType mask = ctx.version() < 10 ? ctx.dtype(0) : DType::kBool;
  ctx.set_output(1, Type::tensor(mask, ctx.input(0).dims));
  return {};
}

// A scalar input as a double; the default when it is omitted.
Result<double> scalar_input(const EvalContext& ctx, std::size_t i, std::string_view what,
                            double default_value) {
  if (!ctx.has_input(i)) return default_value;
  if (ctx.input(i).size() != 1) {
    return ctx.fail(what, " is ", describe(ctx.value(i)), ": it must be one element");
  }
  const Tensor value = TRY(cast(ctx.input(i), DType::kFloat64));
  return value.data<double>()[0];
}

struct Settings {
  bool drops = false;
  double ratio = 0.5;
};

Result<Settings> read_settings(const EvalContext& ctx) {
  Settings settings;
  if (ctx.version() < 7) {
    settings.drops = !ctx.get_flag("is_test", false);
    settings.ratio = ctx.get_float("ratio", 0.5F);
  } else if (ctx.version() >= 12) {
    settings.drops = TRY(scalar_input(ctx, 2, "training_mode", 0.0)) != 0.0;
    settings.ratio = TRY(scalar_input(ctx, 1, "ratio", 0.5));
  }
  if (settings.drops && !(settings.ratio >= 0.0 && settings.ratio < 1.0)) {
    return ctx.fail("ratio is ", settings.ratio, ": it must be at least 0 and less than 1");
  }
  settings.drops = settings.drops && settings.ratio != 0.0;
  return settings;
}

Status set_mask(EvalContext& ctx, const std::vector<bool>& dropped) {
  if (!ctx.has_output(1)) return {};
  Tensor mask = TRY(ctx.make(DType::kBool, ctx.input(0).shape()));
  const auto out = mask.mutable_data<bool>();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = dropped.empty() || !dropped[i];
  return set_narrowed(ctx, 1, std::move(mask),
                      ctx.version() < 10 ? ctx.input(0).dtype() : DType::kBool);
}

// Element i goes where number i of the generator is below the ratio; what stays is divided by 1 -
// ratio.
Status evaluate_dropout(EvalContext& ctx) {
  const Settings settings = TRY(read_settings(ctx));
  if (!settings.drops) {
    ctx.set_output(0, ctx.input(0));
    return set_mask(ctx, {});
  }
  const auto seed =
      static_cast<std::uint64_t>(ctx.get_int("seed", static_cast<std::int64_t>(ctx.seed())));
  const numeric::Random random(seed);
  Tensor y = TRY(widened(ctx, 0));
  std::vector<bool> dropped(y.size());
  for (std::size_t i = 0; i < dropped.size(); ++i)
    dropped[i] = random.uniform_float(i) < settings.ratio;
  const double scale = 1.0 / (1.0 - settings.ratio);
  visit_real(y.dtype(), [&]<typename T>() {
    const auto out = y.mutable_data<T>();
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = dropped[i] ? T{0} : out[i] * static_cast<T>(scale);
  });
  TRY(set_mask(ctx, dropped));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

constexpr std::string_view kSameMask = "data: T -> output: T, mask?: T | T = floats";
constexpr std::string_view kInputs =
    "data: T, ratio?: T1, training_mode?: T2 -> output: T, mask?: T2 | T = floats float8e4m3fn "
    "float8e4m3fnuz float8e5m2 float8e5m2fnuz, T1 = floats float8e4m3fn float8e4m3fnuz float8e5m2 "
    "float8e5m2fnuz, T2 = bool";

}  // namespace

std::vector<Op> dropout_ops() {
  return {
      {.name = "Dropout",
       .versions = {{1, kSameMask, "consumed_inputs ints, is_test int, ratio float"},
                    {6, kSameMask, "is_test int, ratio float"},
                    {7, kSameMask, "ratio float"},
                    {10, "data: T -> output: T, mask?: T1 | T = floats, T1 = bool", "ratio float"},
                    {12, kInputs, "seed int"}},
       .infer = infer_dropout,
       .evaluate = evaluate_dropout,
       .is_random = true}};
}

}  // namespace slipway
