// NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss.
#include "kernels/numeric/reduce.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

Status check_reduction(const NodeView& view, const std::string& reduction) {
  if (reduction == "none" || reduction == "mean" || reduction == "sum") return {};
  return view.fail("reduction is \"", reduction, "\": it must be \"none\", \"mean\" or \"sum\"");
}

Status infer_loss(InferContext& ctx) {
  const std::string reduction = ctx.get_string("reduction", "mean");
  TRY(check_reduction(ctx, reduction));
  const Dims* scores = ctx.dims(0);
  if (scores != nullptr && scores->size() < 2) {
    return ctx.fail("the scores have rank ", scores->size(),
                    ": they must be [batch, classes, ...]");
  }
  if (reduction == "none") {
    ctx.set_output(0, Type::tensor(ctx.dtype(0), ctx.input(1).dims));
  } else {
    ctx.set_output(0, ctx.dtype(0), Dims{});
  }
  if (ctx.output_count() > 1) ctx.copy_type(1, 0);
  return {};
}

// [batch, classes, positions] of the scores; the labels are [batch, positions].
struct Extents {
  std::size_t batch = 0, classes = 0, positions = 1;
};

Result<Extents> check_shapes(const EvalContext& ctx) {
  const Shape& scores = ctx.input(0).shape();
  Shape labels = scores;
  if (scores.size() >= 2) labels.erase(labels.begin() + 1);
  if (scores.size() < 2 || ctx.input(1).shape() != labels) {
    return ctx.fail("the scores are ", shape_text(scores), " and the labels ",
                    shape_text(ctx.input(1).shape()),
                    ": they must be [batch, classes, ...] and [batch, ...]");
  }
  if (ctx.has_input(2) && ctx.input(2).shape() != Shape{scores[1]}) {
    return ctx.fail("the weights are ", shape_text(ctx.input(2).shape()), ": they must be [",
                    scores[1], ']');
  }
  Extents extents;
  extents.batch = static_cast<std::size_t>(scores[0]);
  extents.classes = static_cast<std::size_t>(scores[1]);
  for (std::size_t d = 2; d < scores.size(); ++d)
    extents.positions *= static_cast<std::size_t>(scores[d]);
  return extents;
}

// The loss of every label and its weight, both 0 for ignored ones.
template <typename T>
struct Losses {
  std::vector<T> loss;
  std::vector<T> weight;
};

template <typename T>
Result<Losses<T>> label_losses(const EvalContext& ctx, const Extents& extents,
                               std::span<const T> log_prob) {
  const std::vector<std::int64_t> labels = TRY(ctx.ints(1));
  const Tensor weights = TRY(widened(ctx, 2));
  const bool ignores = ctx.has_attribute("ignore_index");
  const std::int64_t ignored = ctx.get_int("ignore_index", 0);
  Losses<T> result{std::vector<T>(labels.size(), T{0}), std::vector<T>(labels.size(), T{0})};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (ignores && labels[i] == ignored) continue;
    if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= extents.classes) {
      return ctx.fail("label ", i, " is ", labels[i], ": labels number the ", extents.classes,
                      " classes from 0, or are ignore_index");
    }
    const auto label = static_cast<std::size_t>(labels[i]);
    const std::size_t row = i / extents.positions * extents.classes + label;
    const T weight = ctx.has_input(2) ? weights.data<T>()[label] : T{1};
    result.weight[i] = weight;
    result.loss[i] = -log_prob[row * extents.positions + i % extents.positions] * weight;
  }
  return result;
}

// The mean divides by the sum of the weights.
template <typename T>
Status set_loss(EvalContext& ctx, const Losses<T>& losses, const std::string& reduction) {
  const DType dtype = ctx.input(0).dtype();
  if (reduction == "none") {
    Tensor y = TRY(ctx.make(dtype_of<T>, ctx.input(1).shape()));
    std::copy(losses.loss.begin(), losses.loss.end(), y.mutable_data<T>().begin());
    return set_narrowed(ctx, 0, std::move(y), dtype);
  }
  T total = numeric::sum(losses.loss.data(), losses.loss.size());
  if (reduction == "mean") total /= numeric::sum(losses.weight.data(), losses.weight.size());
  return set_narrowed(ctx, 0, Tensor::scalar(total), dtype);
}

Status evaluate_loss_of(EvalContext& ctx, const Extents& extents, const Tensor& log_prob) {
  const std::string reduction = ctx.get_string("reduction", "mean");
  TRY(check_reduction(ctx, reduction));
  if (ctx.has_input(2) && ctx.input(2).dtype() != ctx.input(0).dtype()) {
    return ctx.fail("the weights are ", name(ctx.input(2).dtype()), " and the scores ",
                    name(ctx.input(0).dtype()), ": both must have one type");
  }
  Status status;
  visit_real(log_prob.dtype(), [&]<typename T>() {
    const Result<Losses<T>> losses = label_losses<T>(ctx, extents, log_prob.data<T>());
    status = losses.ok() ? set_loss(ctx, *losses, reduction) : Status(losses.error());
  });
  return status;
}

Status evaluate_nll(EvalContext& ctx) {
  const Extents extents = TRY(check_shapes(ctx));
  const Tensor log_prob = TRY(widened(ctx, 0));
  return evaluate_loss_of(ctx, extents, log_prob);
}

Status evaluate_cross_entropy(EvalContext& ctx) {
  const Extents extents = TRY(check_shapes(ctx));
  const Tensor scores = TRY(widened(ctx, 0));
  Tensor log_prob = TRY(ctx.make(scores.dtype(), scores.shape()));
  visit_real(scores.dtype(), [&]<typename T>() {
    const T* in = scores.data<T>().data();
    T* out = log_prob.mutable_data<T>().data();
    const auto stride = static_cast<std::ptrdiff_t>(extents.positions);
    for (std::size_t at = 0; at < scores.size(); at += extents.classes * extents.positions) {
      for (std::size_t p = 0; p < extents.positions; ++p) {
        numeric::log_softmax_row(in + at + p, out + at + p, extents.classes, stride);
      }
    }
  });
  TRY(evaluate_loss_of(ctx, extents, log_prob));
  if (!ctx.has_output(1)) return {};
  return set_narrowed(ctx, 1, std::move(log_prob), ctx.input(0).dtype());
}

}  // namespace

std::vector<Op> loss_ops() {
  return {
      {.name = "NegativeLogLikelihoodLoss",
       .versions =
           {{12, "input: T, target: Tind, weight?: T -> loss: T | T = floats, Tind = int32 int64",
             "ignore_index int, reduction string"}},
       .infer = infer_loss,
       .evaluate = evaluate_nll},
      {.name = "SoftmaxCrossEntropyLoss",
       .versions =
           {{12,
             "scores: T, labels: Tind, weights?: T -> output: T, log_prob?: T | T = floats, "
             "Tind = int32 int64",
             "ignore_index int, reduction string"}},
       .infer = infer_loss,
       .evaluate = evaluate_cross_entropy},
  };
}

}  // namespace slipway
