// The head of a server's response: the few fields that matter here, from a text that may say
// anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::fetch {

struct ContentRange {
  bool is_unsatisfied = false;  // "bytes */20": no such range
  std::uint64_t first = 0;      // "bytes 10-19/20"
  std::uint64_t last = 0;
  std::optional<std::uint64_t> total;  // "bytes 10-19/*": none
};

// Nothing unless it is one, with first <= last < total.
std::optional<ContentRange> parse_content_range(std::string_view text);

struct Head {
  int status = 0;
  std::optional<std::uint64_t> length;  // of this response's body; none where it comes in chunks
  std::optional<ContentRange> range;
  std::string etag;           // a strong one, with its quotes
  std::string last_modified;  // as the server wrote it
  std::string date;
  std::string retry_after;
  std::string location;

  // What two responses have in common only if their bytes are the same: the strong ETag, or else
  // the time of modification if that second was over when the response was made. May be empty.
  std::string version() const;
  // This response is of another version than `version`; false where it does not tell.
  bool contradicts(std::string_view version) const;
  // How long the server asks to be left alone, at most `most_s`. Its dates are taken by its own
  // clock: this machine's may be wrong.
  std::optional<std::int64_t> retry_after_s(std::int64_t most_s) const;

  bool is_redirect() const;
};

// Takes the lines of a response, those of interim ones (1xx) before it included.
class HeadReader {
 public:
  // True once the head of the final response is complete; lines after that (trailers) change
  // nothing. kIo when there are more bytes than any honest server sends.
  Result<bool> add_line(std::string_view line);
  const Head& head() const { return head_; }

 private:
  void add_field(std::string_view name, std::string_view value);

  Head head_;
  std::size_t bytes_ = 0;
  bool is_chunked_ = false;
  bool has_range_ = false;
  bool is_complete_ = false;
};

inline constexpr std::size_t kMostHeadBytes = 64 << 10;

}  // namespace slipway::fetch
