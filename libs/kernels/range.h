// A range of indices, and how work is cut into parts of nearly the same size.
#pragma once

#include <algorithm>
#include <cstddef>

namespace slipway {

// Half-open.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;

  constexpr bool empty() const { return begin >= end; }
  constexpr std::size_t size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};

// [0, count) in parts that begin at multiples of `grain`; no two differ by more than one grain.
struct EvenParts {
  std::size_t count = 0;
  std::size_t grain = 1;
  std::size_t parts = 1;

  // As few parts as have at most `most` each, or one grain where that is more.
  static constexpr EvenParts of_at_most(std::size_t most, std::size_t count, std::size_t grain) {
    EvenParts even{count, grain, 1};
    const std::size_t grains = std::max<std::size_t>(1, most / grain);
    even.parts = std::max<std::size_t>(1, (even.grains() + grains - 1) / grains);
    return even;
  }

  constexpr std::size_t grains() const { return (count + grain - 1) / grain; }
  constexpr std::size_t largest() const {
    return std::min(count, (grains() + parts - 1) / parts * grain);
  }
  constexpr Range part(std::size_t i) const {
    return {std::min(count, grains() * i / parts * grain),
            std::min(count, grains() * (i + 1) / parts * grain)};
  }
};

}  // namespace slipway
