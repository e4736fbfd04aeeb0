#include "store/audit.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <span>

#include "base/str.h"

namespace slipway::store {
namespace {

constexpr std::size_t kMostReasonBytes = 500;
constexpr std::uint64_t kReserveBytes = std::uint64_t{64} << 10;

Path next_log(const Path& log) { return Path(log) += ".new"; }

// They stay behind the line that they tell of.
bool tells_of_the_line_before(std::string_view action) {
  return action == kInterruptedAction || action == kFailedAction;
}

struct LogEnd {
  std::optional<LogLine> last;
  std::uint64_t bytes = 0;       // up to the end of it
  std::uint64_t torn_bytes = 0;  // behind it
  bool is_open_line = false;     // what is there does not end with a line's end
};

// Nothing at all where there is no file.
Result<LogEnd> find_end(Disk& disk, const Path& path) {
  LogEnd end;
  disk.read_anew(path);  // a line whose sync failed may be in memory alone
  const Result<disk::Entry> entry = disk.look(path);
  if (!entry.ok()) return entry.error().code == Code::kNotFound ? Result(end) : entry.error();
  end.bytes = entry->bytes;
  const std::uint64_t begin = end.bytes - std::min<std::uint64_t>(end.bytes, 2 * kMostLineBytes);
  std::string tail(static_cast<std::size_t>(end.bytes - begin), '\0');
  if (!tail.empty()) {
    tail.resize(TRY(disk.read_at(path, begin, std::as_writable_bytes(std::span(tail)))));
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
      end.last = parsed->line;
      break;
    }
    left = left.substr(0, start);
  }
  const std::uint64_t torn = tail.size() - left.size();
  if (torn > kMostLineBytes || (torn > 0 && left.empty() && begin > 0)) {
    // That was no power cut: it stays as evidence, and a new chain begins behind it.
    end.last.reset();
    end.is_open_line = tail.back() != '\n';
    return end;
  }
  end.bytes -= torn;
  end.torn_bytes = torn;
  return end;
}

// Whether that line is all there is.
bool is_begun_by(const LogEnd& end, const LogLine& line) {
  return end.torn_bytes == 0 && end.last.has_value() && end.last->action == line.action &&
         end.last->number == line.number && end.last->before == line.before;
}

void remove_if_there(Disk& disk, const Path& path) {
  if (!disk.look(path).ok()) return;
  [[maybe_unused]] const Status removed = disk.remove(path);
}

}  // namespace

Path older_log(const Path& log) { return Path(log) += ".1"; }

std::string time_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  std::array<char, 40> text{};
  if (gmtime_r(&time, &parts) == nullptr) return "unknown";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

Result<std::uint64_t> AuditLog::open() {
  LogEnd end = TRY(find_end(disk_, path_));
  if (end.torn_bytes > 0) TRY(disk_.shorten(path_, end.bytes));
  bytes_ = end.bytes;
  last_ = std::move(end.last);
  is_open_line_ = end.is_open_line;
  is_dirty_ = false;
  is_between_ = bytes_ == 0 && disk_.look(older_log(path_)).ok();
  if (is_between_) {
    last_ = TRY(find_end(disk_, older_log(path_))).last;
  } else {
    // The log that it was to be the next of is still there.
    remove_if_there(disk_, next_log(path_));
  }
  return end.torn_bytes;
}

Status AuditLog::reserve() {
  if (is_between_) TRY(begin_next());
  if (bytes_ == 0) {
    TRY(disk_.append(path_));
    TRY(disk_.sync_folder(disk::folder_of(path_)));
  }
  return disk_.reserve(path_, bytes_ + kReserveBytes);
}

LogLine AuditLog::line_after_last(std::string_view action) const {
  LogLine line;
  line.number = last_.has_value() ? last_->number + 1 : 1;
  line.time = time_text(now_());
  line.action = std::string(action);
  line.before = last_.has_value() ? last_->sha256 : no_hash();
  return line;
}

// log.new is the next log: its first line, on disk, with its name and space for lines to come.
Status AuditLog::prepare_next() {
  LogLine line = line_after_last(kCutAction);
  line.reason = str("the lines before are in ", older_log(path_).filename().string());
  const Path next = next_log(path_);
  const auto make = [&]() -> Status {
    const std::unique_ptr<disk::File> file = TRY(disk_.create(next));
    TRY(disk_.reserve(next, kReserveBytes));
    TRY(file->write(seal_line(line)));
    TRY(file->sync());
    return disk_.sync_folder(disk::folder_of(path_));
  };
  Status made = make();
  if (!made.ok()) remove_if_there(disk_, next);
  return made;
}

// log.new becomes the log. Where that is not what it was made as, somebody removed the log: it is
// made again.
Status AuditLog::begin_next() {
  const Path path = next_log(path_);
  LogEnd next = TRY(find_end(disk_, path));
  if (!is_begun_by(next, line_after_last(kCutAction))) {
    TRY(prepare_next());
    next = TRY(find_end(disk_, path));
  }
  const Path folder = disk::folder_of(path_);
  TRY(disk_.sync_folder(folder));
  TRY(disk_.rename(path, path_));
  TRY(disk_.sync_folder(folder));
  is_between_ = is_open_line_ = false;
  bytes_ = next.bytes;
  last_ = std::move(next.last);
  return {};
}

// The log becomes log.1 when the next one is whole beside it: what is between the two renames has
// all lines in log.1, and needs no space to go on.
Status AuditLog::cut() {
  TRY(prepare_next());
  TRY(disk_.rename(path_, older_log(path_)));
  is_between_ = true;
  bytes_ = 0;
  return begin_next();
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
  if (is_between_) {
    TRY(begin_next());
  } else if (bytes_ >= most_bytes_ && !tells_of_the_line_before(action)) {
    const Status done = cut();
    if (!done.ok() && is_between_) return done;
  }
  LogLine line = line_after_last(action);
  line.id = id;
  line.reason = shorten(reason, kMostReasonBytes);
  line.manifest = std::string(manifest);
  const std::string text = str(is_open_line_ ? "\n" : "", seal_line(line));
  Status written = write_line(text);
  if (!written.ok()) {
    is_dirty_ = !disk_.shorten(path_, bytes_).ok();
    return written;
  }
  is_open_line_ = false;
  bytes_ += text.size();
  last_ = std::move(line);
  return {};
}

}  // namespace slipway::store
