// Where the parts of a packed direction stand.
//
// Hidden units stand in groups of sixteen, the last one padded with weights and biases of zero. W's
// columns are those of the groups, one gate after the other within a group; it is packed as pack_b
// packs that many columns. R is in one or two sections: all gates, but for a GRU whose candidate
// waits for the reset gate, z and r first and then the candidate. A section is in bundles of
// groups, [bundle][hidden][group][gate][16], the last bundle with the groups that are left. Of
// bfloat16, two vectors of 16 at a time stand side by side, [16][2], so that each widens by one
// operation on 32-bit words; of an odd number the last stands alone.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/recurrent/recurrent.h"

namespace slipway {

struct PackedRecurrent {
  // Offsets in bytes from the start of the block, each a multiple of 64.
  std::size_t w, r, w_scale, r_scale, bias, r_bias, peepholes, bytes;
};

PackedRecurrent packed_recurrent(const RecurrentForm& form);

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
  return {(first * form.hidden + group - first) * gates * 16, width * gates * 16};
}

// Where lane 0 of the first row of one of the section's gates stands, in elements, how far it is to
// the next lane and to the next row.
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

// Chains of W and of R: by all gates' rows.
std::size_t w_chains(const RecurrentForm& form);
std::size_t r_chains(const RecurrentForm& form);

}  // namespace slipway
