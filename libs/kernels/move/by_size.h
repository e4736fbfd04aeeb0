// Calls f with a value of the unsigned type of `bytes` bytes: what moves elements moves those.
#pragma once

#include <cstddef>
#include <cstdint>

namespace slipway {

struct Element16 {
  std::uint64_t half[2];
};

template <typename F>
bool by_size(std::size_t bytes, F&& f) {
  switch (bytes) {
    case 1:
      f(std::uint8_t{});
      return true;
    case 2:
      f(std::uint16_t{});
      return true;
    case 4:
      f(std::uint32_t{});
      return true;
    case 8:
      f(std::uint64_t{});
      return true;
    case 16:
      f(Element16{});
      return true;
    default:
      return false;
  }
}

}  // namespace slipway
