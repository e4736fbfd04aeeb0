// What whoever waits for a fetch may hear and say meanwhile. Each may be empty; all are called by
// the thread that fetches.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace slipway::fetch {

struct Watch {
  // So many bytes of the file are there; of how many, where that is known.
  std::function<void(std::uint64_t bytes, std::optional<std::uint64_t> total_bytes)> progress;
  // Asked several times a second; true ends the fetch with kIo.
  std::function<bool()> is_cancelled;
  // A line for people: what went wrong, and when it is tried again.
  std::function<void(std::string_view line)> note;

  bool wants_to_stop() const { return is_cancelled && is_cancelled(); }
};

}  // namespace slipway::fetch
