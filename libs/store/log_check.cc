// Whether the lines of log.1 and of the log are one chain.
#include <algorithm>

#include "base/str.h"
#include "store/audit.h"

namespace slipway::store {
namespace {

constexpr std::size_t kMostProblems = 100;

// Takes lines as they lie in the files, and compares each with the one before.
class Chain {
 public:
  void take_text(std::string_view text, std::uint64_t bytes, bool is_ended,
                 const std::function<void(const LogLine&)>& see) {
    ++place_;
    const std::optional<ParsedLine> parsed = is_ended ? parse_line(text) : std::nullopt;
    if (!parsed.has_value()) {
      // What is no line is torn where nothing follows, and changed where something does.
      if (strange_bytes_ == 0) strange_place_ = place_;
      strange_bytes_ += bytes;
      return;
    }
    if (strange_bytes_ > 0) tell_strange();
    strange_bytes_ = 0;
    take(parsed->line, parsed->is_unchanged);
    if (see) see(parsed->line);
  }

  // What was before, if anything, was log.1.
  void begin_log() { is_in_log_ = true; }

  LogCheck end() && {
    if (strange_bytes_ > kMostLineBytes)
      tell_strange();
    else
      check_.torn_bytes = strange_bytes_;
    check_.head = head_;
    return std::move(check_);
  }

 private:
  void take(const LogLine& line, bool is_unchanged) {
    if (place_ == 1 && line.action == kCutAction && line.number > 0) begin_at(line);
    const std::string which = str("line ", place_);
    if (!is_unchanged) tell(str(which, " was changed: its hash is not that of its text"));
    if (line.number != number_ + 1)
      tell(str(which, " says that it is line ", line.number, " and follows line ", number_,
               ": lines are missing or were put there"));
    if (line.before != head_)
      tell(str(which, " does not follow the line before it, whose hash is another"));
    number_ = line.number;
    head_ = line.sha256;
    ++check_.lines;
  }

  // What was before the first line that is kept was in a log.1 that is no more: only in log.1 that
  // can be.
  void begin_at(const LogLine& line) {
    place_ = check_.first = line.number;
    number_ = line.number - 1;
    head_ = line.before;
    if (is_in_log_) tell(str("log.1 is missing, which had the lines before line ", line.number));
  }

  void tell_strange() { tell(str("line ", strange_place_, " is none: it was changed")); }
  void tell(std::string problem) {
    if (check_.problems.size() < kMostProblems) check_.problems.push_back(std::move(problem));
  }

  LogCheck check_;
  bool is_in_log_ = false;
  std::uint64_t strange_bytes_ = 0;
  std::uint64_t strange_place_ = 0;
  std::uint64_t place_ = 0;
  std::uint64_t number_ = 0;
  std::string head_ = no_hash();
};

// 0 where there is none.
Result<std::uint64_t> id_of(Disk& disk, const Path& path) {
  const Result<disk::Entry> entry = disk.look(path);
  if (entry.ok()) return entry->id;
  if (entry.error().code == Code::kNotFound) return std::uint64_t{0};
  return entry.error();
}

}  // namespace

Result<LogCheck> check_log(Disk& disk, const Path& path,
                           const std::function<void(const LogLine&)>& see) {
  const Path older = older_log(path);
  const std::uint64_t older_id = TRY(id_of(disk, older));
  Chain chain;
  const auto take = [&](std::string_view text, std::uint64_t bytes, bool is_ended) {
    chain.take_text(text, bytes, is_ended, see);
  };
  const auto read = [&](const Path& file) {
    Status done = for_lines(disk, file, take);
    return done.ok() || done.error().code == Code::kNotFound ? Status() : done;
  };
  TRY(read(older));
  chain.begin_log();
  TRY(read(path));
  if (TRY(id_of(disk, older)) != older_id) {
    return Error{Code::kIo, str(path.string(), " became ", older.filename().string(),
                                " while it was read: ask again")};
  }
  return std::move(chain).end();
}

}  // namespace slipway::store
