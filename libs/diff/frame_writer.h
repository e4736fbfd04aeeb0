// Operations into frames, and frames into a delta.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/apply.h"
#include "delta/format.h"
#include "delta/tables.h"

namespace slipway::diff {

class FrameWriter {
 public:
  FrameWriter(std::span<const std::byte> is, const delta::Sink& sink) : is_(is), sink_(&sink) {}

  // Each yields what comes next of the new file.
  Status copy(std::uint64_t old_offset, std::uint64_t bytes);
  Status raw(std::uint64_t bytes);
  Status text(std::uint64_t bytes, std::uint64_t old_offset, std::uint64_t old_bytes,
              std::string_view payload);
  Status tensor(std::uint64_t bytes, std::uint64_t old_offset, std::string_view payload,
                delta::Tables tables);
  Status finish();

  // Of the tensor before, where it is in the frame that the next `bytes` go to; else nothing.
  const delta::Tables* tables_for(std::uint64_t bytes) const;
  std::uint64_t new_at() const { return new_at_; }

 private:
  bool is_full(std::uint64_t more_bytes) const;
  Status make_room(std::uint64_t bytes);
  Status flush_copy();
  Status flush_frame();
  void put_old_offset(std::uint64_t offset, std::uint64_t bytes);

  std::span<const std::byte> is_;
  const delta::Sink* sink_;
  std::string ops_;
  delta::Tables tables_;
  std::uint64_t frame_start_ = 0;
  std::uint64_t new_at_ = 0;
  std::uint64_t old_at_ = 0;       // where offsets count from
  std::uint64_t copy_offset_ = 0;  // of a copy that may yet grow
  std::uint64_t copy_bytes_ = 0;
};

}  // namespace slipway::diff
