// One line of the audit log: what it says, as text and back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

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

inline constexpr std::size_t kMostLineBytes = 8192;  // with its '\n'
// Actions that the log itself tells of.
inline constexpr std::string_view kCutAction = "cut";  // the first of a file
inline constexpr std::string_view kInterruptedAction =
    "interrupted";                                           // the line before was not done
inline constexpr std::string_view kFailedAction = "failed";  // the same, and why

// 64 zeros: `before` of the first line.
const std::string& no_hash();

// The line with its '\n'; sets `sha256`, of which nothing is taken.
std::string seal_line(LogLine& line);

struct ParsedLine {
  LogLine line;
  bool is_unchanged = false;  // its hash is that of its text
};

// Without its '\n'. Nothing where it is no line at all.
std::optional<ParsedLine> parse_line(std::string_view text);

// Hands the lines of a file on, one after the other: all of them end with '\n' but perhaps the
// last. Of a line that is too long only the beginning is there. kNotFound where there is no file.
Status for_lines(
    Disk& disk, const Path& path,
    const std::function<void(std::string_view line, std::uint64_t bytes, bool is_ended)>& see);

}  // namespace slipway::store
