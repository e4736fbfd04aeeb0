#include "kernels/recurrent/packed.h"

#include <algorithm>
#include <cstring>

#include "base/float_bits.h"
#include "kernels/numeric/dot.h"

namespace slipway {
namespace {

constexpr std::size_t kUnits = 16;

std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

// Row of W, R or B of a gate's unit, and the packed column it belongs to.
template <typename Visit>
void for_each_unit(const RecurrentForm& form, Visit visit) {
  for (std::size_t gate = 0; gate < form.gates(); ++gate) {
    for (std::size_t unit = 0; unit < form.hidden; ++unit) {
      const std::size_t group = unit / kUnits;
      visit(gate * form.hidden + unit, (group * form.gates() + gate) * kUnits + unit % kUnits, gate,
            unit);
    }
  }
}

template <typename T>
void pack_w(const RecurrentForm& form, const T* from, T* to) {
  for_each_unit(form, [&](std::size_t row, std::size_t column, std::size_t, std::size_t) {
    T* const panel = to + column / kUnits * form.inputs * kUnits + column % kUnits;
    for (std::size_t p = 0; p < form.inputs; ++p) {
      panel[p * kUnits] = from[row * form.inputs + p];
    }
  });
}

// A gate of a unit in R, in elements from R's start.
GatePlace unit_place(const RecurrentForm& form, std::size_t gate, std::size_t unit) {
  const std::size_t first = first_gates(form);
  const std::size_t group = unit / kUnits;
  GatePlace at = gate < first ? gate_place(form, first, group, gate)
                              : gate_place(form, form.gates() - first, group, gate - first);
  if (gate >= first) at.begin += second_section(form);
  at.begin += unit % kUnits * at.lane_stride;
  return at;
}

template <typename T>
void pack_r(const RecurrentForm& form, const T* from, T* to) {
  for_each_unit(form, [&](std::size_t row, std::size_t, std::size_t gate, std::size_t unit) {
    const GatePlace at = unit_place(form, gate, unit);
    for (std::size_t p = 0; p < form.hidden; ++p) {
      to[at.begin + p * at.row_stride] = from[row * form.hidden + p];
    }
  });
}

template <typename T>
void pack_weights(const RecurrentForm& form, const RecurrentParameters& from,
                  const PackedRecurrent& at, char* to) {
  pack_w(form, static_cast<const T*>(from.w), reinterpret_cast<T*>(to + at.w));
  pack_r(form, static_cast<const T*>(from.r), reinterpret_cast<T*>(to + at.r));
}

// One column's weights, and what their sums start from.
void put_column(const std::int8_t* from, std::size_t depth, std::size_t row_stride,
                std::int8_t* column) {
  for (std::size_t first = 0; first < depth; first += numeric::kFixedDepth) {
    const std::size_t end = std::min(depth, first + numeric::kFixedDepth);
    std::int32_t sum = 0;
    for (std::size_t p = first; p < end; ++p) sum += from[p];
    const std::uint32_t start = 0U - (static_cast<std::uint32_t>(sum) << numeric::kFixedBits);
    std::memcpy(column, &start, sizeof(start));
    column += row_stride;
    for (std::size_t p = first; p < end; ++p) {
      column[(p - first) / 4 * row_stride + p % 4] = from[p];
    }
    column += (end - first + 3) / 4 * row_stride;
  }
}

void pack_bytes(const RecurrentForm& form, const RecurrentParameters& from,
                const PackedRecurrent& at, char* to) {
  const auto* const w = static_cast<const std::int8_t*>(from.w);
  const auto* const r = static_cast<const std::int8_t*>(from.r);
  auto* const to_w = reinterpret_cast<std::int8_t*>(to + at.w);
  auto* const to_r = reinterpret_cast<std::int8_t*>(to + at.r);
  const std::size_t elements = vector_elements(form);
  for_each_unit(form, [&](std::size_t row, std::size_t column, std::size_t gate, std::size_t unit) {
    const std::size_t lane = unit % kUnits * 4;
    put_column(w + row * form.inputs, form.inputs, elements,
               to_w + column / kUnits * vector_rows(form, form.inputs) * elements + lane);
    const std::size_t first = first_gates(form);
    const bool is_first = gate < first;
    const GroupPlace place =
        group_place(form, is_first ? first : form.gates() - first, unit / kUnits);
    const std::size_t section =
        is_first ? gate * elements : second_section(form) + (gate - first) * elements;
    put_column(r + row * form.hidden, form.hidden, place.row_stride,
               to_r + place.begin + section + lane);
  });
}

// A missing bias is -0, which changes no sum.
void pack_bias(const RecurrentForm& form, const float* from, const PackedRecurrent& at, char* to) {
  float* const bias = reinterpret_cast<float*>(to + at.bias);
  float* const r_bias = reinterpret_cast<float*>(to + at.r_bias);
  const std::size_t rows = form.gates() * form.hidden;
  for_each_unit(form, [&](std::size_t row, std::size_t column, std::size_t gate, std::size_t unit) {
    const bool stands_apart = has_r_bias(form) && gate == 2;
    const float w = from == nullptr ? -0.0F : from[row];
    const float r = from == nullptr ? -0.0F : from[rows + row];
    bias[column] = stands_apart ? w : w + r;
    if (stands_apart) r_bias[unit] = r;
  });
}

void pack_scale(const RecurrentForm& form, const float* from, char* to) {
  float* const scale = reinterpret_cast<float*>(to);
  for_each_unit(form, [&](std::size_t row, std::size_t column, std::size_t, std::size_t) {
    scale[column] = from[row];
  });
}

}  // namespace

std::size_t w_chains(const RecurrentForm& form) {
  return numeric::chain_count(form.gates() * form.hidden, form.inputs);
}

std::size_t r_chains(const RecurrentForm& form) {
  return numeric::chain_count(form.gates() * form.hidden, form.hidden);
}

PackedRecurrent packed_recurrent(const RecurrentForm& form) {
  const std::size_t columns = form.columns();
  const std::size_t units = form.groups() * kUnits;
  const std::size_t scales = form.type == WeightType::kI8 ? columns * sizeof(float) : 0;
  PackedRecurrent at = {};
  const std::size_t elements = columns / kUnits * vector_elements(form);
  at.r = at.w + aligned(elements * vector_rows(form, form.inputs) * bytes_of(form.w_type()));
  at.w_scale = at.r + aligned(elements * vector_rows(form, form.hidden) * bytes_of(form.r_type()));
  at.r_scale = at.w_scale + scales;
  at.bias = at.r_scale + scales;
  at.r_bias = at.bias + columns * sizeof(float);
  at.peepholes = at.r_bias + (has_r_bias(form) ? units * sizeof(float) : 0);
  at.bytes = at.peepholes + (form.has_peepholes ? 3 * units * sizeof(float) : 0);
  return at;
}

std::size_t recurrent_packed_bytes(const RecurrentForm& form) {
  return packed_recurrent(form).bytes;
}

void pack_recurrent(const RecurrentForm& form, const RecurrentParameters& from, void* packed) {
  const PackedRecurrent at = packed_recurrent(form);
  char* const to = static_cast<char*>(packed);
  std::memset(to, 0, at.bytes);
  if (form.type == WeightType::kF32) {
    pack_weights<float>(form, from, at, to);
  } else if (form.type == WeightType::kI8) {
    pack_bytes(form, from, at, to);
    pack_scale(form, from.w_scale, to + at.w_scale);
    pack_scale(form, from.r_scale, to + at.r_scale);
  } else {
    pack_weights<std::uint16_t>(form, from, at, to);
  }
  pack_bias(form, from.bias, at, to);
  if (!form.has_peepholes) return;
  float* const peepholes = reinterpret_cast<float*>(to + at.peepholes);
  for (std::size_t gate = 0; gate < 3; ++gate) {
    std::copy(from.peepholes + gate * form.hidden, from.peepholes + (gate + 1) * form.hidden,
              peepholes + gate * form.groups() * kUnits);
  }
}

namespace {

// Halves and bfloat16 as stored.
struct HalfBits {
  std::uint16_t bits;
};
struct Bfloat16Bits {
  std::uint16_t bits;
};
float widened(HalfBits x) { return float_from_half_bits(x.bits); }
float widened(Bfloat16Bits x) { return float_from_bfloat16_bits(x.bits); }

void put(float x, float* to) { *to = x; }
void put(float x, HalfBits* to) { to->bits = half_bits_from_float(x); }
void put(float x, Bfloat16Bits* to) { to->bits = bfloat16_bits_from_float(x); }

template <typename From, typename To>
void prepare_r(const RecurrentForm& form, const RecurrentForm& prepared, const From* from, To* to) {
  for_each_unit(form, [&](std::size_t, std::size_t, std::size_t gate, std::size_t unit) {
    const GatePlace source = unit_place(form, gate, unit);
    const GatePlace target = unit_place(prepared, gate, unit);
    for (std::size_t p = 0; p < form.hidden; ++p) {
      put(widened(from[source.begin + p * source.row_stride]),
          to + target.begin + p * target.row_stride);
    }
  });
}

template <typename From, typename To>
void prepare_as(const RecurrentForm& form, const char* from, char* to) {
  const RecurrentForm prepared = prepared_form(form);
  const PackedRecurrent source = packed_recurrent(form);
  const PackedRecurrent target = packed_recurrent(prepared);
  const From* const w = reinterpret_cast<const From*>(from + source.w);
  float* const wide = reinterpret_cast<float*>(to + target.w);
  for (std::size_t i = 0; i < form.columns() * form.inputs; ++i) wide[i] = widened(w[i]);
  prepare_r(form, prepared, reinterpret_cast<const From*>(from + source.r),
            reinterpret_cast<To*>(to + target.r));
  std::memcpy(to + target.w_scale, from + source.w_scale, source.bytes - source.w_scale);
}

}  // namespace

RecurrentForm prepared_form(const RecurrentForm& form) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 20;
  RecurrentForm prepared = form;
  prepared.is_prepared = form.type == WeightType::kF16 || form.type == WeightType::kBf16;
  return packed_recurrent(prepared).bytes <= kMostBytes ? prepared : form;
}

void prepare_recurrent(const RecurrentForm& form, const void* packed, void* prepared) {
  const char* const from = static_cast<const char*>(packed);
  char* const to = static_cast<char*>(prepared);
  std::memset(to, 0, packed_recurrent(prepared_form(form)).bytes);
  switch (form.type) {
    case WeightType::kF16:
      return prepared_form(form).r_type() == WeightType::kF32
                 ? prepare_as<HalfBits, float>(form, from, to)
                 : prepare_as<HalfBits, HalfBits>(form, from, to);
    case WeightType::kBf16:
      return prepare_as<Bfloat16Bits, Bfloat16Bits>(form, from, to);
    case WeightType::kI8:
    case WeightType::kF32:
      return;
  }
}

std::size_t recurrent_scratch_floats(const RecurrentForm& form, std::size_t steps,
                                     std::size_t batch) {
  const std::size_t units = form.groups() * kUnits;
  const std::size_t walk = (steps * batch + 1) * form.columns() + kStateBuffers * units;
  if (form.type == WeightType::kI8) {
    return walk + fixed_scratch(form, steps * batch).floats;
  }
  return walk + (form.w_type() == WeightType::kF32 ? 0 : 2 * kUnits * form.inputs);
}

}  // namespace slipway
