// The audit log: one line of JSON for each thing that was done to the store, each with a hash of
// its own and that of the line before.
//
// A line is on disk before what it tells of is done. What then did not come about is told by a line
// that follows: "interrupted" where the power was cut, "failed" where something else went wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/layout.h"

namespace slipway::store {

struct LogLine {
  std::uint64_t number = 0;  // from 1 on
  std::string time;          // "2026-05-04T03:02:01Z"
  std::string action;
  Id id;  // of what it was done to; may be empty
  std::string reason;
  std::string manifest;  // its sha256, of what was installed
  std::string before;    // `sha256` of the line before; zeros in the first
  std::string sha256;
};

struct LogCheck {
  std::uint64_t lines = 0;
  std::string
      head;  // `sha256` of the last line: who notes it elsewhere sees when lines are cut off
  std::uint64_t torn_bytes = 0;       // at its end, which a power cut tore
  std::vector<std::string> problems;  // lines that were changed, or are missing
};

// Every line in its order, and whether the chain holds. In bounded memory but for the problems, of
// which the first hundred are told.
Result<LogCheck> check_log(Disk& disk, const Path& path,
                           const std::function<void(const LogLine&)>& see = {});

class AuditLog {
 public:
  AuditLog(Disk& disk, Path path, std::function<std::int64_t()> now)
      : disk_(disk), path_(std::move(path)), now_(std::move(now)) {}

  // Finds the last line. What a power cut tore behind it is cut off: how many bytes that were.
  Result<std::uint64_t> open();
  const std::optional<LogLine>& last() const { return last_; }

  // On disk when it returns; after a failure as it was before.
  Status append(std::string_view action, const Id& id, std::string_view reason,
                std::string_view manifest = {});
  // Takes space for lines to come, so that a full disk does not keep a rollback from being noted.
  Status reserve();

 private:
  Status write_line(const std::string& line);

  Disk& disk_;
  Path path_;
  std::function<std::int64_t()> now_;
  std::optional<LogLine> last_;
  std::uint64_t bytes_ = 0;
  bool is_open_line_ = false;  // what is there does not end with a line's end
  bool is_dirty_ = false;      // there may be a part of a line behind bytes_
};

// Seconds since 1970 as "2026-05-04T03:02:01Z".
std::string time_text(std::int64_t seconds);

}  // namespace slipway::store
