// post_transform: what the ai.onnx.ml models do to their scores at the end.
#pragma once

#include <cstdint>
#include <span>

#include "ops/node_view.h"

namespace slipway {

enum class PostTransform : std::uint8_t { kNone, kSoftmax, kLogistic, kSoftmaxZero, kProbit };

// The string attribute post_transform.
Result<PostTransform> read_post_transform(const NodeView& view);

// Transforms one row of scores in place.
//  SOFTMAX       exp(x - max) / sum
//  SOFTMAX_ZERO  the same, where scores within 1e-7 of zero become x * exp(-max)
//  LOGISTIC      1 / (1 + exp(-x))
//  PROBIT        sqrt(2) * erfinv(2 x - 1), erfinv by Winitzki's formula with a = 0.147, as other
//                implementations of ai.onnx.ml have it
void apply_post_transform(PostTransform transform, std::span<float> scores);
void apply_post_transform(PostTransform transform, std::span<double> scores);

// Scores of a two-class model that has one score s, for the second class: writes both classes.
// LOGISTIC: logistic(-s) and logistic(s); else 1 - s and s where all weights are positive, so that
// s is a probability, and -s and s where they are not.
void write_two_classes(PostTransform transform, bool is_probability, float score,
                       std::span<float> scores);

}  // namespace slipway
