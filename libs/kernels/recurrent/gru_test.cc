#include <gtest/gtest.h>

#include "kernels/numeric/float_math.h"
#include "kernels/recurrent/layer_for_test.h"

namespace slipway {
namespace {

struct Row {
  const char* name;
  Layer layer;
};

const Row kRows[] = {
    {"autopilot", {.steps = 5, .batch = 1, .inputs = 25, .hidden = 64}},
    {"one unit", {.steps = 3, .batch = 2, .inputs = 1, .hidden = 1}},
    {"fifteen", {.steps = 3, .batch = 1, .inputs = 64, .hidden = 3}},
    {"a tail of one", {.steps = 4, .batch = 1, .inputs = 7, .hidden = 17}},
    {"two chains", {.steps = 4, .batch = 2, .inputs = 16, .hidden = 31}},
    {"small groups", {.steps = 2, .batch = 3, .inputs = 33, .hidden = 9}},
    {"five groups", {.steps = 3, .batch = 1, .inputs = 20, .hidden = 80}},
    {"no inputs", {.steps = 2, .batch = 1, .inputs = 0, .hidden = 16}},
    {"no steps", {.steps = 0, .batch = 2, .inputs = 4, .hidden = 16}},
    {"reversed", {.steps = 4, .batch = 2, .inputs = 5, .hidden = 20, .starts_reversed = true}},
    {"both ways", {.steps = 4, .batch = 3, .inputs = 5, .hidden = 33, .directions = 2}},
    {"batch first",
     {.steps = 4, .batch = 3, .inputs = 5, .hidden = 20, .directions = 2, .is_batch_first = true}},
    {"lengths",
     {.steps = 5, .batch = 4, .inputs = 5, .hidden = 20, .directions = 2, .has_lengths = true}},
    {"from a state", {.steps = 3, .batch = 2, .inputs = 5, .hidden = 36, .has_state = true}},
    {"no bias", {.steps = 3, .batch = 1, .inputs = 5, .hidden = 36, .has_bias = false}},
    {"clip", {.steps = 3, .batch = 1, .inputs = 5, .hidden = 36, .clip = 0.3F}},
    {"four chains", {.steps = 3, .batch = 1, .inputs = 5, .hidden = 18}},
    {"nine groups", {.steps = 2, .batch = 1, .inputs = 5, .hidden = 140}},
    {"linear", {.steps = 3, .batch = 1, .inputs = 5, .hidden = 64, .is_variant = true}},
    {"linear, four groups, the last one not full",
     {.steps = 6,
      .batch = 3,
      .inputs = 5,
      .hidden = 60,
      .directions = 2,
      .has_lengths = true,
      .has_state = true,
      .is_variant = true}},
    {"linear, eight groups",
     {.steps = 5, .batch = 1, .inputs = 5, .hidden = 128, .is_variant = true}},
    {"linear, four chains",
     {.steps = 3, .batch = 2, .inputs = 5, .hidden = 18, .is_variant = true}},
    {"linear, a tail", {.steps = 3, .batch = 1, .inputs = 5, .hidden = 35, .is_variant = true}},
    {"linear, no bias",
     {.steps = 3, .batch = 1, .inputs = 5, .hidden = 35, .has_bias = false, .is_variant = true}},
    {"linear, clip",
     {.steps = 3, .batch = 1, .inputs = 5, .hidden = 64, .clip = 0.3F, .is_variant = true}},
    {"states beyond one",
     {.steps = 4,
      .batch = 3,
      .inputs = 9,
      .hidden = 33,
      .directions = 2,
      .has_state = true,
      .state_size = 5}},
    {"states far beyond one, two pairs",
     {.steps = 3, .batch = 2, .inputs = 9, .hidden = 64, .has_state = true, .state_size = 3e8F}},
    {"inputs of all sizes",
     {.steps = 5, .batch = 2, .inputs = 19, .hidden = 20, .has_sizes = true}},
    {"an infinity and a NaN",
     {.steps = 6, .batch = 3, .inputs = 19, .hidden = 64, .has_bad_inputs = true}},
    {"a bad state",
     {.steps = 3, .batch = 3, .inputs = 5, .hidden = 64, .has_state = true, .has_bad_state = true}},
    {"deep", {.steps = 2, .batch = 1, .inputs = 1030, .hidden = 20}},
    {"linear, states beyond one",
     {.steps = 4,
      .batch = 2,
      .inputs = 9,
      .hidden = 64,
      .has_state = true,
      .is_variant = true,
      .state_size = 5}},
};

// One step of one sequence, as ONNX writes it.
void gru_step(const Layer& layer, const LayerData& /*data*/, const GateSums& sums, float* h,
              float* /*c*/) {
  const std::size_t hidden = layer.hidden;
  std::vector<float> z(hidden);
  std::vector<float> r(hidden);
  std::vector<float> reset(hidden);
  for (std::size_t j = 0; j < hidden; ++j) {
    z[j] = numeric::sigmoid(layer.clipped(sums.of(0, j)));
    r[j] = numeric::sigmoid(layer.clipped(sums.of(1, j)));
    reset[j] = r[j] * sums.h[j];
  }
  for (std::size_t j = 0; j < hidden; ++j) {
    float sum = 0;
    if (layer.is_variant) {
      float inner = sums.rh(2, j, sums.h.data());
      if (layer.has_bias) inner += sums.bias(1, 2, j);
      sum = sums.wx(2, j) + r[j] * inner;
      if (layer.has_bias) sum += sums.bias(0, 2, j);
    } else {
      sum = sums.of(2, j, reset.data());
    }
    const float g = numeric::tanh(layer.clipped(sum));
    h[j] = (1.0F - z[j]) * g + z[j] * h[j];
  }
}

TEST(Gru, HasTheBitsOfTheDefinitionForEveryStorageOnEveryInstructionSet) {
  for (const Row& row : kRows) {
    expect_definition(row.name, RecurrentKind::kGru, {gru_kernels, byte_gru_kernels}, row.layer,
                      gru_step);
  }
}

}  // namespace
}  // namespace slipway
