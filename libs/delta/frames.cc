#include "delta/frames.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/str.h"
#include "delta/varint.h"
#include "digest/digest.h"

namespace slipway::delta {
namespace {

constexpr std::size_t kMostNumbersBytes = 64;  // of an operation or a frame before its payload

Error damaged(std::string_view what) {
  return {Code::kInvalid, str("the delta is damaged: ", what)};
}

std::string hex_of(std::span<const std::byte> bytes) {
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// The numbers that stand at `at`, of which no more than are there before `end`.
Result<std::span<const std::byte>> numbers_at(const Source& delta, std::uint64_t at,
                                              std::uint64_t end, std::span<std::byte> buffer) {
  const std::span<std::byte> piece =
      buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - at)));
  TRY(delta.read_at(at, piece));
  return std::span<const std::byte>(piece);
}

}  // namespace

Result<Header> parse_header(const Source& delta, std::uint64_t& first_frame) {
  std::array<std::byte, kMostHeaderBytes> buffer;
  const std::span<const std::byte> bytes = TRY(numbers_at(delta, 0, delta.size_bytes(), buffer));
  if (bytes.size() < sizeof(kMagic) + 1 || std::memcmp(bytes.data(), kMagic, sizeof(kMagic)) != 0) {
    return Error{Code::kInvalid, "this is not a delta: `slipway delta` writes one"};
  }
  Taker from(bytes.subspan(sizeof(kMagic)));
  const std::uint8_t version = TRY(from.byte());
  if (version != kFormatVersion) {
    return Error{
        Code::kUnsupported,
        str("the delta has format ", version, ", this program reads ", kFormatVersion, ": ",
            version > kFormatVersion ? "use one that is newer"
                                     : "make it again with `slipway delta`")};
  }
  Header header;
  header.old_bytes = TRY(from.varint(kMostFileBytes));
  header.new_bytes = TRY(from.varint(kMostFileBytes));
  header.old_sha256_start = hex_of(TRY(from.bytes(kOldHashBytes)));
  header.new_sha256 = hex_of(TRY(from.bytes(kNewHashBytes)));
  first_frame = bytes.size() - from.left();
  return header;
}

Result<Frame> FrameReader::next_frame() {
  std::array<std::byte, kMostNumbersBytes> buffer;
  Frame frame;
  if (new_at_ == header_->new_bytes) {
    if (at_ != end_) return damaged("there is something behind its end");
    return frame;
  }
  const std::span<const std::byte> bytes = TRY(numbers_at(*delta_, at_, end_, buffer));
  Taker from(bytes);
  frame.new_bytes = TRY(from.varint(kMostFrameBytes));
  if (frame.new_bytes == 0 || frame.new_bytes > header_->new_bytes - new_at_) {
    return damaged("a frame yields nothing, or more than the new file has");
  }
  const std::span<const std::byte> check = TRY(from.bytes(4));
  std::memcpy(&frame.check, check.data(), 4);
  frame.size_bytes = TRY(from.varint());
  frame.start = at_ + (bytes.size() - from.left());
  if (frame.size_bytes > end_ - frame.start) return damaged("it ends within a frame");
  at_ = frame.start;
  old_at_ = new_at_;
  new_at_ += frame.new_bytes;
  return frame;
}

Status FrameReader::check_old(const OpHeader& op) const {
  if (op.old_offset > header_->old_bytes || op.old_bytes > header_->old_bytes - op.old_offset) {
    return damaged("it refers to bytes that the old file does not have");
  }
  return {};
}

Result<OpHeader> FrameReader::next_op(const Frame& frame, std::uint64_t left_bytes) {
  std::array<std::byte, kMostNumbersBytes> buffer;
  const std::uint64_t end = frame.start + frame.size_bytes;
  const std::span<const std::byte> bytes = TRY(numbers_at(*delta_, at_, end, buffer));
  Taker from(bytes);
  OpHeader op;
  const std::uint8_t kind = TRY(from.byte());
  if (kind >= kOps) return damaged("an unknown operation");
  op.op = static_cast<Op>(kind);
  const std::uint64_t most = op.op == Op::kCopy     ? kMostFrameBytes
                             : op.op == Op::kTensor ? kMostTensorBytes
                                                    : kMostTextBytes;
  op.new_bytes = TRY(from.varint(std::min(most, left_bytes)));
  if (op.new_bytes == 0) return damaged("an operation yields nothing");
  if (op.op != Op::kRaw) {
    op.old_offset = old_at_ + static_cast<std::uint64_t>(TRY(from.signed_varint()));
    op.old_bytes = op.op == Op::kText ? TRY(from.varint(kMostTextBytes)) : op.new_bytes;
    TRY(check_old(op));
    old_at_ = op.old_offset + op.old_bytes;
  }
  if (op.op == Op::kRaw) {
    op.payload_bytes = static_cast<std::size_t>(op.new_bytes);
  } else if (op.op != Op::kCopy) {
    op.payload_bytes = static_cast<std::size_t>(TRY(from.varint(kMostPayloadBytes)));
  }
  op.payload_start = at_ + (bytes.size() - from.left());
  if (op.payload_bytes > end - op.payload_start)
    return damaged("an operation ends outside its frame");
  at_ = op.payload_start + op.payload_bytes;
  return op;
}

Status FrameReader::end_frame(const Frame& frame) const {
  if (at_ != frame.start + frame.size_bytes) return damaged("a frame has more than it yields");
  return {};
}

}  // namespace slipway::delta
