#include "kernels/recurrent/packed.h"

#include <algorithm>
#include <cstring>

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

template <typename T>
void pack_r(const RecurrentForm& form, const T* from, T* to) {
  const std::size_t first = first_gates(form);
  for_each_unit(form, [&](std::size_t row, std::size_t, std::size_t gate, std::size_t unit) {
    const bool is_first = gate < first;
    const std::size_t gates = is_first ? first : form.gates() - first;
    T* const section = to + (is_first ? 0 : form.groups() * form.hidden * first * kUnits);
    const GroupPlace at = group_place(form, gates, unit / kUnits);
    T* const column =
        section + at.begin + (is_first ? gate : gate - first) * kUnits + unit % kUnits;
    for (std::size_t p = 0; p < form.hidden; ++p) {
      column[p * at.row_stride] = from[row * form.hidden + p];
    }
  });
}

template <typename T>
void pack_weights(const RecurrentForm& form, const RecurrentParameters& from,
                  const PackedRecurrent& at, char* to) {
  pack_w(form, static_cast<const T*>(from.w), reinterpret_cast<T*>(to + at.w));
  pack_r(form, static_cast<const T*>(from.r), reinterpret_cast<T*>(to + at.r));
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
  at.r = at.w + aligned(columns * form.inputs * bytes_of(form.type));
  at.w_scale = at.r + aligned(columns * form.hidden * bytes_of(form.type));
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
    pack_weights<std::int8_t>(form, from, at, to);
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

std::size_t recurrent_scratch_floats(const RecurrentForm& form, std::size_t steps,
                                     std::size_t batch) {
  const std::size_t units = form.groups() * kUnits;
  const std::size_t widened = form.type == WeightType::kF32 ? 0 : 2 * kUnits * form.inputs;
  return (steps * batch + 1) * form.columns() + widened + kStateBuffers * units;
}

}  // namespace slipway
