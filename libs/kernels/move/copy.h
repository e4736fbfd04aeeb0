// Moving elements, whatever they are: 1, 2, 4, 8 or 16 bytes each. Nothing here depends on the
// instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace slipway {

inline constexpr std::size_t kMoveDims = 8;

// to[i] = from[i] for every index i below the extents: transposes, slices, concatenations,
// expansions. Strides count elements; those of `from` may be zero or negative.
struct CopyShape {
  std::size_t rank = 0;
  std::size_t extent[kMoveDims] = {};  // outermost first
  std::ptrdiff_t from_stride[kMoveDims] = {};
  std::ptrdiff_t to_stride[kMoveDims] = {};
};

// A copy as it is carried out: dimensions merged, the two innermost chosen for speed.
struct CopyPlan {
  enum Kind : std::uint8_t { kRuns, kFill, kStrided, kBackwards, kTranspose };
  Kind kind = kRuns;
  std::size_t element_bytes = 0;
  std::size_t units = 0;  // of work: the elements of all but the last one or two dimensions
  CopyShape loop;
  std::size_t outer_rank = 0;  // dimensions that units run over

  bool is_empty() const { return units == 0; }
};

// False where the rank or the element's size is none of ours.
bool plan_copy(const CopyShape& shape, std::size_t element_bytes, CopyPlan& plan);

// Units begin .. end, each independent of all others. from and to are the elements of index 0, and
// must not overlap.
void run_copy(const CopyPlan& plan, const void* from, void* to, std::size_t begin, std::size_t end);

// to[i0, i1, ...] = from[map0[i0] + map1[i1] + ...], or `fill` where any of them is kNowhere:
// padding of every mode, nearest-neighbour resizing, reversal. `to` is contiguous. Maps hold
// offsets in elements, one for each index of their axis.
inline constexpr std::int64_t kNowhere = INT64_MIN;
struct MappedCopy {
  std::size_t rank = 0;  // 1 .. kMoveDims
  std::size_t element_bytes = 0;
  std::size_t extent[kMoveDims] = {};
  const std::int64_t* map[kMoveDims] = {};
  const void* fill = nullptr;  // one element

  // Indices of the last axis that take neighbouring elements in their order: copied as one. Found
  // by find_run(); none is right as well.
  std::size_t run_begin = 0;
  std::size_t run_end = 0;
  void find_run();

  // Of all but the last axis.
  std::size_t units() const;
};
void run_copy(const MappedCopy& copy, const void* from, void* to, std::size_t begin,
              std::size_t end);

}  // namespace slipway
