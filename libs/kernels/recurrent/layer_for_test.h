// Recurrent layers of random numbers, computed as docs/numerics.md writes them, and the comparison
// with the kernels.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/float_bits.h"
#include "kernels/numeric/dot.h"
#include "kernels/numeric/fixed.h"
#include "kernels/recurrent/recurrent.h"

namespace slipway {

struct Layer {
  std::size_t steps, batch, inputs, hidden;
  std::size_t directions = 1;
  bool starts_reversed = false;
  bool is_batch_first = false;
  bool has_lengths = false;
  bool has_state = false;
  bool has_bias = true;
  float clip = 0;
  bool has_peepholes = false;
  bool is_variant = false;  // LSTM: couples input and forget; GRU: linear before reset; RNN: Relu

  float state_size = 1;         // of initial_h
  bool has_sizes = false;       // inputs of rows differ by powers of ten
  bool has_bad_inputs = false;  // an infinity in a row of the second sequence, a NaN in the third
  bool has_bad_state = false;   // likewise in the states

  float clipped(float x) const { return clip > 0 ? (x > clip ? clip : x < -clip ? -clip : x) : x; }
};

inline std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> x(count);
  for (float& v : x) v = static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-31F;
  return x;
}

// Weights of one tensor: as stored, what they widen to, and the scale of each row.
struct StoredWeights {
  std::vector<unsigned char> stored;
  std::vector<float> wide, scale;

  StoredWeights(WeightType type, std::size_t rows, std::size_t depth, unsigned seed) {
    wide = random_floats(rows * depth, seed);
    scale.assign(rows, 1.0F);
    stored.resize(wide.size() * bytes_of(type));
    if (type == WeightType::kI8) scale = random_floats(rows, seed + 1);
    for (float& row_scale : scale) row_scale *= type == WeightType::kI8 ? 0x1p-5F : 1.0F;
    for (std::size_t i = 0; i < wide.size(); ++i) put(type, i);
  }

 private:
  void put(WeightType type, std::size_t i) {
    unsigned char* const to = stored.data() + i * bytes_of(type);
    std::uint16_t bits = 0;
    switch (type) {
      case WeightType::kF32:
        std::memcpy(to, &wide[i], sizeof(float));
        return;
      case WeightType::kI8: {
        const auto q = static_cast<std::int8_t>(std::lround(wide[i] * 127));
        std::memcpy(to, &q, 1);
        wide[i] = q;
        return;
      }
      case WeightType::kF16:
        bits = half_bits_from_float(wide[i]);
        wide[i] = float_from_half_bits(bits);
        break;
      case WeightType::kBf16:
        bits = bfloat16_bits_from_float(wide[i]);
        wide[i] = float_from_bfloat16_bits(bits);
        break;
    }
    std::memcpy(to, &bits, sizeof(bits));
  }
};

// One direction's parameters, in ONNX's order.
struct LayerData {
  StoredWeights w, r;
  std::vector<float> bias, peepholes;

  LayerData(const Layer& layer, std::size_t gates, WeightType type, unsigned seed)
      : w(type, gates * layer.hidden, layer.inputs, seed),
        r(type, gates * layer.hidden, layer.hidden, seed + 2),
        bias(random_floats(2 * gates * layer.hidden, seed + 4)),
        peepholes(random_floats(3 * layer.hidden, seed + 5)) {}
};

// What goes into the gates of one step.
struct GateSums {
  const Layer& layer;
  const LayerData& data;
  std::size_t gates;
  WeightType type;
  const float* x;
  std::vector<float> h;

  float dot(const StoredWeights& weights, std::size_t row, std::size_t depth, const float* a,
            int least_exponent) const {
    const float* const w = weights.wide.data() + row * depth;
    if (type != WeightType::kI8) return numeric::dot(a, 1, w, 1, depth, gates * layer.hidden);
    const numeric::FixedScale scale = numeric::fixed_scale(a, depth, least_exponent);
    std::vector<std::int16_t> q(depth);
    numeric::to_fixed(a, depth, scale, q.data());
    return numeric::fixed_dot(q.data(), w, depth) * (weights.scale[row] * scale.unit);
  }
  float wx(std::size_t gate, std::size_t j) const {
    return dot(data.w, gate * layer.hidden + j, layer.inputs, x, numeric::kLeastInputExponent);
  }
  float rh(std::size_t gate, std::size_t j, const float* state) const {
    return dot(data.r, gate * layer.hidden + j, layer.hidden, state, numeric::kLeastStateExponent);
  }
  float bias(std::size_t which, std::size_t gate, std::size_t j) const {
    return data.bias[(which * gates + gate) * layer.hidden + j];
  }
  float of(std::size_t gate, std::size_t j) const { return of(gate, j, h.data()); }
  float of(std::size_t gate, std::size_t j, const float* state) const {
    const float sum = wx(gate, j) + rh(gate, j, state);
    return layer.has_bias ? sum + (bias(0, gate, j) + bias(1, gate, j)) : sum;
  }
};

// h (and c) of one sequence after one step.
using DefinitionStep = void (*)(const Layer& layer, const LayerData& data, const GateSums& sums,
                                float* h, float* c);

struct LayerOutputs {
  std::vector<float> y, y_h, y_c;
};

class LayerCase {
 public:
  LayerCase(RecurrentKind kind, const Layer& layer, WeightType type) : layer_(layer) {
    form_ = {kind, layer.inputs, layer.hidden, type};
    form_.has_peepholes = layer.has_peepholes;
    form_.clip = layer.clip;
    form_.couples_input_forget = form_.is_linear_before_reset = form_.is_relu = layer.is_variant;
    x_ = random_floats(layer.steps * layer.batch * layer.inputs, 100);
    initial_h_ = random_floats(layer.directions * layer.batch * layer.hidden, 101);
    initial_c_ = random_floats(initial_h_.size(), 102);
    spoil();
    for (std::size_t n = 0; n < layer.batch; ++n)
      lengths_.push_back(static_cast<std::int32_t>((n * 3 + 1) % (layer.steps + 1)));
    for (unsigned d = 0; d < layer.directions; ++d)
      data_.emplace_back(layer, form_.gates(), type, 10 * d);
  }

  LayerOutputs define(DefinitionStep step) const {
    LayerOutputs out = outputs(0.0F);
    for (std::size_t d = 0; d < layer_.directions; ++d) {
      for (std::size_t n = 0; n < layer_.batch; ++n) define_sequence(d, n, step, out);
    }
    return out;
  }

  LayerOutputs run(const RecurrentKernels& kernels, bool is_prepared, bool widens_by_eight) const {
    LayerOutputs out = outputs(NAN);
    std::vector<float> blocks[2];
    std::vector<float> prepared[2];
    RecurrentCall call = {.form = form_, .steps = layer_.steps, .batch = layer_.batch};
    if (is_prepared) call.form = prepared_form(form_);
    for (std::size_t d = 0; d < layer_.directions; ++d) {
      float* const packed = aligned(blocks[d], recurrent_packed_bytes(form_) / sizeof(float));
      const LayerData& data = data_[d];
      pack_recurrent(
          form_,
          {data.w.stored.data(), data.r.stored.data(), data.w.scale.data(), data.r.scale.data(),
           layer_.has_bias ? data.bias.data() : nullptr, data.peepholes.data()},
          packed);
      call.packed[d] = packed;
      if (!call.form.is_prepared) continue;
      float* const to = aligned(prepared[d], recurrent_packed_bytes(call.form) / sizeof(float));
      prepare_recurrent(form_, packed, to);
      call.packed[d] = to;
    }
    std::vector<float> scratch;
    call.widens_by_eight = widens_by_eight;
    call.directions = layer_.directions;
    call.starts_reversed = layer_.starts_reversed;
    call.is_batch_first = layer_.is_batch_first;
    call.x = x_.data();
    if (layer_.has_lengths) call.lengths = lengths_.data();
    if (layer_.has_state) call.initial_h = initial_h_.data();
    if (layer_.has_state) call.initial_c = initial_c_.data();
    call.y = out.y.data();
    call.y_h = out.y_h.data();
    call.y_c = form_.kind == RecurrentKind::kLstm ? out.y_c.data() : nullptr;
    call.scratch =
        aligned(scratch, recurrent_scratch_floats(call.form, layer_.steps, layer_.batch));
    kernels.run(call);
    return out;
  }

 private:
  void spoil() {
    for (float& h : initial_h_) h *= layer_.state_size;
    for (std::size_t i = 0; layer_.has_sizes && i < x_.size(); ++i) {
      x_[i] *= std::pow(10.0F, static_cast<float>(i / layer_.inputs) * 4 - 25);
    }
    if (layer_.has_bad_inputs) {
      x_[(layer_.batch + 1) * layer_.inputs + 3] = std::numeric_limits<float>::infinity();
      x_[(2 * layer_.batch + 2) * layer_.inputs + 18] = std::numeric_limits<float>::quiet_NaN();
    }
    if (layer_.has_bad_state) {
      initial_h_[layer_.hidden] = -std::numeric_limits<float>::infinity();
      initial_h_[3 * layer_.hidden - 1] = std::numeric_limits<float>::quiet_NaN();
    }
  }

  static float* aligned(std::vector<float>& storage, std::size_t count) {
    storage.assign(count + 16, NAN);
    const auto at = reinterpret_cast<std::uintptr_t>(storage.data());
    float* const start = storage.data() + (64 - at % 64) % 64 / sizeof(float);
    return start;
  }

  LayerOutputs outputs(float value) const {
    const std::size_t state = layer_.directions * layer_.batch * layer_.hidden;
    LayerOutputs out;
    out.y.assign(layer_.steps * state, value);
    out.y_h.assign(state, value);
    if (form_.kind == RecurrentKind::kLstm) out.y_c.assign(state, value);
    return out;
  }

  void define_sequence(std::size_t d, std::size_t n, DefinitionStep step, LayerOutputs& out) const {
    const std::size_t hidden = layer_.hidden;
    const bool first = layer_.is_batch_first;
    const std::size_t state = (first ? n * layer_.directions + d : d * layer_.batch + n) * hidden;
    std::vector<float> h(hidden);
    std::vector<float> c(hidden);
    if (layer_.has_state) {
      std::copy_n(initial_h_.data() + state, hidden, h.data());
      std::copy_n(initial_c_.data() + state, hidden, c.data());
    }
    const std::size_t length =
        layer_.has_lengths ? static_cast<std::size_t>(lengths_[n]) : layer_.steps;
    for (std::size_t s = 0; s < length; ++s) {
      const std::size_t t = layer_.starts_reversed || d == 1 ? length - 1 - s : s;
      const std::size_t row = first ? n * layer_.steps + t : t * layer_.batch + n;
      const GateSums sums = {
          layer_, data_[d], form_.gates(), form_.type, x_.data() + row * layer_.inputs, h};
      step(layer_, data_[d], sums, h.data(), c.data());
      const std::size_t y = first ? (n * layer_.steps + t) * layer_.directions + d
                                  : (t * layer_.directions + d) * layer_.batch + n;
      std::copy_n(h.data(), hidden, out.y.data() + y * hidden);
    }
    std::copy_n(h.data(), hidden, out.y_h.data() + state);
    if (!out.y_c.empty()) std::copy_n(c.data(), hidden, out.y_c.data() + state);
  }

  Layer layer_;
  RecurrentForm form_;
  std::vector<float> x_, initial_h_, initial_c_;
  std::vector<std::int32_t> lengths_;
  std::vector<LayerData> data_;
};

inline void expect_same(const std::vector<float>& got, const std::vector<float>& want,
                        const std::string& what) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(got[i]) && std::isnan(want[i])) continue;
    ASSERT_EQ(std::bit_cast<std::uint32_t>(got[i]), std::bit_cast<std::uint32_t>(want[i]))
        << what << ": element " << i << " is " << got[i] << ", not " << want[i];
  }
}

// A family's kernels: of int8 weights, and of all others.
struct FamilyKernels {
  const RecurrentKernels& (*wide)(Isa isa);
  const RecurrentKernels& (*bytes)(Isa isa);
};

inline void expect_definition(const char* name, RecurrentKind kind, FamilyKernels kernels,
                              const Layer& layer, DefinitionStep step) {
  for (const WeightType type :
       {WeightType::kF32, WeightType::kF16, WeightType::kBf16, WeightType::kI8}) {
    const LayerCase one(kind, layer, type);
    const LayerOutputs want = one.define(step);
    const auto kernels_for = type == WeightType::kI8 ? kernels.bytes : kernels.wide;
    for (const Isa isa : isas_here()) {
      for (const auto& [is_prepared, by_eight] :
           {std::pair(false, false), {true, false}, {false, true}}) {
        if (by_eight && type != WeightType::kF16) continue;
        const LayerOutputs got = one.run(kernels_for(isa), is_prepared, by_eight);
        const std::string what = std::string(isa_name(isa)) + " " + name + " of weights of " +
                                 std::to_string(bytes_of(type)) + " bytes, " +
                                 (is_prepared ? "prepared, " : "") + (by_eight ? "by eight, " : "");
        expect_same(got.y, want.y, what + "Y");
        expect_same(got.y_h, want.y_h, what + "Y_h");
        expect_same(got.y_c, want.y_c, what + "Y_c");
      }
    }
  }
}

}  // namespace slipway
