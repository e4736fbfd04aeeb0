// Window functions and the mel filter bank: computed in double, stored in the type that is asked
// for.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/numeric/float_math.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

Result<DType> output_dtype(const NodeView& view) {
  const std::int64_t number =
      view.get_int("output_datatype", static_cast<std::int64_t>(DType::kFloat32));
  const std::optional<DType> dtype = dtype_from_number(number);
  if (!dtype.has_value() || !(is_float(*dtype) || is_integer(*dtype))) {
    return view.fail("output_datatype ", number, " is not a type of numbers");
  }
  return *dtype;
}

Status infer_window(InferContext& ctx) {
  Dims out(1);
  const auto size = ctx.elements(0);
  if (size.has_value() && size->size() == 1) out[0] = (*size)[0];
  ctx.set_output(0, TRY(output_dtype(ctx)), std::move(out));
  return {};
}

// Weights of 1, -cos(t) and cos(2 t), where t goes once around over the window.
struct Cosines {
  double constant, first, second;
};

Status evaluate_window(EvalContext& ctx, const Cosines& weights) {
  const std::vector<std::int64_t> size = TRY(ctx.ints(0));
  if (size.size() != 1) return ctx.fail("the size must be one number");
  Tensor out = TRY(ctx.make(DType::kFloat64, {size[0]}));
  const std::int64_t period = ctx.get_flag("periodic", true) ? size[0] : size[0] - 1;
  const auto values = out.mutable_data<double>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double t =
        period == 0 ? std::numbers::pi
                    : 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(period);
    values[i] =
        weights.constant - weights.first * numeric::cos(t) + weights.second * numeric::cos(2 * t);
  }
  ctx.set_output(0, TRY(cast(out, TRY(output_dtype(ctx)))));
  return {};
}

Status evaluate_hann(EvalContext& ctx) { return evaluate_window(ctx, {0.5, 0.5, 0}); }
Status evaluate_hamming(EvalContext& ctx) {
  return evaluate_window(ctx, {25.0 / 46.0, 21.0 / 46.0, 0});
}
Status evaluate_blackman(EvalContext& ctx) { return evaluate_window(ctx, {0.42, 0.5, 0.08}); }

Status infer_mel(InferContext& ctx) {
  const auto bins = ctx.elements(0);
  const auto length = ctx.known_ints(1);
  Dims out(2);
  if (bins.has_value() && bins->size() == 1) out[1] = (*bins)[0];
  if (length.has_value() && length->size() == 1 && (*length)[0] >= 0) out[0] = (*length)[0] / 2 + 1;
  ctx.set_output(0, TRY(output_dtype(ctx)), std::move(out));
  return {};
}

double mel_of(double hertz) {
  return 2595.0 * (numeric::log(1.0 + hertz / 700.0) / std::numbers::ln10);
}
double hertz_of(double mel) { return 700.0 * (numeric::pow(10.0, mel / 2595.0) - 1.0); }

struct MelBank {
  std::int64_t bands, length, rate;
  double lower, upper;
};

Result<MelBank> read_bank(const EvalContext& ctx) {
  std::int64_t counts[3] = {};
  double hertz[2] = {};
  for (std::size_t i = 0; i < 5; ++i) {
    if (ctx.input(i).size() != 1) return ctx.fail("input ", i, " must be one number");
    const Tensor number = TRY(cast(ctx.input(i), i < 3 ? DType::kInt64 : DType::kFloat64));
    if (i < 3) {
      counts[i] = number.data<std::int64_t>()[0];
    } else {
      hertz[i - 3] = number.data<double>()[0];
    }
  }
  const MelBank bank{counts[0], counts[1], counts[2], hertz[0], hertz[1]};
  constexpr std::int64_t kLimit = std::int64_t{1} << 40;
  const bool sizes = bank.bands >= 0 && bank.bands < kLimit && bank.length >= 0 &&
                     bank.length < kLimit && bank.rate >= 1;
  if (!sizes || !(bank.lower >= 0) || !(bank.upper >= bank.lower) || !std::isfinite(bank.upper)) {
    return ctx.fail("a bank of ", bank.bands, " bands from ", bank.lower, " to ", bank.upper,
                    " hertz, for a transform of ", bank.length, " at ", bank.rate,
                    " samples a second, makes no sense");
  }
  return bank;
}

// The bin of the spectrum at the edge of each band, two more than there are bands.
std::vector<std::int64_t> band_edges(const MelBank& bank, std::int64_t bins) {
  const double low = mel_of(bank.lower);
  const double step = (mel_of(bank.upper) - low) / static_cast<double>(bank.bands + 2);
  std::vector<std::int64_t> edges;
  for (std::int64_t i = 0; i < bank.bands + 2; ++i) {
    const double hertz = hertz_of(static_cast<double>(i) * step + low);
    const double bin =
        std::floor(static_cast<double>(bank.length + 1) * hertz / static_cast<double>(bank.rate));
    edges.push_back(static_cast<std::int64_t>(std::clamp(bin, 0.0, static_cast<double>(2 * bins))));
  }
  return edges;
}

Status evaluate_mel(EvalContext& ctx) {
  const MelBank bank = TRY(read_bank(ctx));
  const std::int64_t bins = bank.length / 2 + 1;
  Tensor out = TRY(ctx.make(DType::kFloat64, {bins, bank.bands}));
  const std::vector<std::int64_t> edges = band_edges(bank, bins);
  const auto weights = out.mutable_data<double>();
  const auto set = [&](std::int64_t bin, std::int64_t band, double weight) {
    if (bin < bins) weights[static_cast<std::size_t>(bin * bank.bands + band)] = weight;
  };
  for (std::int64_t band = 0; band < bank.bands; ++band) {
    const auto at = edges.begin() + band;
    const std::int64_t lower = at[0], center = at[1], upper = at[2];
    if (lower == center) set(center, band, 1);
    for (std::int64_t bin = lower; bin <= center && lower != center; ++bin) {
      set(bin, band, static_cast<double>(bin - lower) / static_cast<double>(center - lower));
    }
    for (std::int64_t bin = center; bin < upper; ++bin) {
      set(bin, band, static_cast<double>(upper - bin) / static_cast<double>(upper - center));
    }
  }
  ctx.set_output(0, TRY(cast(out, TRY(output_dtype(ctx)))));
  return {};
}

Op window(std::string_view name, Status (*evaluate)(EvalContext&)) {
  return {.name = name,
          .versions = {{17, "size: T1 -> output: T2 | T1 = int32 int64, T2 = numeric",
                        "output_datatype int, periodic int"}},
          .infer = infer_window,
          .evaluate = evaluate};
}

}  // namespace

std::vector<Op> window_ops() {
  return {window("BlackmanWindow", evaluate_blackman),
          window("HammingWindow", evaluate_hamming),
          window("HannWindow", evaluate_hann),
          {.name = "MelWeightMatrix",
           .versions = {{17,
                         "num_mel_bins: T1, dft_length: T1, sample_rate: T1, "
                         "lower_edge_hertz: T2, upper_edge_hertz: T2 -> output: T3 | "
                         "T1 = int32 int64, T2 = floats, T3 = numeric",
                         "output_datatype int"}},
           .infer = infer_mel,
           .evaluate = evaluate_mel}};
}

}  // namespace slipway
