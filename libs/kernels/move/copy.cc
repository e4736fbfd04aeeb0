#include "kernels/move/copy.h"

#include <algorithm>
#include <cstring>

#include "kernels/move/by_size.h"
#include "kernels/move/transpose.h"

namespace slipway {
namespace {

using Index = std::ptrdiff_t;

// Elements are moved as bytes: what they are, and how they are aligned, does not matter.
template <typename T>
inline T get(const T* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}
template <typename T>
inline void put(T value, T* to) {
  std::memcpy(to, &value, sizeof(T));
}

void remove(CopyShape& shape, std::size_t d) {
  for (std::size_t i = d; i + 1 < shape.rank; ++i) {
    shape.extent[i] = shape.extent[i + 1];
    shape.from_stride[i] = shape.from_stride[i + 1];
    shape.to_stride[i] = shape.to_stride[i + 1];
  }
  --shape.rank;
}

void swap_dims(CopyShape& shape, std::size_t a, std::size_t b) {
  std::swap(shape.extent[a], shape.extent[b]);
  std::swap(shape.from_stride[a], shape.from_stride[b]);
  std::swap(shape.to_stride[a], shape.to_stride[b]);
}

// Drops extents of 1 and merges neighbours that both sides step through as one.
void merge(CopyShape& shape) {
  for (std::size_t d = shape.rank; d-- > 0;) {
    if (shape.extent[d] == 1) remove(shape, d);
  }
  for (std::size_t d = shape.rank; d-- > 1;) {
    const Index extent = static_cast<Index>(shape.extent[d]);
    if (shape.from_stride[d - 1] != shape.from_stride[d] * extent ||
        shape.to_stride[d - 1] != shape.to_stride[d] * extent) {
      continue;
    }
    shape.extent[d] *= shape.extent[d - 1];
    remove(shape, d - 1);
  }
}

// Where a unit begins on both sides.
struct Place {
  Index from = 0;
  Index to = 0;
  std::size_t at[kMoveDims] = {};
};

Place place_of(const CopyPlan& plan, std::size_t unit) {
  Place place;
  for (std::size_t d = plan.outer_rank; d-- > 0;) {
    place.at[d] = unit % plan.loop.extent[d];
    unit /= plan.loop.extent[d];
    place.from += static_cast<Index>(place.at[d]) * plan.loop.from_stride[d];
    place.to += static_cast<Index>(place.at[d]) * plan.loop.to_stride[d];
  }
  return place;
}

void advance(const CopyPlan& plan, Place& place) {
  const CopyShape& loop = plan.loop;
  for (std::size_t d = plan.outer_rank; d-- > 0;) {
    place.from += loop.from_stride[d];
    place.to += loop.to_stride[d];
    if (++place.at[d] < loop.extent[d]) return;
    place.from -= loop.from_stride[d] * static_cast<Index>(loop.extent[d]);
    place.to -= loop.to_stride[d] * static_cast<Index>(loop.extent[d]);
    place.at[d] = 0;
  }
}

template <typename T>
void copy_as(const std::byte* from, std::byte* to) {
  put(get(reinterpret_cast<const T*>(from)), reinterpret_cast<T*>(to));
}

// The first bytes and the last ones: both, where there are no more than two Ts of them.
template <typename T>
void copy_ends(const std::byte* from, std::byte* to, std::size_t bytes) {
  copy_as<T>(from, to);
  copy_as<T>(from + bytes - sizeof(T), to + bytes - sizeof(T));
}

// Short ones without a call.
void copy_bytes(const std::byte* from, std::byte* to, std::size_t bytes) {
  constexpr std::size_t kShort = 64;
  if (bytes > kShort) {
    std::memcpy(to, from, bytes);
  } else if (bytes > sizeof(Element16)) {
    for (std::size_t i = 0; i + sizeof(Element16) < bytes; i += sizeof(Element16))
      copy_as<Element16>(from + i, to + i);
    const std::size_t last = bytes - sizeof(Element16);
    copy_as<Element16>(from + last, to + last);
  } else if (bytes >= 8) {
    copy_ends<std::uint64_t>(from, to, bytes);
  } else if (bytes >= 4) {
    copy_ends<std::uint32_t>(from, to, bytes);
  } else if (bytes >= 2) {
    copy_ends<std::uint16_t>(from, to, bytes);
  } else if (bytes == 1) {
    *to = *from;
  }
}

template <typename T>
void copy_run(const T* from, T* to, std::size_t count) {
  copy_bytes(reinterpret_cast<const std::byte*>(from), reinterpret_cast<std::byte*>(to),
             count * sizeof(T));
}

// `times` in all of a run that stands at `to` once: what has been written is copied.
void repeat_run(std::byte* to, std::size_t bytes, std::size_t times) {
  constexpr std::size_t kLongest = 4096;  // stays in the first cache
  const std::size_t total = bytes * times;
  std::size_t length = bytes;
  for (std::size_t done = bytes; done < total; done += length) {
    if (length < kLongest) length = done;
    copy_bytes(to, to + done, std::min(length, total - done));
  }
}

template <typename T>
void copy_line(const T* from, Index from_stride, T* to, Index to_stride, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    put(get(from + static_cast<Index>(i) * from_stride), to + static_cast<Index>(i) * to_stride);
  }
}

// to[i] = from[-i]
template <typename T>
void copy_backwards(const T* from, T* to, std::size_t count) {
  std::size_t i = 0;
  if constexpr (sizeof(T) == 1) {
    constexpr std::size_t kEight = 8;
    for (; i + kEight <= count; i += kEight) {
      std::uint64_t eight;
      std::memcpy(&eight, from - i - (kEight - 1), sizeof(eight));
      eight = __builtin_bswap64(eight);
      std::memcpy(to + i, &eight, sizeof(eight));
    }
  }
  for (; i < count; ++i) put(get(from - i), to + i);
}

// Runs of elements. Those of units that read the same one and write one after the other are
// repeated.
template <typename T>
void copy_runs(const CopyPlan& plan, const T* from, T* to, std::size_t begin, std::size_t end) {
  const CopyShape& loop = plan.loop;
  const std::size_t inner = loop.rank - 1;
  const std::size_t count = loop.extent[inner];
  const bool repeats = inner != 0 && loop.from_stride[inner - 1] == 0 &&
                       loop.to_stride[inner - 1] == static_cast<Index>(count);
  Place place = place_of(plan, begin);
  for (std::size_t unit = begin; unit < end; ++unit, advance(plan, place)) {
    T* const target = to + place.to;
    copy_run(from + place.from, target, count);
    if (!repeats) continue;
    const std::size_t times = std::min(end - unit, loop.extent[inner - 1] - place.at[inner - 1]);
    repeat_run(reinterpret_cast<std::byte*>(target), count * sizeof(T), times);
    unit += times - 1;
    place.at[inner - 1] += times - 1;
    place.to += static_cast<Index>((times - 1) * count);
  }
}

template <typename T>
void copy_units(const CopyPlan& plan, const T* from, T* to, std::size_t begin, std::size_t end) {
  if (plan.kind == CopyPlan::kRuns) return copy_runs(plan, from, to, begin, end);
  const CopyShape& loop = plan.loop;
  const std::size_t inner = loop.rank - 1;
  const std::size_t count = loop.extent[inner];
  Place place = place_of(plan, begin);
  for (std::size_t unit = begin; unit < end; ++unit, advance(plan, place)) {
    const T* const source = from + place.from;
    T* const target = to + place.to;
    switch (plan.kind) {
      case CopyPlan::kRuns:
        break;
      case CopyPlan::kFill: {
        const T value = get(source);
        for (std::size_t i = 0; i < count; ++i) put(value, target + i);
        break;
      }
      case CopyPlan::kStrided:
        copy_line(source, loop.from_stride[inner], target, loop.to_stride[inner], count);
        break;
      case CopyPlan::kBackwards:
        copy_backwards(source, target, count);
        break;
      case CopyPlan::kTranspose:
        transpose(source, loop.from_stride[inner], target, loop.to_stride[inner - 1],
                  loop.extent[inner - 1], count);
        break;
    }
  }
}

// The second innermost dimension becomes the one along which `from` is contiguous, if there is one.
bool choose_transpose(CopyShape& loop) {
  for (std::size_t d = 0; d + 1 < loop.rank; ++d) {
    if (loop.from_stride[d] != 1) continue;
    for (std::size_t i = d; i + 2 < loop.rank; ++i) swap_dims(loop, i, i + 1);
    return true;
  }
  return false;
}

}  // namespace

bool plan_copy(const CopyShape& shape, std::size_t element_bytes, CopyPlan& plan) {
  if (shape.rank > kMoveDims || !by_size(element_bytes, [](auto) {})) return false;
  plan = {};
  plan.element_bytes = element_bytes;
  plan.loop = shape;
  for (std::size_t d = 0; d < shape.rank; ++d) {
    if (shape.extent[d] == 0) return true;
  }
  CopyShape& loop = plan.loop;
  merge(loop);
  if (loop.rank == 0) loop = {1, {1}, {1}, {1}};
  const std::size_t inner = loop.rank - 1;
  const bool writes_runs = loop.to_stride[inner] == 1;
  plan.outer_rank = inner;
  if (writes_runs && loop.from_stride[inner] == 1) {
    plan.kind = CopyPlan::kRuns;
  } else if (writes_runs && loop.from_stride[inner] == 0) {
    plan.kind = CopyPlan::kFill;
  } else if (writes_runs && loop.from_stride[inner] == -1) {
    plan.kind = CopyPlan::kBackwards;
  } else if (writes_runs && choose_transpose(loop)) {
    plan.kind = CopyPlan::kTranspose;
    --plan.outer_rank;
  } else {
    plan.kind = CopyPlan::kStrided;
  }
  plan.units = 1;
  for (std::size_t d = 0; d < plan.outer_rank; ++d) plan.units *= loop.extent[d];
  return true;
}

void run_copy(const CopyPlan& plan, const void* from, void* to, std::size_t begin,
              std::size_t end) {
  by_size(plan.element_bytes, [&]<typename T>(T /*type*/) {
    copy_units(plan, static_cast<const T*>(from), static_cast<T*>(to), begin, end);
  });
}

std::size_t MappedCopy::units() const {
  std::size_t count = 1;
  for (std::size_t d = 0; d + 1 < rank; ++d) count *= extent[d];
  return count;
}

// The longest.
void MappedCopy::find_run() {
  const std::size_t count = extent[rank - 1];
  const std::int64_t* const at = map[rank - 1];
  for (std::size_t begin = 0; begin < count;) {
    std::size_t end = begin + 1;
    while (at[begin] != kNowhere && end < count && at[end] == at[end - 1] + 1) ++end;
    if (at[begin] != kNowhere && end - begin > run_end - run_begin) {
      run_begin = begin;
      run_end = end;
    }
    begin = end;
  }
}

namespace {

template <typename T>
void copy_by_map(const T* from, const std::int64_t* map, T fill, T* to, std::size_t begin,
                 std::size_t end) {
  for (std::size_t i = begin; i < end; ++i)
    put(map[i] == kNowhere ? fill : get(from + map[i]), to + i);
}

template <typename T>
void copy_mapped_row(const MappedCopy& copy, const T* from, T fill, T* to) {
  const std::size_t inner = copy.rank - 1;
  const std::int64_t* const map = copy.map[inner];
  copy_by_map(from, map, fill, to, 0, copy.run_begin);
  if (copy.run_begin < copy.run_end) {
    copy_run(from + map[copy.run_begin], to + copy.run_begin, copy.run_end - copy.run_begin);
  }
  copy_by_map(from, map, fill, to, copy.run_end, copy.extent[inner]);
}

template <typename T>
void copy_mapped(const MappedCopy& copy, const T* from, T* to, std::size_t begin, std::size_t end) {
  const std::size_t inner = copy.rank - 1;
  const std::size_t count = copy.extent[inner];
  T fill{};
  if (copy.fill != nullptr) std::memcpy(&fill, copy.fill, sizeof(T));
  for (std::size_t unit = begin; unit < end; ++unit) {
    T* const target = to + unit * count;
    std::int64_t offset = 0;
    bool is_somewhere = true;
    std::size_t rest = unit;
    for (std::size_t d = inner; d-- > 0; rest /= copy.extent[d]) {
      const std::int64_t step = copy.map[d][rest % copy.extent[d]];
      is_somewhere = is_somewhere && step != kNowhere;
      if (is_somewhere) offset += step;
    }
    if (is_somewhere) {
      copy_mapped_row(copy, from + offset, fill, target);
    } else {
      for (std::size_t i = 0; i < count; ++i) put(fill, target + i);
    }
  }
}

}  // namespace

void run_copy(const MappedCopy& copy, const void* from, void* to, std::size_t begin,
              std::size_t end) {
  by_size(copy.element_bytes, [&]<typename T>(T /*type*/) {
    copy_mapped(copy, static_cast<const T*>(from), static_cast<T*>(to), begin, end);
  });
}

}  // namespace slipway
