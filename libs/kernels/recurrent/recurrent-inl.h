// What LSTM, GRU and RNN share: products with R, and the walk through time. Include after
// dispatch.h.
//
// A step's products dot(h, R) come in blocks of a few groups of sixteen units; the activations that
// follow them are many instructions long, each waiting for the one before. So they are held back,
// as the pending block, and done in two stages amid the products of the next block, be it of the
// next step.
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

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/tile-inl.h"
#include "kernels/recurrent/gates-inl.h"
#include "kernels/recurrent/packed.h"
#include "kernels/recurrent/recurrent.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
const GemmKernels& gemm_table();  // gemm/gemm.cc

namespace {

#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kMostSums = 1;  // that stay in registers
#elif HWY_TARGET <= HWY_AVX3
constexpr std::size_t kMostSums = 16;
#else
constexpr std::size_t kMostSums = 6;
#endif
constexpr std::size_t kMostTogether = 8;  // groups
constexpr std::size_t kMostChains = 4;

// R[begin..end) of some groups into their sums, [chain][group][gate]; from zero where begin is 0.
// begin is a multiple of the chains, end too or all of them.
using Multiply = void (*)(const float* h, const void* r, std::size_t row_stride, std::size_t begin,
                          std::size_t end, std::size_t chains, F32x16* sums);

// One chain after the other: the sums of a few groups are enough to hide the latency of fma.
template <typename W, std::size_t kGroups, std::size_t kGates>
void multiply_groups(const float* h, const void* r, std::size_t row_stride, std::size_t begin,
                     std::size_t end, std::size_t chains, F32x16* sums) {
  constexpr std::size_t kSums = kGroups * kGates;
  for (std::size_t c = 0; c < chains; ++c, sums += kSums) {
    F32x16 acc[kSums];
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kSums; ++i) acc[i] = begin == 0 ? zero() : sums[i];
    const W* row = static_cast<const W*>(r) + (begin + c) * row_stride;
    for (std::size_t p = begin + c; p < end; p += chains, row += chains * row_stride) {
      const F32x16 x = set(h[p]);
      HWY_UNROLL(16)
      for (std::size_t i = 0; i < kSums; ++i) {
        acc[i] = fma(x, load_weights(row + i * kWide), acc[i]);
      }
    }
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kSums; ++i) sums[i] = acc[i];
  }
}

// One direction's parameters.
struct Walk {
  RecurrentForm form;
  std::size_t groups;
  const char* r;
  const float* r_scale;  // null but for int8
  const float* bias;
  const float* r_bias;
  const float* peepholes;  // null: none
  float clip;              // infinity: none
};

// One step of one sequence. What is null is not there or not wanted.
struct State {
  const float* wx;
  const float* h;
  float* h_new;
  float* c;
  float* reset;   // r h of a GRU whose candidate waits for r
  float* update;  // its z
  float* y;
};

// A block whose sums are there, [group][gate], and whose activations are to come.
struct Pending;
using Stage = void (*)(Pending& pending);
struct Pending {
  const Walk* walk = nullptr;
  State state;
  std::size_t group = 0;
  const float* writes = nullptr;  // the vector that stages write from unit group * 16 on
  Stage open = nullptr;           // null: nothing is pending
  Stage close = nullptr;
  F32x16 sums[kMostChains * 16];
  F32x16 held[2 * kMostTogether];  // from open to close
};

HWY_INLINE void finish_pending(Pending& pending) {
  if (pending.open == nullptr) return;
  pending.open(pending);
  pending.close(pending);
  pending.open = nullptr;
}

inline void store_output(const Pending& pending, std::size_t group, F32x16 h) {
  const State& state = pending.state;
  store(h, state.h_new + group * kWide);
  if (state.y == nullptr) return;
  const std::size_t unit = group * kWide;
  store_first(h, state.y + unit, std::min(kWide, pending.walk->form.hidden - unit));
}

// Gates whose products are taken together: a section of R. By log2 of the groups taken at once.
struct Section {
  std::size_t gates;
  std::size_t together;  // groups, at most
  std::size_t chains;
  std::array<Multiply, 4> multiply;
  std::array<Stage, 4> open, close;
};

HWY_INLINE void fold_chains(F32x16* sums, std::size_t count, std::size_t chains) {
  for (std::size_t half = chains / 2; half != 0; half /= 2) {
    for (std::size_t i = 0; i < half * count; ++i) sums[i] = add(sums[i], sums[half * count + i]);
  }
}

// make.operator()<groups>() for each count of groups that is taken at once.
template <typename Function, std::size_t kTogether, typename Make>
constexpr std::array<Function, 4> by_groups(Make make) {
  std::array<Function, 4> all = {make.template operator()<1>()};
  if constexpr (kTogether >= 2) all[1] = make.template operator()<2>();
  if constexpr (kTogether >= 4) all[2] = make.template operator()<4>();
  if constexpr (kTogether >= 8) all[3] = make.template operator()<8>();
  return all;
}

// A section without its stages.
template <typename W, std::size_t kGates, std::size_t kTogether>
Section products_of(const RecurrentForm& form) {
  static_assert(kTogether <= bundle_groups(kGates));
  Section section = {};
  section.gates = kGates;
  section.together = kTogether;
  section.chains = r_chains(form);
  section.multiply = by_groups<Multiply, kTogether>(
      []<std::size_t kGroups>() -> Multiply { return multiply_groups<W, kGroups, kGates>; });
  return section;
}

template <std::size_t kTogether, typename Make>
constexpr std::array<Stage, 4> stages_of(Make make) {
  return by_groups<Stage, kTogether>(make);
}

inline void no_stage(Pending& /*pending*/) {}

// dot(vector, R) of `count` groups, the stages of the pending block in between; then they are it.
inline void step_groups(const Walk& walk, const Section& section, const char* r,
                        const float* vector, const State& state, const float* writes,
                        std::size_t group, std::size_t count, Pending& pending) {
  const std::size_t hidden = walk.form.hidden;
  const GroupPlace place = group_place(walk.form, section.gates, group);
  const std::size_t stride = place.row_stride;
  const std::size_t chains = section.chains;
  const auto size = static_cast<std::size_t>(std::countr_zero(count));
  const Multiply multiply = section.multiply[size];
  const char* const from = r + place.begin * bytes_of(walk.form.type);
  F32x16 sums[kMostChains * 16];
  std::size_t begin = 0;
  if (pending.open != nullptr) {
    const std::size_t known = pending.writes == vector ? pending.group * kWide : hidden;
    const std::size_t first = std::min(hidden / 16 * 4, known);
    const std::size_t second = std::min(hidden / 16 * 8, known);
    if (first != 0) multiply(vector, from, stride, 0, first, chains, sums);
    pending.open(pending);
    if (second != first) multiply(vector, from, stride, first, second, chains, sums);
    pending.close(pending);
    begin = second;
  }
  multiply(vector, from, stride, begin, hidden, chains, sums);
  const std::size_t sum_count = count * section.gates;
  fold_chains(sums, sum_count, section.chains);
  pending.walk = &walk;
  pending.state = state;
  pending.group = group;
  pending.writes = writes;
  pending.open = section.open[size];
  pending.close = section.close[size];
  std::copy(sums, sums + sum_count, pending.sums);
}

// All groups of a section. Where R does not stay in the first-level cache, every other step walks
// it backwards: what was read last is read first.
inline void step_section(const Walk& walk, const Section& section, const char* r,
                         const float* vector, const State& state, const float* writes,
                         std::size_t step, Pending& pending) {
  constexpr std::size_t kCacheBytes = std::size_t{40} * 1024;
  const std::size_t bytes =
      walk.groups * walk.form.hidden * section.gates * kWide * bytes_of(walk.form.type);
  const bool is_backwards = bytes > kCacheBytes && step % 2 == 1;
  const std::size_t blocks = (walk.groups + section.together - 1) / section.together;
  for (std::size_t i = 0; i < blocks; ++i) {
    std::size_t group = (is_backwards ? blocks - 1 - i : i) * section.together;
    const std::size_t end = std::min(walk.groups, group + section.together);
    while (group < end) {
      const std::size_t count = std::bit_floor(end - group);
      step_groups(walk, section, r, vector, state, writes, group, count, pending);
      group += count;
    }
  }
}

// x within [-clip, clip]; a NaN stays.
HWY_INLINE F32x16 clipped(F32x16 x, float clip) {
  x = select(greater(x, set(clip)), set(clip), x);
  return select(greater(set(-clip), x), set(-clip), x);
}

HWY_INLINE F32x16 scaled_dot(const Walk& walk, std::size_t at, F32x16 dot) {
  return walk.r_scale == nullptr ? dot : mul(dot, load(walk.r_scale + at));
}
// (wx + dot) + bias of one gate of a group.
HWY_INLINE F32x16 gate_sum(const Pending& pending, std::size_t group, std::size_t gate,
                           F32x16 dot) {
  const Walk& walk = *pending.walk;
  const std::size_t at = (group * walk.form.gates() + gate) * kWide;
  const F32x16 sum = add(load(pending.state.wx + at), scaled_dot(walk, at, dot));
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
  if (form.type == WeightType::kI8) walk.r_scale = floats(at.r_scale);
  walk.bias = floats(at.bias);
  walk.r_bias = floats(at.r_bias);
  if (form.has_peepholes) walk.peepholes = floats(at.peepholes);
  walk.clip = form.clip > 0 ? form.clip : std::numeric_limits<float>::infinity();
  return walk;
}

// W x of all rows, scaled where the weights are int8.
inline void multiply_inputs(const RecurrentCall& call, const char* packed, float* wx,
                            float* gemm_scratch) {
  const RecurrentForm& form = call.form;
  const PackedRecurrent at = packed_recurrent(form);
  const bool is_int8 = form.type == WeightType::kI8;
  const PackedB w = {packed + at.w,
                     form.type,
                     is_int8 ? reinterpret_cast<const float*>(packed + at.w_scale) : nullptr,
                     form.columns(),
                     form.inputs,
                     w_chains(form)};
  const std::size_t rows = call.steps * call.batch;
  gemm_table().gemm({rows, call.x, form.inputs, w, wx, form.columns(), {}, gemm_scratch},
                    whole(rows, form.columns()));
}

// What a layer does in one step of one sequence.
using Step = void (*)(const Walk& walk, const Section* sections, const State& state,
                      std::size_t step, Pending& pending);

// One sequence in one direction.
inline void walk_sequence(const RecurrentCall& call, const Walk& walk, const Section* sections,
                          Step step, std::size_t direction, std::size_t n, const float* wx,
                          float* buffers) {
  const Rows rows = {call};
  const std::size_t hidden = call.form.hidden;
  const std::size_t units = walk.groups * kWide;
  const std::size_t state_at = rows.state(direction, n) * hidden;
  State state = {};
  float* h = buffers;
  state.h_new = buffers + units;
  state.c = buffers + 2 * units;
  state.reset = buffers + 3 * units;
  state.update = buffers + 4 * units;
  const auto initial = [&](const float* from) { return from == nullptr ? from : from + state_at; };
  copy_floats(initial(call.initial_h), hidden, h);
  copy_floats(initial(call.initial_c), hidden, state.c);
  const std::size_t length = rows.length(n);
  const bool is_reversed = call.starts_reversed || direction == 1;
  Pending pending;
  for (std::size_t s = 0; s < length; ++s) {
    const std::size_t t = is_reversed ? length - 1 - s : s;
    state.wx = wx + rows.x(t, n) * call.form.columns();
    state.h = h;
    state.y = call.y == nullptr ? nullptr : call.y + rows.y(t, direction, n) * hidden;
    step(walk, sections, state, s, pending);
    std::swap(h, state.h_new);
  }
  finish_pending(pending);
  for (std::size_t t = length; call.y != nullptr && t < call.steps; ++t) {
    copy_floats(nullptr, hidden, call.y + rows.y(t, direction, n) * hidden);
  }
  if (call.y_h != nullptr) copy_floats(h, hidden, call.y_h + state_at);
  if (call.y_c != nullptr) copy_floats(state.c, hidden, call.y_c + state_at);
}

HWY_NOINLINE void walk_layer(const RecurrentCall& call, const Section* sections, Step step) {
  const RecurrentForm& form = call.form;
  float* const wx = call.scratch;
  float* const buffers = wx + call.steps * call.batch * form.columns();
  float* const gemm_scratch = buffers + kStateBuffers * form.groups() * kWide;
  for (std::size_t direction = 0; direction < call.directions; ++direction) {
    const char* const packed = static_cast<const char*>(call.packed[direction]);
    multiply_inputs(call, packed, wx, gemm_scratch);
    const Walk walk = start_walk(form, packed);
    for (std::size_t n = 0; n < call.batch; ++n) {
      walk_sequence(call, walk, sections, step, direction, n, wx, buffers);
    }
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_RECURRENT_INL_H
