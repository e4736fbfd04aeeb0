#include "diff/frame_writer.h"

#include <algorithm>

#include "delta/check.h"
#include "delta/varint.h"

namespace slipway::diff {
namespace {

// A frame of operations ends once it yields so much, one of copies alone where it has to.
constexpr std::uint64_t kFrameBytes = std::uint64_t{2} << 20;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

bool FrameWriter::is_full(std::uint64_t more_bytes) const {
  const std::uint64_t bytes = new_at_ - frame_start_;
  return bytes + more_bytes > delta::kMostFrameBytes || (bytes >= kFrameBytes && !ops_.empty());
}

const delta::Tables* FrameWriter::tables_for(std::uint64_t bytes) const {
  return tables_.frequencies.empty() || is_full(bytes) ? nullptr : &tables_;
}

Status FrameWriter::make_room(std::uint64_t bytes) {
  if (is_full(bytes)) TRY(flush_frame());
  return {};
}

void FrameWriter::put_old_offset(std::uint64_t offset, std::uint64_t bytes) {
  delta::put_signed(ops_, static_cast<std::int64_t>(offset - old_at_));
  old_at_ = offset + bytes;
}

Status FrameWriter::flush_copy() {
  if (copy_bytes_ == 0) return {};
  ops_ += static_cast<char>(delta::Op::kCopy);
  delta::put_varint(ops_, copy_bytes_);
  put_old_offset(copy_offset_, copy_bytes_);
  copy_bytes_ = 0;
  return {};
}

Status FrameWriter::flush_frame() {
  TRY(flush_copy());
  if (new_at_ == frame_start_) return {};
  const std::span<const std::byte> yields = is_.subspan(
      static_cast<std::size_t>(frame_start_), static_cast<std::size_t>(new_at_ - frame_start_));
  delta::Check check;
  check.update(yields);
  std::string head;
  delta::put_varint(head, yields.size());
  const std::uint32_t value = check.value();
  head.append(reinterpret_cast<const char*>(&value), sizeof(value));
  delta::put_varint(head, ops_.size());
  TRY((*sink_)(bytes_of(head)));
  TRY((*sink_)(bytes_of(ops_)));
  ops_.clear();
  tables_ = {};
  frame_start_ = new_at_;
  old_at_ = new_at_;
  return {};
}

Status FrameWriter::copy(std::uint64_t old_offset, std::uint64_t bytes) {
  while (bytes > 0) {
    TRY(make_room(1));
    if (copy_bytes_ > 0 && copy_offset_ + copy_bytes_ != old_offset) TRY(flush_copy());
    if (copy_bytes_ == 0) copy_offset_ = old_offset;
    const std::uint64_t count = std::min(bytes, delta::kMostFrameBytes - (new_at_ - frame_start_));
    copy_bytes_ += count;
    new_at_ += count;
    old_offset += count;
    bytes -= count;
  }
  return {};
}

Status FrameWriter::raw(std::uint64_t bytes) {
  while (bytes > 0) {
    const std::uint64_t count = std::min<std::uint64_t>(bytes, delta::kMostTextBytes);
    TRY(make_room(count));
    TRY(flush_copy());
    ops_ += static_cast<char>(delta::Op::kRaw);
    delta::put_varint(ops_, count);
    const std::span<const std::byte> piece =
        is_.subspan(static_cast<std::size_t>(new_at_), static_cast<std::size_t>(count));
    ops_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    new_at_ += count;
    bytes -= count;
  }
  return {};
}

Status FrameWriter::text(std::uint64_t bytes, std::uint64_t old_offset, std::uint64_t old_bytes,
                         std::string_view payload) {
  TRY(make_room(bytes));
  TRY(flush_copy());
  ops_ += static_cast<char>(delta::Op::kText);
  delta::put_varint(ops_, bytes);
  put_old_offset(old_offset, old_bytes);
  delta::put_varint(ops_, old_bytes);
  delta::put_varint(ops_, payload.size());
  ops_ += payload;
  new_at_ += bytes;
  return {};
}

Status FrameWriter::tensor(std::uint64_t bytes, std::uint64_t old_offset, std::string_view payload,
                           delta::Tables tables) {
  TRY(make_room(bytes));
  TRY(flush_copy());
  ops_ += static_cast<char>(delta::Op::kTensor);
  delta::put_varint(ops_, bytes);
  put_old_offset(old_offset, bytes);
  delta::put_varint(ops_, payload.size());
  ops_ += payload;
  tables_ = std::move(tables);
  new_at_ += bytes;
  return {};
}

Status FrameWriter::finish() { return flush_frame(); }

}  // namespace slipway::diff
