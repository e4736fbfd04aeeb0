#include "quantize/quantize.h"

#include <algorithm>

#include "base/str.h"
#include "passes/list.h"
#include "passes/rewrite.h"
#include "quantize/dynamic.h"
#include "quantize/equalize.h"
#include "quantize/halves.h"
#include "quantize/insert.h"
#include "quantize/learn.h"
#include "quantize/prepare.h"

namespace slipway::quantize {
namespace {

constexpr int kPerChannelOpset = 13;  // DequantizeLinear has an axis
constexpr int kQuantizeOpset = 10;

int needed_opset(const Options& options) {
  return options.is_per_tensor ? kQuantizeOpset : kPerChannelOpset;
}

std::string placement_note(const Placement& placement) {
  std::vector<std::string> parts;
  if (!placement.products.empty())
    parts.push_back(count_text(placement.products.size(), "product"));
  if (!placement.sums.empty()) parts.push_back(count_text(placement.sums.size(), "sum"));
  if (!placement.movers.empty())
    parts.push_back(str(count_text(placement.movers.size(), "node"), " that move",
                        placement.movers.size() == 1 ? "s" : "", " elements"));
  const std::size_t alone = placement.recurrent.size() + placement.weights_alone.size();
  if (alone != 0) parts.push_back(str("the weights alone of ", count_text(alone, "layer")));
  return parts.empty() ? "quantised: nothing, all stays float" : str("quantised: ", join(parts));
}

Error nothing_to_do(const Options& options) {
  return Error{
      Code::kInvalid,
      str("no node can be quantised: a Conv, Gemm or MatMul with constant float weights, an "
          "LSTM, GRU or RNN would be",
          options.only.empty() && options.exclude.empty()
              ? ""
              : "; --only and --exclude leave none of those there are")};
}

std::vector<std::string> pair_notes(const Pairs& pairs) {
  std::vector<std::string> notes;
  if (!pairs.pairs.empty())
    notes.push_back(str("equalised: ", count_text(pairs.pairs.size(), "pair"), " of convolutions"));
  if (pairs.clipped != 0) {
    notes.push_back(str("not equalised: ", count_text(pairs.clipped, "pair"),
                        " of convolutions with a Clip (ReLU6) between them, whose bound is one for "
                        "all channels"));
  }
  return notes;
}

}  // namespace

Status check_options(const Model& model, const Options& options) {
  TRY(check_names(model.graph, options.exclude, "--exclude"));
  return check_names(model.graph, options.only, "--only");
}

Result<Calibrated> Calibrated::create(Model model, const Options& options,
                                      samples::Samples* samples, std::optional<Learned> learned,
                                      const Progress& progress) {
  Calibrated made;
  made.options_ = options;
  TRY(raise_opset(model, needed_opset(options),
                  options.is_per_tensor ? "quantising" : "a scale for each channel"));
  TRY(prepare(model));
  TRY(check_options(model, options));
  made.placement_ = place(model.graph, options);
  if (made.placement_.is_empty()) return nothing_to_do(options);
  const Placement& placement = made.placement_;
  made.model_ = model.clone();
  made.equalized_ = std::move(model);
  const bool is_known = learned.has_value();
  if (!is_known && samples == nullptr && !placement.products.empty())
    return Error{Code::kUsage, "static quantisation needs samples or a cache of their ranges"};
  Pairs pairs;
  if (options.equalizes && !placement.products.empty()) {
    pairs = find_pairs(made.model_.graph, placement);
    made.notes_ = pair_notes(pairs);
  }
  if (is_known) {
    made.learned_ = *std::move(learned);
  } else if (!placement.products.empty()) {
    made.learned_ = TRY(learn(made.model_, placement, pairs.pairs, *samples, options, progress));
  }
  TRY(apply_factors(made.equalized_.graph, placement, pairs.pairs, made.learned_.factors));
  return made;
}

Result<Outcome> Calibrated::quantize(const std::set<std::string>& kept) const {
  Outcome outcome{equalized_.clone(), notes_};
  const Placement placement = place(outcome.model.graph, options_, kept);
  TRY(insert_qdq(outcome.model, placement, learned_, options_));
  if (options_.is_qoperator) {
    TRY(move_bytes(outcome.model));
    TRY(use_integers(outcome.model));
  }
  TRY(finish(outcome.model));
  outcome.notes.insert(outcome.notes.begin(), placement_note(placement));
  return outcome;
}

Result<Outcome> quantize_without_samples(Model model, const Options& options) {
  const bool is_half = options.to == Precision::kFloat16 || options.to == Precision::kBfloat16;
  if (!is_half) {
    TRY(raise_opset(model, std::max(needed_opset(options), options.is_dynamic ? 11 : 0),
                    options.is_per_tensor ? "quantising" : "a scale for each channel"));
  }
  if (options.to == Precision::kBfloat16) TRY(raise_opset(model, 13, "a Cast from bfloat16"));
  TRY(prepare(model));
  TRY(check_options(model, options));
  Outcome outcome;
  if (is_half) {
    outcome.notes = TRY(to_halves(model, options));
  } else {
    const Placement placement = place(model.graph, options);
    if (placement.is_empty()) return nothing_to_do(options);
    if (options.is_dynamic) {
      outcome.notes = TRY(quantize_dynamically(model, placement, options));
    } else {
      quantize_weights_alone(model.graph, placement, options);
      const std::size_t products = placement.products.size() + placement.weights_alone.size();
      outcome.notes.push_back(str("weights alone: of ", count_text(products, "product"), " and ",
                                  count_text(placement.recurrent.size(), "recurrent layer")));
    }
  }
  TRY(finish(model));
  outcome.model = std::move(model);
  return outcome;
}

}  // namespace slipway::quantize
