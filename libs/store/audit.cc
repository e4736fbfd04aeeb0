#include "store/audit.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "digest/digest.h"

namespace slipway::store {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostLineBytes = 8192;
constexpr std::size_t kMostReasonBytes = 500;
constexpr std::size_t kMostProblems = 100;
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
constexpr std::uint64_t kReserveBytes = std::uint64_t{64} << 10;
constexpr std::string_view kHashKey = ",\"sha256\":\"";
constexpr std::string_view kEnd = "\"}";

const std::string& no_hash() {
  static const std::string kZeros(kSha256HexSize, '0');
  return kZeros;
}

std::string text_of(const LogLine& line) {
  const Json json = {{"line", line.number},        {"time", line.time},
                     {"action", line.action},      {"name", line.id.name},
                     {"version", line.id.version}, {"reason", line.reason},
                     {"manifest", line.manifest},  {"before", line.before}};
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();
  return str(text, kHashKey, sha256(text), kEnd, "\n");
}

struct ParsedLine {
  LogLine line;
  bool is_unchanged = false;  // its hash is that of its text
};

// Nothing where it is no line at all.
std::optional<ParsedLine> parse_line(std::string_view text) {
  // To the parser a zero byte is the end of the text.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.size() < 9 || !json.contains("line") ||
      !json["line"].is_number_unsigned()) {
    return std::nullopt;
  }
  ParsedLine parsed;
  LogLine& line = parsed.line;
  line.number = json["line"].get<std::uint64_t>();
  const std::array<std::pair<const char*, std::string*>, 8> texts = {{{"time", &line.time},
                                                                      {"action", &line.action},
                                                                      {"name", &line.id.name},
                                                                      {"version", &line.id.version},
                                                                      {"reason", &line.reason},
                                                                      {"manifest", &line.manifest},
                                                                      {"before", &line.before},
                                                                      {"sha256", &line.sha256}}};
  for (const auto& [key, to] : texts) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return std::nullopt;
    *to = found->get<std::string>();
  }
  const std::size_t tail = kHashKey.size() + kSha256HexSize + kEnd.size();
  parsed.is_unchanged =
      text.size() > tail && text.substr(text.size() - tail) ==
                                str(kHashKey, sha256(text.substr(0, text.size() - tail)), kEnd);
  return parsed;
}

// Hands the lines of a file on, one after the other: all of them end with '\n' but perhaps the
// last. Of a line that is too long only the beginning is there.
Status for_lines(
    Disk& disk, const Path& path,
    const std::function<void(std::string_view line, std::uint64_t bytes, bool is_ended)>& see) {
  std::string piece(kPieceBytes, '\0');
  std::string line;
  std::uint64_t line_bytes = 0;
  for (std::uint64_t offset = 0;;) {
    const std::size_t got =
        TRY(disk.read_at(path, offset, std::as_writable_bytes(std::span(piece))));
    if (got == 0) break;
    offset += got;
    for (std::string_view rest = std::string_view(piece).substr(0, got); !rest.empty();) {
      const std::size_t end = rest.find('\n');
      const std::string_view part = rest.substr(0, end);
      line += part.substr(0, kMostLineBytes - std::min(kMostLineBytes, line.size()));
      line_bytes += part.size();
      if (end == std::string_view::npos) break;
      see(line, line_bytes + 1, true);
      line.clear();
      line_bytes = 0;
      rest.remove_prefix(end + 1);
    }
  }
  if (line_bytes > 0) see(line, line_bytes, false);
  return {};
}

// Compares each line with the one before.
class Chain {
 public:
  explicit Chain(LogCheck& check) : check_(check) {}

  void take(const LogLine& line, bool is_unchanged) {
    const std::string which = str("line ", place_);
    if (!is_unchanged) tell(str(which, " was changed: its hash is not that of its text"));
    if (line.number != number_ + 1)
      tell(str(which, " says that it is line ", line.number, " and follows line ", number_,
               ": lines are missing or were put there"));
    if (line.before != head_)
      tell(str(which, " does not follow the line before it, whose hash is another"));
    number_ = line.number;
    head_ = line.sha256;
  }

  void tell(std::string problem) {
    if (check_.problems.size() < kMostProblems) check_.problems.push_back(std::move(problem));
  }
  std::uint64_t next_place() { return ++place_; }
  const std::string& head() const { return head_; }

 private:
  LogCheck& check_;
  std::uint64_t place_ = 0;
  std::uint64_t number_ = 0;
  std::string head_ = no_hash();
};

}  // namespace

std::string time_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  std::array<char, 40> text{};
  if (gmtime_r(&time, &parts) == nullptr) return "unknown";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

Result<LogCheck> check_log(Disk& disk, const Path& path,
                           const std::function<void(const LogLine&)>& see) {
  LogCheck check;
  Chain chain(check);
  // What is no line is torn where nothing follows, and changed where something does.
  std::uint64_t strange_bytes = 0;
  std::uint64_t strange_place = 0;
  const auto take = [&](std::string_view text, std::uint64_t bytes, bool is_ended) {
    const std::uint64_t place = chain.next_place();
    const std::optional<ParsedLine> parsed = is_ended ? parse_line(text) : std::nullopt;
    if (!parsed.has_value()) {
      if (strange_bytes == 0) strange_place = place;
      strange_bytes += bytes;
      return;
    }
    if (strange_bytes > 0) chain.tell(str("line ", strange_place, " is none: it was changed"));
    strange_bytes = 0;
    chain.take(parsed->line, parsed->is_unchanged);
    ++check.lines;
    if (see) see(parsed->line);
  };
  const Status read = for_lines(disk, path, take);
  if (!read.ok() && read.error().code != Code::kNotFound) return read.error();
  if (strange_bytes > kMostLineBytes)
    chain.tell(str("line ", strange_place, " is none: it was changed"));
  else
    check.torn_bytes = strange_bytes;
  check.head = chain.head();
  return check;
}

Result<std::uint64_t> AuditLog::open() {
  last_.reset();
  disk_.read_anew(path_);  // a line whose sync failed may be in memory alone
  const Result<disk::Entry> entry = disk_.look(path_);
  bytes_ = entry.ok() ? entry->bytes : 0;
  if (!entry.ok() && entry.error().code != Code::kNotFound) return entry.error();
  const std::uint64_t begin = bytes_ - std::min<std::uint64_t>(bytes_, 2 * kMostLineBytes);
  std::string tail(static_cast<std::size_t>(bytes_ - begin), '\0');
  if (!tail.empty()) {
    tail.resize(TRY(disk_.read_at(path_, begin, std::as_writable_bytes(std::span(tail)))));
  }
  // Only one line at a time is not on disk yet, so that no more than one can be torn.
  std::string_view left = tail;
  while (!left.empty() && tail.size() - left.size() <= kMostLineBytes) {
    const bool is_ended = left.back() == '\n';
    const std::string_view body = left.substr(0, left.size() - (is_ended ? 1 : 0));
    const std::size_t before = body.rfind('\n');
    const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
    const std::optional<ParsedLine> parsed =
        is_ended && (start > 0 || begin == 0) ? parse_line(body.substr(start)) : std::nullopt;
    if (parsed.has_value()) {
      last_ = parsed->line;
      break;
    }
    left = left.substr(0, start);
  }
  const std::uint64_t torn = tail.size() - left.size();
  if (torn == 0) return torn;
  if (torn > kMostLineBytes || (left.empty() && begin > 0)) {
    // That was no power cut: it stays as evidence, and a new chain begins behind it.
    is_open_line_ = tail.back() != '\n';
    last_.reset();
    return std::uint64_t{0};
  }
  bytes_ -= torn;
  TRY(disk_.shorten(path_, bytes_));
  return torn;
}

Status AuditLog::reserve() {
  if (bytes_ == 0) {
    TRY(disk_.append(path_));
    TRY(disk_.sync_folder(disk::folder_of(path_)));
  }
  return disk_.reserve(path_, bytes_ + kReserveBytes);
}

Status AuditLog::write_line(const std::string& line) {
  const std::unique_ptr<disk::File> file = TRY(disk_.append(path_));
  TRY(file->write(line));
  TRY(file->sync());
  if (bytes_ == 0) TRY(disk_.sync_folder(disk::folder_of(path_)));
  return {};
}

Status AuditLog::append(std::string_view action, const Id& id, std::string_view reason,
                        std::string_view manifest) {
  if (is_dirty_) {
    TRY(disk_.shorten(path_, bytes_));
    is_dirty_ = false;
  }
  LogLine line{.number = last_.has_value() ? last_->number + 1 : 1,
               .time = time_text(now_()),
               .action = std::string(action),
               .id = id,
               .reason = shorten(reason, kMostReasonBytes),
               .manifest = std::string(manifest),
               .before = last_.has_value() ? last_->sha256 : no_hash(),
               .sha256 = {}};
  const std::string text = str(is_open_line_ ? "\n" : "", text_of(line));
  Status written = write_line(text);
  if (!written.ok()) {
    is_dirty_ = !disk_.shorten(path_, bytes_).ok();
    return written;
  }
  is_open_line_ = false;
  bytes_ += text.size();
  line.sha256 = text.substr(text.size() - 1 - kEnd.size() - kSha256HexSize, kSha256HexSize);
  last_ = std::move(line);
  return {};
}

}  // namespace slipway::store
