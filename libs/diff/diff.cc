#include "diff/diff.h"

#include <algorithm>
#include <optional>

#include "delta/varint.h"
#include "diff/frame_writer.h"
#include "diff/layout.h"
#include "diff/shape.h"
#include "diff/tensor_encoder.h"
#include "diff/text_encoder.h"
#include "digest/digest.h"

namespace slipway::diff {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint64_t kRawBytes = 16;                        // so few are not worth zstd's header
constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 19;  // of other bytes, at a time
constexpr std::uint64_t kPrefixReach = std::uint64_t{1} << 18;     // before and behind their place
constexpr std::uint64_t kMostSlowBytes = std::uint64_t{4} << 20;   // beyond them a faster level
constexpr std::uint64_t kLeastGuessed = 1024;                      // bytes that may be elements
constexpr std::uint64_t kMostTriedBytes = std::uint64_t{1} << 16;  // where zstd is tried on tensors

Bytes piece_of(Bytes bytes, std::uint64_t offset, std::uint64_t count) {
  return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
}

std::string header_of(Bytes was, Bytes is) {
  std::string out(delta::kMagic, sizeof(delta::kMagic));
  out += static_cast<char>(delta::kFormatVersion);
  delta::put_varint(out, was.size());
  delta::put_varint(out, is.size());
  out += from_hex(sha256(was)).value().substr(0, delta::kOldHashBytes);
  out += from_hex(sha256(is)).value();
  return out;
}

// Of the old file, for zstd.
struct Prefix {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

class Writer {
 public:
  Writer(Bytes was, Bytes is, const delta::Sink& sink) : was_(was), is_(is), frames_(is, sink) {}

  Status put(const Part& part) {
    switch (part.kind) {
      case Part::Kind::kSame:
        return frames_.copy(part.old_offset, part.bytes);
      case Part::Kind::kTensor:
        return put_tensor(part);
      case Part::Kind::kOther:
        break;
    }
    return put_other(part);
  }
  Status finish() { return frames_.finish(); }

 private:
  Status put_tensor(const Part& part);
  Status put_elements(const Piece& piece, std::uint64_t old_offset,
                      const std::optional<delta::Matrix>& matrix);
  Status put_share(delta::Element element, const std::optional<delta::Matrix>& matrix,
                   std::uint64_t old_offset, std::uint64_t bytes);
  Status put_other(const Part& part);
  Status put_text(std::uint64_t offset, std::uint64_t bytes, std::uint64_t expected);
  std::string text_of(std::uint64_t offset, std::uint64_t bytes, std::uint64_t expected, int level,
                      Prefix& prefix) const;

  Bytes was_;
  Bytes is_;
  FrameWriter frames_;
};

// The rows of one operation's share of a tensor: whole panels where they fit.
std::uint64_t share_of(const std::optional<delta::Matrix>& matrix, delta::Element element) {
  const std::uint64_t most = delta::kMostTensorBytes;
  if (!matrix.has_value()) return most;
  const std::uint64_t panel = matrix->columns * matrix->lanes * delta::bytes_of(element);
  if (panel <= most) return most / panel * panel;
  const std::uint64_t line = (matrix->lanes > 1 ? matrix->lanes : 4096) * delta::bytes_of(element);
  return line <= most ? most / line * line : most;
}

Status Writer::put_tensor(const Part& part) {
  const Bytes was = piece_of(was_, part.old_offset, part.bytes);
  const Bytes is = piece_of(is_, part.new_offset, part.bytes);
  const delta::Element element =
      part.tensor->element.has_value() ? *part.tensor->element : guess_element(was, is);
  if (part.bytes % delta::bytes_of(element) != 0) {
    return put_other({Part::Kind::kOther, part.new_offset, part.bytes, part.old_offset, nullptr});
  }
  const std::optional<delta::Matrix> matrix = choose_matrix({element, was, is}, *part.tensor);
  return put_share(element, matrix, part.old_offset, part.bytes);
}

// The next `bytes` of the new file, whose elements were at `old_offset`.
Status Writer::put_share(delta::Element element, const std::optional<delta::Matrix>& matrix,
                         std::uint64_t old_offset, std::uint64_t bytes) {
  const std::uint64_t share = share_of(matrix, element);
  for (std::uint64_t done = 0; done < bytes;) {
    const std::uint64_t count = std::min(share, bytes - done);
    std::optional<delta::Matrix> own = matrix;
    if (own.has_value()) {
      own->elements = count / delta::bytes_of(element);
      if (own->lanes > 1 && own->columns * own->lanes > own->elements) {
        own->columns = (own->elements + own->lanes - 1) / own->lanes;
      }
      own->columns = std::min(own->columns, own->elements);
      if (own->lanes > own->elements) own.reset();
    }
    const Piece piece{element, piece_of(was_, old_offset + done, count),
                      piece_of(is_, frames_.new_at(), count)};
    TRY(put_elements(piece, old_offset + done, own));
    done += count;
  }
  return {};
}

Status Writer::put_elements(const Piece& piece, std::uint64_t old_offset,
                            const std::optional<delta::Matrix>& matrix) {
  const std::uint64_t bytes = piece.is.size();
  if (std::ranges::equal(piece.was, piece.is)) return frames_.copy(old_offset, bytes);
  CodedTensor coded = encode_tensor(piece, matrix, frames_.tables_for(bytes));
  const std::uint64_t tried = std::min(bytes, kMostTriedBytes);
  Prefix prefix;
  const std::string text = text_of(frames_.new_at(), tried, old_offset, kBestLevel, prefix);
  if (text.size() * bytes / tried < coded.payload.size()) {
    return put_text(frames_.new_at(), bytes, old_offset);
  }
  return frames_.tensor(bytes, old_offset, coded.payload, std::move(coded.tables));
}

std::string Writer::text_of(std::uint64_t offset, std::uint64_t bytes, std::uint64_t expected,
                            int level, Prefix& prefix) const {
  expected = std::min<std::uint64_t>(expected, was_.size());
  prefix.offset = expected - std::min(expected, kPrefixReach);
  const std::uint64_t most = delta::kMostTextBytes;
  prefix.bytes = std::min<std::uint64_t>(
      {was_.size() - prefix.offset, expected - prefix.offset + bytes + kPrefixReach, most});
  return compress_text(piece_of(is_, offset, bytes), piece_of(was_, prefix.offset, prefix.bytes),
                       level);
}

// How bytes of no known kind are coded is decided on their first ones.
Status Writer::put_other(const Part& part) {
  const std::uint64_t tried = std::min(part.bytes, kMostTriedBytes);
  if (part.bytes >= kLeastGuessed && part.old_offset + part.bytes <= was_.size()) {
    const Bytes was = piece_of(was_, part.old_offset, tried);
    const Bytes is = piece_of(is_, part.new_offset, tried);
    const delta::Element element = guess_element(was, is);
    const std::uint64_t whole = part.bytes / delta::bytes_of(element) * delta::bytes_of(element);
    const std::uint64_t sampled = tried / delta::bytes_of(element) * delta::bytes_of(element);
    const std::size_t coded = encode_tensor({element, was.first(static_cast<std::size_t>(sampled)),
                                             is.first(static_cast<std::size_t>(sampled))},
                                            std::nullopt, frames_.tables_for(sampled))
                                  .payload.size();
    Prefix prefix;
    if (coded <
        std::min<std::uint64_t>(
            text_of(part.new_offset, tried, part.old_offset, kBestLevel, prefix).size(), tried)) {
      TRY(put_share(element, std::nullopt, part.old_offset, whole));
      return put_text(part.new_offset + whole, part.bytes - whole, part.old_offset + whole);
    }
  }
  return put_text(part.new_offset, part.bytes, part.old_offset);
}

Status Writer::put_text(std::uint64_t offset, std::uint64_t bytes, std::uint64_t expected) {
  const int level = bytes > kMostSlowBytes ? kFastLevel : kBestLevel;
  while (bytes > 0) {
    const std::uint64_t count = std::min(kPieceBytes, bytes);
    Prefix prefix;
    const std::string text =
        count > kRawBytes ? text_of(offset, count, expected, level, prefix) : std::string();
    if (text.empty() || text.size() + 4 >= count) {
      TRY(frames_.raw(count));
    } else {
      TRY(frames_.text(count, prefix.offset, prefix.bytes, text));
    }
    offset += count;
    expected += count;
    bytes -= count;
  }
  return {};
}

void count(const Part& part, Report& report) {
  switch (part.kind) {
    case Part::Kind::kSame:
      report.copied_bytes += part.bytes;
      break;
    case Part::Kind::kTensor:
      report.tensor_bytes += part.bytes;
      ++report.tensors_changed;
      break;
    case Part::Kind::kOther:
      report.other_bytes += part.bytes;
      break;
  }
}

Report start_report(Bytes was, Bytes is, const Layout& layout) {
  Report report;
  report.old_bytes = was.size();
  report.new_bytes = is.size();
  report.plain_bytes = plain_download_bytes(is);
  report.tensors = layout.tensors();
  report.tensors_added = layout.tensors_added();
  return report;
}

// By a sample of its first bytes.
std::uint64_t planned_bytes_of(Bytes was, Bytes is, const Part& part) {
  constexpr std::uint64_t kSample = std::uint64_t{1} << 17;
  constexpr std::uint64_t kCopyBytes = 6;
  if (part.kind == Part::Kind::kSame) return kCopyBytes;
  const std::uint64_t bytes = std::min(part.bytes, kSample);
  const Bytes now = piece_of(is, part.new_offset, bytes);
  if (part.kind == Part::Kind::kOther) {
    return compress_text(now, {}, kQuickLevel).size() * (part.bytes / bytes);
  }
  const Bytes before = piece_of(was, part.old_offset, bytes);
  const delta::Element element =
      part.tensor->element.has_value() ? *part.tensor->element : guess_element(before, now);
  const std::uint64_t whole = bytes / delta::bytes_of(element) * delta::bytes_of(element);
  if (whole == 0) return part.bytes;
  const CodedTensor coded = encode_tensor({element, before.first(static_cast<std::size_t>(whole)),
                                           now.first(static_cast<std::size_t>(whole))},
                                          std::nullopt, nullptr);
  return coded.payload.size() * part.bytes / whole;
}

}  // namespace

Report plan_delta(Bytes was, Bytes is) {
  const Layout layout(was, is);
  Report report = start_report(was, is, layout);
  report.planned_bytes = delta::kMostHeaderBytes;
  const Status status = layout.each_part([&](const Part& part) -> Status {
    count(part, report);
    report.planned_bytes += planned_bytes_of(was, is, part);
    return {};
  });
  static_cast<void>(status.ok());
  return report;
}

Result<Report> write_delta(Bytes was, Bytes is, const delta::Sink& sink) {
  const Layout layout(was, is);
  Report report = start_report(was, is, layout);
  const delta::Sink counted = [&](Bytes bytes) -> Status {
    report.delta_bytes += bytes.size();
    return sink(bytes);
  };
  const std::string header = header_of(was, is);
  TRY(counted(std::as_bytes(std::span(header))));
  Writer writer(was, is, counted);
  TRY(layout.each_part([&](const Part& part) -> Status {
    count(part, report);
    return writer.put(part);
  }));
  TRY(writer.finish());
  return report;
}

}  // namespace slipway::diff
