// One fetch as it is received: takes the lines and bytes of its responses, one after the other, and
// holds them to what was promised. It knows nothing of sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "fetch/fetch.h"
#include "fetch/head.h"
#include "fetch/http_fetcher.h"
#include "fetch/pace.h"
#include "fetch/position.h"

namespace slipway::fetch {

// Why a response is broken off, or an attempt failed.
struct Failure {
  Error error;
  bool is_final = true;           // trying again is of no use
  bool is_range_refused = false;  // the range made no sense to the server, all of it may
  std::int64_t retry_after_ms = 0;
};

class Receiver {
 public:
  Receiver(const Request& request, Sink& sink, const HttpOptions& options, Clock& clock,
           Shaper& shaper);

  void start_response();
  // Each false when the response is to be broken off: failure() says why, unless it is not needed.
  bool take_line(std::string_view line);
  bool take_body(std::span<const std::byte> bytes);
  bool tick();  // several times a second

  // After a response that was not broken off: is the file whole?
  std::optional<Failure> end_response();
  // What came after the head is no part of the file.
  bool is_page_of_error() const { return mode_ == Mode::kDiscard; }

  const Head& head() const { return reader_.head(); }
  const Position& position() const { return position_; }
  std::optional<Failure>& failure() { return failure_; }
  std::int64_t deadline_ms() const;
  bool wait(std::int64_t ms);  // false when cancelled

 private:
  enum class Mode : std::uint8_t { kHead, kBody, kDiscard };

  bool stop(Error error, bool is_final = true);
  bool take_head();
  bool accept(std::uint64_t bytes);
  void report_progress();
  std::string url() const;

  const Request& request_;
  Sink& sink_;
  const HttpOptions& options_;
  Clock& clock_;
  Shaper& shaper_;
  StallGuard guard_;
  Position position_;
  std::int64_t begin_ms_;
  HeadReader reader_;
  Mode mode_ = Mode::kHead;
  std::uint64_t discarded_ = 0;
  std::optional<Failure> failure_;
};

}  // namespace slipway::fetch
