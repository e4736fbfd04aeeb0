// A frame's check: the low half of XXH3-64 of the bytes it yields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace slipway::delta {

class Check {
 public:
  Check();
  Check(Check&&) = delete;
  ~Check();
  void update(std::span<const std::byte> bytes);
  std::uint32_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slipway::delta
