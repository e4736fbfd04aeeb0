// Where the parts of a packed direction stand.
//
// Hidden units stand in groups of sixteen, the last one padded with weights and biases of zero. W's
// columns are those of the groups, one gate after the other within a group; it is packed as pack_b
// packs that many columns. R is in one or two sections: all gates, but for a GRU whose candidate
// waits for the reset gate, z and r first and then the candidate. A section is in bundles of
// groups, [bundle][hidden][group][gate][16], the last bundle with the groups that are left. Of
// bfloat16, two vectors of 16 at a time stand side by side, [16][2], so that each widens by one
// operation on 32-bit words; of an odd number the last stands alone.
//
// Of int8, four rows at a time stand side by side, [16][4], so that a vector has 64 bytes, and rows
// are padded with zeros to a multiple of four. In front of every kFixedDepth rows stands a vector
// of int32, -2^14 times the sum of each column's weights in them: where a sum of products with
// 2^14 + q starts, to be that of products with q.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/numeric/fixed.h"
#include "kernels/recurrent/recurrent.h"

namespace slipway {

struct PackedRecurrent {
  // Offsets in bytes from the start of the block, each a multiple of 64.
  std::size_t w, r, w_scale, r_scale, bias, r_bias, peepholes, bytes;
};

PackedRecurrent packed_recurrent(const RecurrentForm& form);

// Elements of a vector, and rows of vectors that a depth has.
inline std::size_t vector_elements(const RecurrentForm& form) {
  return form.type == WeightType::kI8 ? 64 : 16;
}
inline std::size_t vector_rows(const RecurrentForm& form, std::size_t depth) {
  if (form.type != WeightType::kI8) return depth;
  return (depth + 3) / 4 + (depth + numeric::kFixedDepth - 1) / numeric::kFixedDepth;
}

// Gates of R's first section; the second holds the others.
inline std::size_t first_gates(const RecurrentForm& form) {
  return form.kind == RecurrentKind::kGru && !form.is_linear_before_reset ? 2 : form.gates();
}

// Groups of a bundle in a section of so many gates, a power of two: six or eight vectors that are
// read together.
constexpr std::size_t bundle_groups(std::size_t gates) {
  return gates > 2 ? 2 : gates == 2 ? 4 : 8;
}

// Where a group of a section begins, in elements, and how far it is from one row to the next.
struct GroupPlace {
  std::size_t begin, row_stride;
};
inline GroupPlace group_place(const RecurrentForm& form, std::size_t gates, std::size_t group) {
  const std::size_t most = bundle_groups(gates);
  const std::size_t first = group & ~(most - 1);
  const std::size_t width = std::min(most, form.groups() - first);
  const std::size_t elements = gates * vector_elements(form);
  const std::size_t rows = vector_rows(form, form.hidden);
  return {(first * rows + group - first) * elements, width * elements};
}

// Where R's second section begins, in elements.
inline std::size_t second_section(const RecurrentForm& form) {
  return form.groups() * vector_rows(form, form.hidden) * first_gates(form) * vector_elements(form);
}

// Of floats, halves and bfloat16: where lane 0 of the first row of one of the section's gates
// stands, in elements, how far it is to the next lane and to the next row.
struct GatePlace {
  std::size_t begin, lane_stride, row_stride;
};
inline GatePlace gate_place(const RecurrentForm& form, std::size_t gates, std::size_t group,
                            std::size_t gate) {
  const GroupPlace at = group_place(form, gates, group);
  const std::size_t first = group & ~(bundle_groups(gates) - 1);
  const std::size_t vector = (group - first) * gates + gate;
  const bool is_paired = form.r_type() == WeightType::kBf16 && (vector ^ 1U) < at.row_stride / 16;
  if (!is_paired) return {at.begin + gate * 16, 1, at.row_stride};
  return {at.begin + gate * 16 - vector % 2 * 15, 2, at.row_stride};
}

// Whether the candidate of a GRU adds its R bias before the reset gate: it then stands apart.
inline bool has_r_bias(const RecurrentForm& form) {
  return form.kind == RecurrentKind::kGru && form.is_linear_before_reset;
}

inline constexpr std::size_t kStateBuffers = 5;  // of a group's units each, while a sequence runs

// What int8 weights take of the scratch after the buffers, in floats from its start.
struct FixedScratch {
  std::size_t x;        // fixed-point numbers of all rows of x, each row padded to whole groups
  std::size_t units;    // one of each row
  std::size_t vectors;  // fixed-point numbers of h, the next h, and r h
  std::size_t scales;   // R's scale times the usual unit, then times that of each of the vectors
  std::size_t floats;
};
inline constexpr std::size_t kFixedVectors = 3;

inline FixedScratch fixed_scratch(const RecurrentForm& form, std::size_t rows) {
  const auto vector = [](std::size_t depth) { return (depth + 15) / 16 * 16 / 2; };
  FixedScratch at = {};
  at.units = at.x + rows * vector(form.inputs);
  at.vectors = at.units + (rows + 15) / 16 * 16;
  at.scales = at.vectors + kFixedVectors * vector(form.hidden);
  at.floats = at.scales + (1 + kFixedVectors) * form.columns();
  return at;
}

// Chains of W and of R: by all gates' rows.
std::size_t w_chains(const RecurrentForm& form);
std::size_t r_chains(const RecurrentForm& form);

}  // namespace slipway
