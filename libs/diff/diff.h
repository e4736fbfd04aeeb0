// Makes a delta from an old file to a new one, which libs/delta applies.
//
// Both files are read where they lie (mapped); beside them some tens of megabytes are in use. Files
// that are models (ONNX, plans) are taken apart into their tensors; any other file works too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "delta/apply.h"

namespace slipway::diff {

struct Report {
  std::uint64_t old_bytes = 0;
  std::uint64_t new_bytes = 0;
  std::uint64_t plain_bytes = 0;  // of the new file by zstd: what a download takes without a delta
  std::uint64_t planned_bytes = 0;  // of the delta, as estimated from samples
  std::uint64_t delta_bytes = 0;    // 0 until it is made
  std::uint64_t copied_bytes = 0;   // of the new file that stand in the old one
  std::uint64_t tensor_bytes = 0;   // of the new file in tensors that changed
  std::uint64_t other_bytes = 0;    // of the new file that is neither
  std::size_t tensors = 0;          // of the new file
  std::size_t tensors_changed = 0;
  std::size_t tensors_added = 0;  // that the old file has none for

  // A delta that is not shorter than the plain download is never to be used.
  bool is_worth_it() const { return (delta_bytes > 0 ? delta_bytes : planned_bytes) < plain_bytes; }
};

// What a delta would take, in a fraction of the time that making it takes.
Report plan_delta(std::span<const std::byte> was, std::span<const std::byte> is);

// Errors are those of `sink`, which is given the delta in order.
Result<Report> write_delta(std::span<const std::byte> was, std::span<const std::byte> is,
                           const delta::Sink& sink);

}  // namespace slipway::diff
