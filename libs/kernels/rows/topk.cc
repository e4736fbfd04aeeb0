#include "kernels/rows/topk.h"

#include <algorithm>
#include <bit>

namespace slipway {
namespace {

// Unsigned numbers in the order of the elements.
std::uint32_t key_of(float x) {
  if (x != x) return ~std::uint32_t{0};
  const auto bits = std::bit_cast<std::uint32_t>(x == 0.0F ? 0.0F : x);
  return (bits >> 31) != 0 ? ~bits : bits | 0x80000000U;
}
std::uint32_t key_of(std::int32_t x) { return static_cast<std::uint32_t>(x) ^ 0x80000000U; }
std::uint64_t key_of(std::int64_t x) { return static_cast<std::uint64_t>(x) ^ 0x8000000000000000U; }

// What is picked: a key, then a place, as one number where both fit.
struct ShortEntry {
  std::uint64_t all;

  ShortEntry() = default;
  ShortEntry(std::uint32_t key, std::size_t at) : all{std::uint64_t{key} << 32 | at} {}
  std::uint32_t key() const { return static_cast<std::uint32_t>(all >> 32); }
  std::size_t at() const { return all & 0xFFFFFFFFU; }
  bool operator<(const ShortEntry& other) const { return all < other.all; }
};
struct LongEntry {
  std::uint64_t the_key;
  std::uint64_t the_place;

  LongEntry() = default;
  LongEntry(std::uint64_t key, std::size_t at) : the_key(key), the_place(at) {}
  std::uint64_t key() const { return the_key; }
  std::size_t at() const { return the_place; }
  bool operator<(const LongEntry& other) const {
    return the_key != other.the_key ? the_key < other.the_key : the_place < other.the_place;
  }
};

template <typename T>
struct Traits {
  using Entry = ShortEntry;
};
template <>
struct Traits<std::int64_t> {
  using Entry = LongEntry;
};

// Counts up to this are kept sorted while elements come.
inline constexpr std::size_t kFew = 16;
// Lines side by side are gathered together: they share cache lines.
inline constexpr std::size_t kTogether = 8;

std::size_t element_bytes_of(TopElement element) { return element == TopElement::kI64 ? 8 : 4; }
std::size_t entry_bytes_of(TopElement element) { return element == TopElement::kI64 ? 16 : 8; }

// Room for candidates: as many again as are wanted, so that dropping the worse half of them costs a
// constant for each that came.
std::size_t room_of(const TopSpec& spec) {
  if (spec.count <= kFew) return spec.count;
  const std::size_t spare = std::max<std::size_t>(spec.count, 64);
  return spec.length - spec.count <= spare ? spec.length : spec.count + spare;
}

std::size_t gathered_bytes(const TopSpec& spec) {
  if (spec.stride == 1) return 0;
  const std::size_t lines = std::min(spec.stride, kTogether);
  return (lines * spec.length * element_bytes_of(spec.element) + 15) / 16 * 16;
}

template <bool kLargest, typename T>
bool is_beaten(T e, T bound) {
  return kLargest ? e <= bound : e >= bound;
}

// Whether no element of a block comes before `bound`; floats are compared many at a time.
template <bool kLargest, std::size_t kCount, typename T>
bool are_beaten(const T* x, T bound) {
  std::uint32_t open = 0;
  for (std::size_t j = 0; j < kCount; ++j) open |= is_beaten<kLargest>(x[j], bound) ? 0U : 1U;
  return open == 0;
}

// Calls take(i) for the elements from i on that may come before `bound`, which take() may change;
// a NaN, and all where the bound is one, count as such. Stops after an element at which take()
// says false; the place after the last one seen.
template <bool kLargest, typename T, typename Take>
std::size_t scan(const T* x, std::size_t i, std::size_t n, const T& bound, Take take) {
  constexpr std::size_t kBlock = 16;
  while (i < n) {
    if (i + 4 * kBlock <= n && are_beaten<kLargest, 4 * kBlock>(x + i, bound)) {
      i += 4 * kBlock;
      continue;
    }
    for (const std::size_t end = std::min(n, i + 4 * kBlock); i < end;) {
      const std::size_t stop = std::min(end, i + kBlock);
      if (stop - i == kBlock && are_beaten<kLargest, kBlock>(x + i, bound)) i = stop;
      for (; i < stop; ++i) {
        if (!is_beaten<kLargest>(x[i], bound) && !take(i)) return i + 1;
      }
    }
  }
  return n;
}

template <typename T, bool kLargest>
class Picker {
 public:
  using Entry = typename Traits<T>::Entry;

  Picker(Entry* entries, std::size_t count, std::size_t room)
      : entries_(entries), count_(count), room_(room) {}

  // Leaves the first `count` of x in their order.
  const Entry* pick(const T* x, std::size_t n) {
    if (count_ == 0) return entries_;
    if (count_ <= kFew) return pick_few(x, n);
    std::size_t i = 0;
    for (; i < room_; ++i) entries_[i] = entry(x, i);
    std::size_t size = room_;
    while (i < n) {
      cut(size);
      const Entry last = entries_[count_ - 1];
      size = count_;
      i = scan<kLargest>(x, i, n, x[last.at()], [&](std::size_t at) {
        const Entry next = entry(x, at);
        if (next < last) entries_[size++] = next;
        return size < room_;
      });
    }
    cut(size);
    std::sort(entries_, entries_ + count_);
    return entries_;
  }

 private:
  static Entry entry(const T* x, std::size_t i) {
    const auto key = key_of(x[i]);
    return Entry(kLargest ? ~key : key, i);
  }

  // The first count_ to the front, the last of them at its place.
  void cut(std::size_t size) {
    std::nth_element(entries_, entries_ + (count_ - 1), entries_ + size);
  }

  const Entry* pick_few(const T* x, std::size_t n) {
    std::size_t i = 0;
    for (; i < count_; ++i) {
      insert(entry(x, i), i);
      entries_[i] = left_;
    }
    T bound = x[entries_[count_ - 1].at()];
    scan<kLargest>(x, i, n, bound, [&](std::size_t at) {
      const Entry next = entry(x, at);
      if (!(next < entries_[count_ - 1])) return true;
      insert(next, count_);
      bound = x[entries_[count_ - 1].at()];
      return true;
    });
    return entries_;
  }

  // Among the `size` that are sorted; what is the last then falls out. Without branches: where a
  // new one belongs cannot be foreseen.
  void insert(Entry next, std::size_t size) {
    for (std::size_t k = 0; k < size; ++k) {
      const Entry here = entries_[k];
      const bool is_first = next < here;
      entries_[k] = is_first ? next : here;
      next = is_first ? here : next;
    }
    left_ = next;
  }

  Entry* entries_;
  std::size_t count_;
  std::size_t room_;
  Entry left_;
};

template <typename T, bool kLargest>
void top_of(const TopSpec& spec, const T* x, T* values, std::int64_t* indices, std::size_t begin,
            std::size_t end, std::byte* scratch) {
  auto* const gathered = reinterpret_cast<T*>(scratch);
  using Entry = typename Traits<T>::Entry;
  Picker<T, kLargest> picker(reinterpret_cast<Entry*>(scratch + gathered_bytes(spec)), spec.count,
                             room_of(spec));
  const std::size_t n = spec.length;
  const auto finish = [&](const T* line, std::size_t to) {
    const Entry* const entries = picker.pick(line, n);
    for (std::size_t k = 0; k < spec.count; ++k, to += spec.stride) {
      if (values != nullptr) values[to] = line[entries[k].at()];
      if (indices != nullptr) indices[to] = static_cast<std::int64_t>(entries[k].at());
    }
  };
  if (spec.stride == 1) {
    for (std::size_t line = begin; line < end; ++line) finish(x + line * n, line * spec.count);
    return;
  }
  for (std::size_t line = begin; line < end; line += kTogether) {
    const std::size_t lines = std::min(end - line, kTogether);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < lines; ++j) gathered[j * n + i] = x[i * spec.stride + line + j];
    }
    for (std::size_t j = 0; j < lines; ++j) finish(gathered + j * n, line + j);
  }
}

template <typename T>
void top_of_type(const TopSpec& spec, const void* x, void* values, std::int64_t* indices,
                 std::size_t begin, std::size_t end, void* scratch) {
  const auto run = spec.is_largest ? top_of<T, true> : top_of<T, false>;
  run(spec, static_cast<const T*>(x), static_cast<T*>(values), indices, begin, end,
      static_cast<std::byte*>(scratch));
}

}  // namespace

std::size_t top_scratch_bytes(const TopSpec& spec) {
  return gathered_bytes(spec) + room_of(spec) * entry_bytes_of(spec.element);
}

void top(const TopSpec& spec, const void* x, void* values, std::int64_t* indices, std::size_t begin,
         std::size_t end, void* scratch) {
  switch (spec.element) {
    case TopElement::kI32:
      return top_of_type<std::int32_t>(spec, x, values, indices, begin, end, scratch);
    case TopElement::kI64:
      return top_of_type<std::int64_t>(spec, x, values, indices, begin, end, scratch);
    default:
      return top_of_type<float>(spec, x, values, indices, begin, end, scratch);
  }
}

}  // namespace slipway
