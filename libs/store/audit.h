// The audit log: one line of JSON for each thing that was done to the store, each with a hash of
// its own and that of the line before.
//
// A line is on disk before what it tells of is done. What then did not come about is told by a line
// that follows: "interrupted" where the power was cut, "failed" where something else went wrong.
//
// A log that has passed kMostLogBytes becomes log.1, and what was that is no more; the log begins
// anew with a line, "cut", that has the hash of the last line of log.1.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/layout.h"
#include "store/log_line.h"

namespace slipway::store {

inline constexpr std::uint64_t kMostLogBytes = std::uint64_t{1} << 20;

struct LogCheck {
  std::uint64_t lines = 0;
  std::uint64_t first = 1;  // number of the first that is kept
  std::string
      head;  // `sha256` of the last line: who notes it elsewhere sees when lines are cut off
  std::uint64_t torn_bytes = 0;       // at its end, which a power cut tore
  std::vector<std::string> problems;  // lines that were changed, or are missing
};

// log.1 of a log.
Path older_log(const Path& log);

// Every line of log.1 and of the log in its order, and whether the chain holds. In bounded memory
// but for the problems, of which the first hundred are told. kIo when the log was cut meanwhile by
// who changes the store: some lines were handed on then, and all are when it is asked again.
Result<LogCheck> check_log(Disk& disk, const Path& path,
                           const std::function<void(const LogLine&)>& see = {});

class AuditLog {
 public:
  AuditLog(Disk& disk, Path path, std::function<std::int64_t()> now,
           std::uint64_t most_bytes = kMostLogBytes)
      : disk_(disk), path_(std::move(path)), now_(std::move(now)), most_bytes_(most_bytes) {}

  // Finds the last line. What a power cut tore behind it is cut off: how many bytes that were.
  Result<std::uint64_t> open();
  const std::optional<LogLine>& last() const { return last_; }

  // On disk when it returns; after a failure as it was before, but that a long log may have been
  // cut. Where there is no space to cut it, it grows on.
  Status append(std::string_view action, const Id& id, std::string_view reason,
                std::string_view manifest = {});
  // Takes space for lines to come, so that a full disk does not keep a rollback from being noted.
  Status reserve();

 private:
  LogLine line_after_last(std::string_view action) const;
  Status write_line(const std::string& line);
  Status cut();
  Status prepare_next();
  Status begin_next();

  Disk& disk_;
  Path path_;
  std::function<std::int64_t()> now_;
  std::uint64_t most_bytes_;
  std::optional<LogLine> last_;
  std::uint64_t bytes_ = 0;
  bool is_open_line_ = false;  // what is there does not end with a line's end
  bool is_dirty_ = false;      // there may be a part of a line behind bytes_
  bool is_between_ = false;    // the last line is in log.1, and the log is still to be begun
};

// Seconds since 1970 as "2026-05-04T03:02:01Z".
std::string time_text(std::int64_t seconds);

}  // namespace slipway::store
