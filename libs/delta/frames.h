// A delta's frames, one after the other, each as its operations.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "delta/apply.h"
#include "delta/format.h"

namespace slipway::delta {

struct Frame {
  std::uint64_t new_bytes = 0;   // that it yields; 0: there are no more frames
  std::uint32_t check = 0;       // of them: check_of()
  std::uint64_t start = 0;       // of its operations in the delta
  std::uint64_t size_bytes = 0;  // of its operations
};

struct OpHeader {
  Op op = Op::kCopy;
  std::uint64_t new_bytes = 0;
  std::uint64_t old_offset = 0;
  std::uint64_t old_bytes = 0;
  std::uint64_t payload_start = 0;  // in the delta
  std::size_t payload_bytes = 0;
};

Result<Header> parse_header(const Source& delta, std::uint64_t& first_frame);

// Reads frame after frame, and, in each, operation after operation. Everything is checked against
// the sizes of the two files and the limits of format.h.
class FrameReader {
 public:
  FrameReader(const Source& delta, const Header& header, std::uint64_t first_frame)
      : delta_(&delta), header_(&header), at_(first_frame), end_(delta.size_bytes()) {}

  Result<Frame> next_frame();
  // The next operation of `frame`; the caller counts the bytes until they are the frame's.
  Result<OpHeader> next_op(const Frame& frame, std::uint64_t left_bytes);
  // After the last operation.
  Status end_frame(const Frame& frame) const;
  void skip(const Frame& frame) { at_ = frame.start + frame.size_bytes; }

 private:
  Status check_old(const OpHeader& op) const;

  const Source* delta_;
  const Header* header_;
  std::uint64_t at_;
  std::uint64_t end_;
  std::uint64_t new_at_ = 0;
  std::uint64_t old_at_ = 0;  // where offsets count from: where the operation before ended
};

}  // namespace slipway::delta
