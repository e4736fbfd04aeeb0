// Bytes from where a repository is hosted. Whoever needs them takes a Fetcher; tests give it one of
// their own.
//
// Errors, for whoever has to decide what comes next; their messages never show a URL's credentials:
//   kNotFound  there is no such file, or this device may not have it (404, 410, 403)
//   kTooLarge  it has more bytes than Request::most_bytes, whatever its length was said to be
//   kUsage     the URL makes no sense, or has a scheme that this fetcher does not speak
//   kIo        all else: no network, a broken transfer, a server's fault, a certificate refused
// and whatever a sink returned, unchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::fetch {

struct Request {
  std::string url;               // "https://...", "http://...", "file:///...", or a plain path
  std::uint64_t most_bytes = 0;  // of the whole file, what lies before `offset` included
  // Resuming: the first byte that is wanted. The bytes before it are of this version, as
  // Source::version told it; where it is another one by now, the file comes from byte 0.
  std::uint64_t offset = 0;
  std::string version;
  // The URL names its bytes (by their hash): they are the same whenever they are asked for, so that
  // a transfer may be resumed from a server that does not tell versions.
  bool never_changes = false;
};

// What is known of a file before its first byte.
struct Source {
  std::uint64_t offset = 0;                  // of the byte that is written first
  std::optional<std::uint64_t> total_bytes;  // of the whole file, as it was said to be
  // Equal and not empty: the same bytes. Printable ASCII of at most kMostVersionBytes.
  std::string version;
};

inline constexpr std::size_t kMostVersionBytes = 512;

// Takes what is fetched. An error ends the fetch and is what it returns.
class Sink {
 public:
  virtual ~Sink() = default;
  // Before the first byte; and again when the file has to start over (it changed while it was
  // fetched, or the server cannot resume), then with an offset of 0: forget what came before.
  virtual Status begin(const Source& source) = 0;
  // The bytes that follow those before; never empty.
  virtual Status write(std::span<const std::byte> bytes) = 0;
};

// Not for two threads at a time.
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  // When this succeeds, all of the file from Source::offset on was written to the sink. Whether the
  // bytes are the right ones, only a hash can tell.
  virtual Status fetch(const Request& request, Sink& sink) = 0;
};

// All of a small file.
Result<std::string> fetch_text(Fetcher& fetcher, std::string url, std::uint64_t most_bytes);

// The URL, or the path where `base` is a plain one, of the file `name` below `base`: "a/b c" below
// "http://host/tuf/" is "http://host/tuf/a/b%20c".
std::string join_url(std::string_view base, std::string_view name);

}  // namespace slipway::fetch
