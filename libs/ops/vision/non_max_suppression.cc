#include <algorithm>
#include <numeric>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"

namespace slipway {
namespace {

struct Box {
  float y1, x1, y2, x2;  // y1 <= y2, x1 <= x2

  float area() const { return (y2 - y1) * (x2 - x1); }
};

Box read_box(const float* numbers, bool center_point) {
  float y1 = numbers[0], x1 = numbers[1], y2 = numbers[2], x2 = numbers[3];
  if (center_point) {
    const float x = numbers[0], y = numbers[1], half_width = numbers[2] / 2,
                half_height = numbers[3] / 2;
    y1 = y - half_height;
    y2 = y + half_height;
    x1 = x - half_width;
    x2 = x + half_width;
  }
  return {std::min(y1, y2), std::min(x1, x2), std::max(y1, y2), std::max(x1, x2)};
}

// Whether intersection over union is beyond the threshold. Boxes without area overlap nothing.
bool overlaps(const Box& a, const Box& b, float threshold) {
  const float height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  const float width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  if (!(height > 0 && width > 0) || !(a.area() > 0 && b.area() > 0)) return false;
  const float common = height * width;
  return common / (a.area() + b.area() - common) > threshold;
}

struct Limits {
  std::int64_t boxes = 0;  // per class
  float overlap = 0;
  std::optional<float> score;
};

Result<std::optional<float>> read_float(const EvalContext& ctx, std::size_t i) {
  if (!ctx.has_input(i)) return std::optional<float>();
  if (ctx.input(i).size() != 1) return ctx.fail("input ", i, " must be one number");
  return std::optional(ctx.input(i).data<float>()[0]);
}

Result<Limits> read_limits(const EvalContext& ctx) {
  Limits limits;
  if (ctx.has_input(2)) {
    const std::vector<std::int64_t> boxes = TRY(ctx.ints(2));
    if (boxes.size() != 1) return ctx.fail("max_output_boxes_per_class must be one number");
    limits.boxes = boxes[0];
  }
  limits.overlap = TRY(read_float(ctx, 3)).value_or(0);
  limits.score = TRY(read_float(ctx, 4));
  return limits;
}

// The boxes that stay, best score first; equal scores in the order given.
std::vector<std::size_t> keep(std::span<const Box> boxes, const float* scores,
                              const Limits& limits) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const bool wanted = !limits.score.has_value() || scores[i] > *limits.score;
    if (wanted && scores[i] == scores[i]) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::vector<std::size_t> kept;
  for (const std::size_t candidate : order) {
    if (static_cast<std::int64_t>(kept.size()) >= limits.boxes) break;
    const bool hidden = std::any_of(kept.begin(), kept.end(), [&](std::size_t better) {
      return overlaps(boxes[candidate], boxes[better], limits.overlap);
    });
    if (!hidden) kept.push_back(candidate);
  }
  return kept;
}

Status infer_non_max_suppression(InferContext& ctx) {
  ctx.set_output(0, DType::kInt64, {Dim(), Dim(3)});
  return {};
}

Status evaluate_non_max_suppression(EvalContext& ctx) {
  const Shape& boxes = ctx.input(0).shape();
  const Shape& scores = ctx.input(1).shape();
  if (boxes.size() != 3 || scores.size() != 3 || boxes[2] != 4 || boxes[0] != scores[0] ||
      boxes[1] != scores[2]) {
    return ctx.fail("boxes ", shape_text(boxes), " and scores ", shape_text(scores),
                    " must be [batch, boxes, 4] and [batch, classes, boxes]");
  }
  const Limits limits = TRY(read_limits(ctx));
  const bool center_point = ctx.get_flag("center_point_box", false);
  const auto count = static_cast<std::size_t>(boxes[1]);
  std::vector<std::int64_t> rows;
  std::vector<Box> corners(ctx.input(0).size() == 0 ? 0 : count);
  for (std::int64_t b = 0; b < boxes[0] && !corners.empty() && ctx.input(1).size() != 0; ++b) {
    const float* numbers = ctx.input(0).data<float>().data() + b * boxes[1] * 4;
    for (std::size_t i = 0; i < count; ++i) corners[i] = read_box(numbers + 4 * i, center_point);
    for (std::int64_t c = 0; c < scores[1]; ++c) {
      const float* row = ctx.input(1).data<float>().data() + (b * scores[1] + c) * boxes[1];
      for (const std::size_t box : keep(corners, row, limits)) {
        rows.insert(rows.end(), {b, c, static_cast<std::int64_t>(box)});
      }
    }
  }
  ctx.set_output(0, Tensor::of(Shape{static_cast<std::int64_t>(rows.size() / 3), 3}, rows));
  return {};
}

}  // namespace

std::vector<Op> non_max_suppression_ops() {
  return {{.name = "NonMaxSuppression",
           .versions = {{10,
                         "boxes: float, scores: float, max_output_boxes_per_class?: int64, "
                         "iou_threshold?: float, score_threshold?: float -> "
                         "selected_indices: int64",
                         "center_point_box int"}},
           .infer = infer_non_max_suppression,
           .evaluate = evaluate_non_max_suppression}};
}

}  // namespace slipway
