#include "delta/apply.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/str.h"
#include "delta/check.h"
#include "delta/frames.h"
#include "delta/tensor_op.h"
#include "delta/text_op.h"
#include "digest/digest.h"

namespace slipway::delta {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 18;

}  // namespace

Result<Header> read_header(const Source& delta) {
  std::uint64_t first_frame = 0;
  return parse_header(delta, first_frame);
}

class Applier::State {
 public:
  State(const Source& old, const Source& delta, Header header, std::uint64_t first_frame)
      : header_(std::move(header)),
        old_(&old),
        delta_(&delta),
        frames_(delta, header_, first_frame) {}
  State(State&&) = delete;

  const Header& header() const { return header_; }
  Result<std::uint64_t> resume(const Source& written);
  Status run(const Sink& sink);

 private:
  Status run_frame(const Frame& frame, const Sink& sink);
  Status run_op(const OpHeader& op, const Sink& sink);
  Status copy(std::uint64_t offset, std::uint64_t count, const Sink& sink);
  Result<std::span<const std::byte>> payload_of(const OpHeader& op);
  Error who_is_wrong(std::string_view what) const;

  Header header_;
  const Source* old_;
  const Source* delta_;
  FrameReader frames_;
  Frame pending_;  // found by resume(), not yet run
  Hasher hasher_;
  TensorDecoder tensors_;
  TextDecoder texts_;
  std::vector<std::byte> payload_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kCopyBytes);
};

// Calls `use` with `count` bytes from `offset` on, in pieces.
template <typename Use>
static Status each_piece(const Source& source, std::uint64_t offset, std::uint64_t count,
                         std::span<std::byte> buffer, Use&& use) {
  while (count > 0) {
    const std::span<std::byte> piece =
        buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), count)));
    TRY(source.read_at(offset, piece));
    TRY(use(piece));
    offset += piece.size();
    count -= piece.size();
  }
  return {};
}

// Something came out that should not: the old file is another one, or else the delta is damaged.
Error Applier::State::who_is_wrong(std::string_view what) const {
  Hasher hasher;
  std::vector<std::byte> buffer(kCopyBytes);
  const Status status = each_piece(*old_, 0, header_.old_bytes, buffer, [&](auto piece) -> Status {
    hasher.update(piece);
    return {};
  });
  if (!status.ok()) return status.error();
  const std::string sha256 = hasher.finish();
  if (!sha256.starts_with(header_.old_sha256_start)) {
    return {Code::kInvalid,
            str("the delta was made from another old file, whose SHA-256 begins with ",
                header_.old_sha256_start.substr(0, 12), "; this one's begins with ",
                sha256.substr(0, 12), ": fetch the new file in full")};
  }
  return {Code::kInvalid, str(what, ": fetch it again, or the new file in full")};
}

Result<std::uint64_t> Applier::State::resume(const Source& written) {
  std::uint64_t good = 0;
  for (;;) {
    pending_ = TRY(frames_.next_frame());
    if (pending_.new_bytes == 0 || pending_.new_bytes > written.size_bytes() - good) break;
    Check check;
    TRY(each_piece(written, good, pending_.new_bytes, buffer_, [&](auto piece) -> Status {
      check.update(piece);
      return {};
    }));
    if (check.value() != pending_.check) break;
    TRY(each_piece(written, good, pending_.new_bytes, buffer_, [&](auto piece) -> Status {
      hasher_.update(piece);
      return {};
    }));
    good += pending_.new_bytes;
    frames_.skip(pending_);
  }
  return good;
}

Status Applier::State::run(const Sink& sink) {
  for (;;) {
    Frame frame = std::exchange(pending_, {});
    if (frame.new_bytes == 0) frame = TRY(frames_.next_frame());
    if (frame.new_bytes == 0) break;
    TRY(run_frame(frame, sink));
  }
  if (hasher_.finish() != header_.new_sha256) {
    return who_is_wrong(
        "the result's SHA-256 is not what the delta promised, the delta is damaged");
  }
  return {};
}

Status Applier::State::run_frame(const Frame& frame, const Sink& sink) {
  Check check;
  bool has_sink_failed = false;
  const Sink checked = [&](std::span<const std::byte> bytes) -> Status {
    check.update(bytes);
    hasher_.update(bytes);
    const Status status = sink(bytes);
    has_sink_failed = !status.ok();
    return status;
  };
  tensors_.begin_frame();
  for (std::uint64_t left = frame.new_bytes; left > 0;) {
    const OpHeader op = TRY(frames_.next_op(frame, left));
    Status done = run_op(op, checked);
    if (!done.ok()) {
      if (has_sink_failed || done.error().code != Code::kInvalid) return done;
      return who_is_wrong(done.error().message);
    }
    left -= op.new_bytes;
  }
  TRY(frames_.end_frame(frame));
  if (check.value() != frame.check) {
    return who_is_wrong("the delta is damaged: a frame yields other bytes than it promised");
  }
  return {};
}

Result<std::span<const std::byte>> Applier::State::payload_of(const OpHeader& op) {
  if (payload_.size() < op.payload_bytes) {
    payload_.clear();  // so that growing never holds two
    payload_.shrink_to_fit();
    payload_.resize(op.payload_bytes);
  }
  const std::span<std::byte> payload(payload_.data(), op.payload_bytes);
  TRY(delta_->read_at(op.payload_start, payload));
  return std::span<const std::byte>(payload);
}

Status Applier::State::copy(std::uint64_t offset, std::uint64_t count, const Sink& sink) {
  return each_piece(*old_, offset, count, buffer_, [&](auto piece) { return sink(piece); });
}

Status Applier::State::run_op(const OpHeader& op, const Sink& sink) {
  switch (op.op) {
    case Op::kCopy:
      return copy(op.old_offset, op.old_bytes, sink);
    case Op::kRaw:
      return sink(TRY(payload_of(op)));
    case Op::kText:
      return texts_.decode(TRY(payload_of(op)), op, *old_, sink);
    case Op::kTensor:
      break;
  }
  return tensors_.decode(TRY(payload_of(op)), op.new_bytes, *old_, op.old_offset, sink);
}

Applier::Applier(std::unique_ptr<State> state) : state_(std::move(state)) {}
Applier::Applier(Applier&&) noexcept = default;
Applier& Applier::operator=(Applier&&) noexcept = default;
Applier::~Applier() = default;

Result<Applier> Applier::open(const Source& old, const Source& delta) {
  std::uint64_t first_frame = 0;
  Header header = TRY(parse_header(delta, first_frame));
  if (old.size_bytes() != header.old_bytes) {
    return Error{Code::kInvalid,
                 str("the delta was made from another old file, of ", header.old_bytes,
                     " bytes; this one has ", old.size_bytes(), ": fetch the new file in full")};
  }
  return Applier(std::make_unique<State>(old, delta, std::move(header), first_frame));
}

const Header& Applier::header() const { return state_->header(); }
Result<std::uint64_t> Applier::resume(const Source& written) { return state_->resume(written); }
Status Applier::run(const Sink& sink) { return state_->run(sink); }

}  // namespace slipway::delta
