#include "choose/accuracy.h"

#include <algorithm>
#include <cmath>

namespace slipway::choose {
namespace {

std::optional<double> sqnr_of(const measure::OutputError& error) {
  if (error.is_exact || !std::isfinite(error.sqnr_db)) return std::nullopt;
  return error.sqnr_db;
}

report::OutputError output_of(const measure::OutputError& error) {
  return {.name = error.name,
          .max_error = error.max_error,
          .mean_error = error.mean_error,
          .cosine = error.cosine,
          .sqnr_db = sqnr_of(error),
          .agreement = error.top1_agreement,
          .not_finite = error.mismatched};
}

double drop_percent(const measure::OutputError& error) {
  if (error.mismatched > 0) return HUGE_VAL;
  if (error.top1_agreement) return 100 * (1 - *error.top1_agreement);
  return error.is_exact ? 0 : 100 * error.relative_error();
}

}  // namespace

report::Accuracy accuracy_of(const measure::CompareResult& compared) {
  report::Accuracy out;
  out.samples = compared.samples;
  for (const measure::OutputError& error : compared.outputs) {
    out.outputs.push_back(output_of(error));
    const double drop = drop_percent(error);
    if (out.outputs.size() > 1 && !(drop > out.drop_percent)) continue;
    out.drop_percent = drop;
    out.drop_meaning = error.top1_agreement ? "samples whose top-1 class changed"
                                            : "mean error as a share of the mean size";
  }
  if (compared.accuracy) {
    out.score = compared.accuracy->candidate;
    out.reference_score = compared.accuracy->reference;
    if (std::isfinite(out.drop_percent))
      out.drop_percent = std::max(0.0, 100 * compared.accuracy->drop());
    out.drop_meaning = "points of top-1 accuracy";
  }
  for (const measure::WorstSample& worst : compared.worst) {
    const bool is_new = std::find(out.worst_samples.begin(), out.worst_samples.end(),
                                  worst.sample) == out.worst_samples.end();
    if (is_new && (worst.max_error > 0 || worst.is_mismatched))
      out.worst_samples.push_back(worst.sample);
  }
  return out;
}

report::LayerError layer_error_of(const measure::LayerError& layer) {
  return {layer.value, sqnr_of(layer.error), layer.error.max_error};
}

}  // namespace slipway::choose
