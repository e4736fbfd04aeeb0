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
    {"four groups, the last one not full",
     {.steps = 6,
      .batch = 3,
      .inputs = 5,
      .hidden = 60,
      .directions = 2,
      .has_lengths = true,
      .has_state = true}},
    {"eight groups", {.steps = 5, .batch = 1, .inputs = 5, .hidden = 128}},
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
    {"peepholes", {.steps = 3, .batch = 1, .inputs = 5, .hidden = 36, .has_peepholes = true}},
    {"coupled", {.steps = 3, .batch = 1, .inputs = 5, .hidden = 36, .is_variant = true}},
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
};

// One step of one sequence, as ONNX writes it.
void lstm_step(const Layer& layer, const LayerData& data, const GateSums& sums, float* h,
               float* c) {
  const std::size_t hidden = layer.hidden;
  for (std::size_t j = 0; j < hidden; ++j) {
    const auto gate = [&](std::size_t g, float cell) {
      float sum = sums.of(g, j);
      if (layer.has_peepholes && g != 3) sum += data.peepholes[g * hidden + j] * cell;
      return layer.clipped(sum);
    };
    const float i = numeric::sigmoid(gate(0, c[j]));
    const float f = layer.is_variant ? 1.0F - i : numeric::sigmoid(gate(2, c[j]));
    const float g = numeric::tanh(gate(3, c[j]));
    c[j] = f * c[j] + i * g;
    h[j] = numeric::sigmoid(gate(1, c[j])) * numeric::tanh(c[j]);
  }
}

TEST(Lstm, HasTheBitsOfTheDefinitionForEveryStorageOnEveryInstructionSet) {
  for (const Row& row : kRows) {
    expect_definition(row.name, RecurrentKind::kLstm, {lstm_kernels, byte_lstm_kernels}, row.layer,
                      lstm_step);
  }
}

}  // namespace
}  // namespace slipway
