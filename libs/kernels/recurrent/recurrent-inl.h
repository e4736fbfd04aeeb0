// What LSTM, GRU and RNN share: the walk through time. Include after float_product-inl.h or
// byte_product-inl.h, which have the products.
//
// A step takes the products dot(h, R) of all groups of sixteen units first, then the activations of
// several groups side by side: they are long chains of instructions that wait for each other.
#if defined(SLIPWAY_RECURRENT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_RECURRENT_INL_H
#undef SLIPWAY_RECURRENT_INL_H
#else
#define SLIPWAY_RECURRENT_INL_H
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "kernels/recurrent/packed.h"
#include "kernels/recurrent/recurrent.h"
#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/gates-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

constexpr std::size_t kFinished = 4;  // groups whose activations are taken at a time

// dot(h, R) of some groups, [group][gate][16] at `sums`. The vector: floats, or of int8 weights
// fixed-point numbers.
using Multiply = void (*)(const void* vector, const void* r, std::size_t row_stride,
                          std::size_t hidden, std::size_t chains, float* sums);

// One direction's parameters.
struct Walk {
  RecurrentForm form;
  std::size_t groups;
  const char* r;
  const float* r_scale;  // int8: of each column
  const float* bias;
  const float* r_bias;
  const float* peepholes;  // null: none
  float clip;              // infinity: none
};

// One step of one sequence.
struct State {
  const float* wx;
  const float* h;  // null: zeros
  float* h_new;
  float* c;
  float* reset;   // r h of a GRU whose candidate waits for r
  float* update;  // its z
  float* sums;    // [group][gate][16] of a section
  float* y;       // null: not wanted

  // int8: h, the next h and `reset`, and what the section's sums are multiplied by.
  Fixed* fixed;
  Fixed* fixed_new;
  Fixed* fixed_reset;
  const float* r_scale;
};

// Groups whose sums of a step are there and whose activations are not taken yet.
struct Pending {
  std::size_t groups = 0;
  std::size_t first = 0;
  State state = {};
};

// The activations of up to kFinished groups from their sums, [group][gate][16].
using Finish = void (*)(const Walk& walk, const State& state, std::size_t group, std::size_t count,
                        const float* sums);

// Gates whose products are taken together: a section of R. multiply by log2 of the groups.
struct Section {
  std::size_t gates;
  std::size_t together;  // groups, at most; a power of two
  std::size_t chains;
  std::array<Multiply, 4> multiply;
  Finish finish;
};

template <typename W, std::size_t kGates, std::size_t kTogether, std::size_t kGroups>
constexpr Multiply multiply_of() {
  if constexpr (kGroups <= kTogether) {
    return multiply_groups<W, kGroups, kGates>;
  } else {
    return nullptr;
  }
}

template <typename W, std::size_t kGates, std::size_t kTogether>
Section section_of(const RecurrentForm& form, Finish finish) {
  static_assert(kTogether <= bundle_groups(kGates));
  static_assert(kTogether * kGates % 2 == 0);  // pairs of vectors stay together
  return {kGates,
          kTogether,
          r_chains(form),
          {multiply_of<W, kGates, kTogether, 1>(), multiply_of<W, kGates, kTogether, 2>(),
           multiply_of<W, kGates, kTogether, 4>(), multiply_of<W, kGates, kTogether, 8>()},
          finish};
}

// dot(vector, R) of groups that stand in one bundle.
inline void multiply_block(const Walk& walk, const Section& section, const char* r,
                           const void* vector, std::size_t group, std::size_t end, float* sums) {
  while (group < end) {
    const std::size_t count = std::bit_floor(end - group);
    const GroupPlace place = group_place(walk.form, section.gates, group);
    section.multiply[static_cast<std::size_t>(std::countr_zero(count))](
        vector, r + place.begin * bytes_of(walk.form.r_type()), place.row_stride, walk.form.hidden,
        section.chains, sums + group * section.gates * kWide);
    group += count;
  }
}

// Where R does not stay in the first-level cache, every other step walks it backwards: what was
// read last is read first.
inline bool walks_backwards(const Walk& walk, const Section& section, std::size_t step) {
  constexpr std::size_t kCacheBytes = std::size_t{40} * 1024;
  const std::size_t columns = walk.groups * section.gates * kWide;
  return step % 2 == 1 && columns * walk.form.hidden * bytes_of(walk.form.r_type()) > kCacheBytes;
}

// A section of a step, the vector (null: zeros) times R.
inline void step_section(const Walk& walk, const Section& section, const char* r,
                         const float* floats, Fixed* fixed, State& state, std::size_t step) {
  const void* const vector = factors_of(walk.form, walk.r_scale, floats, *fixed, state.r_scale);
  const std::size_t sums = walk.groups * section.gates * kWide;
  const bool is_backwards = walks_backwards(walk, section, step);
  const int shift = std::countr_zero(section.together);
  const std::size_t blocks = (walk.groups + section.together - 1) >> shift;
  if (vector == nullptr) std::fill(state.sums, state.sums + sums, 0.0F);
  for (std::size_t i = 0; vector != nullptr && i < blocks; ++i) {
    const std::size_t group = (is_backwards ? blocks - 1 - i : i) << shift;
    multiply_block(walk, section, r, vector, group, std::min(walk.groups, group + section.together),
                   state.sums);
  }
  for (std::size_t group = 0; group < walk.groups; group += kFinished) {
    section.finish(walk, state, group, std::min(kFinished, walk.groups - group),
                   state.sums + group * section.gates * kWide);
  }
}

// body.operator()<groups>(first) for `count` groups, kAbreast of them at a time, and fewer at the
// end.
template <std::size_t kGroups = kAbreast, typename Body>
HWY_INLINE void abreast(std::size_t count, Body body, std::size_t i = 0) {
  for (; i + kGroups <= count; i += kGroups) body.template operator()<kGroups>(i);
  if constexpr (kGroups > 1) abreast<kGroups / 2>(count, body, i);
}

inline void store_output(const Walk& walk, const State& state, std::size_t group, F32x16 h) {
  const std::size_t unit = group * kWide;
  store(h, state.h_new + unit);
  put(*state.fixed_new, unit, h);
  if (state.y == nullptr) return;
  store_first(h, state.y + unit, std::min(kWide, walk.form.hidden - unit));
}

// x within [-clip, clip]; a NaN stays.
HWY_INLINE F32x16 clipped(F32x16 x, float clip) {
  x = select(greater(x, set(clip)), set(clip), x);
  return select(greater(set(-clip), x), set(-clip), x);
}

// dot(h, R) of the vector that begins with column `at`.
HWY_INLINE F32x16 scaled_dot(const State& state, std::size_t at, const float* dot) {
  return kIsBytes ? mul(load(dot), load(state.r_scale + at)) : load(dot);
}
// (wx + dot) + bias of one gate of a group.
HWY_INLINE F32x16 gate_sum(const Walk& walk, const State& state, std::size_t group,
                           std::size_t gate, const float* dot) {
  const std::size_t at = (group * walk.form.gates() + gate) * kWide;
  const F32x16 sum = add(load(state.wx + at), scaled_dot(state, at, dot));
  return add(sum, load(walk.bias + at));
}

inline void copy_floats(const float* from, std::size_t count, float* to) {
  if (from == nullptr) {
    std::fill(to, to + count, 0.0F);
  } else {
    std::copy(from, from + count, to);
  }
}

// Rows of x, y and the states.
struct Rows {
  const RecurrentCall& call;

  std::size_t x(std::size_t t, std::size_t n) const {
    return call.is_batch_first ? n * call.steps + t : t * call.batch + n;
  }
  std::size_t y(std::size_t t, std::size_t direction, std::size_t n) const {
    return call.is_batch_first ? (n * call.steps + t) * call.directions + direction
                               : (t * call.directions + direction) * call.batch + n;
  }
  std::size_t state(std::size_t direction, std::size_t n) const {
    return call.is_batch_first ? n * call.directions + direction : direction * call.batch + n;
  }
  std::size_t length(std::size_t n) const {
    if (call.lengths == nullptr) return call.steps;
    if (call.lengths[n] < 0) return 0;
    return std::min(call.steps, static_cast<std::size_t>(call.lengths[n]));
  }
};

inline Walk start_walk(const RecurrentForm& form, const char* packed) {
  const PackedRecurrent at = packed_recurrent(form);
  const auto floats = [&](std::size_t offset) {
    return reinterpret_cast<const float*>(packed + offset);
  };
  Walk walk = {};
  walk.form = form;
  walk.groups = form.groups();
  walk.r = packed + at.r;
  walk.r_scale = floats(at.r_scale);
  walk.bias = floats(at.bias);
  walk.r_bias = floats(at.r_bias);
  if (form.has_peepholes) walk.peepholes = floats(at.peepholes);
  walk.clip = form.clip > 0 ? form.clip : std::numeric_limits<float>::infinity();
  return walk;
}

// What a layer does in one step of one sequence. It may leave the activations of its last groups
// pending; the next step, or what is done at the end, takes them.
using Step = void (*)(const Walk& walk, const Section* sections, State& state, std::size_t step,
                      Pending& pending);

inline void finish_pending(const Walk& walk, const Section& section, Pending& pending) {
  if (pending.groups == 0) return;
  section.finish(walk, pending.state, pending.first, pending.groups,
                 pending.state.sums + pending.first * section.gates * kWide);
  pending.groups = 0;
}

// One sequence in one direction.
inline void walk_sequence(const RecurrentCall& call, const Walk& walk, const Section* sections,
                          Step step, std::size_t direction, std::size_t n, const float* wx,
                          float* buffers, FixedVectors& fixed) {
  const Rows rows = {call};
  const std::size_t hidden = call.form.hidden;
  const std::size_t units = walk.groups * kWide;
  const std::size_t state_at = rows.state(direction, n) * hidden;
  State state = {};
  float* h = buffers;
  state.h_new = h + units;
  state.c = h + 2 * units;
  state.reset = h + 3 * units;
  state.update = h + 4 * units;
  state.sums = h + 5 * units;
  state.fixed = &fixed[0];
  state.fixed_new = &fixed[1];
  state.fixed_reset = &fixed[2];
  const auto copy_state = [&](const float* from, float* to) {
    copy_floats(from == nullptr ? from : from + state_at, hidden, to);
    std::fill(to + hidden, to + units, 0.0F);
  };
  copy_state(call.initial_h, h);
  copy_state(call.initial_c, state.c);
  forget(*state.fixed);
  const std::size_t length = rows.length(n);
  const bool is_reversed = call.starts_reversed || direction == 1;
  Pending pending;
  for (std::size_t s = 0; s < length; ++s) {
    const std::size_t t = is_reversed ? length - 1 - s : s;
    state.wx = wx + rows.x(t, n) * call.form.columns();
    state.h = s == 0 && call.initial_h == nullptr ? nullptr : h;
    state.y = call.y == nullptr ? nullptr : call.y + rows.y(t, direction, n) * hidden;
    start(*state.fixed_new);
    step(walk, sections, state, s, pending);
    std::swap(h, state.h_new);
    std::swap(state.fixed, state.fixed_new);
  }
  finish_pending(walk, sections[0], pending);
  for (std::size_t t = length; call.y != nullptr && t < call.steps; ++t) {
    copy_floats(nullptr, hidden, call.y + rows.y(t, direction, n) * hidden);
  }
  if (call.y_h != nullptr) copy_floats(h, hidden, call.y_h + state_at);
  if (call.y_c != nullptr) copy_floats(state.c, hidden, call.y_c + state_at);
}

HWY_NOINLINE void walk_layer(const RecurrentCall& call, const Section* sections, Step step) {
  const RecurrentForm& form = call.form;
  const std::size_t rows = call.steps * call.batch;
  float* const wx = call.scratch;
  float* const buffers = wx + rows * form.columns();
  float* const space = buffers + kStateBuffers * form.groups() * kWide + form.columns();
  for (std::size_t direction = 0; direction < call.directions; ++direction) {
    const char* const packed = static_cast<const char*>(call.packed[direction]);
    multiply_inputs(call, packed, wx, space);
    const Walk walk = start_walk(form, packed);
    FixedVectors fixed;
    lay_out(form, walk.r_scale, rows, space, fixed);
    for (std::size_t n = 0; n < call.batch; ++n) {
      walk_sequence(call, walk, sections, step, direction, n, wx, buffers, fixed);
    }
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_RECURRENT_INL_H
