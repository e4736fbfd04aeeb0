// How far a fetch has come, and what a response means for it. No network here: this is what decides
// whether bytes of two versions could ever be put together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fetch/fetch.h"
#include "fetch/head.h"

namespace slipway::fetch {

enum class Step : std::uint8_t {
  kWrite,     // the body follows
  kComplete,  // nothing was missing
  kAgain,     // of no use; ask again, as ask_from() says now
};

struct Answer {
  Step step = Step::kWrite;
  bool must_begin = false;  // the sink is told source() before the body's first byte
  std::string why;          // of kAgain
};

class Position {
 public:
  explicit Position(const Request& request);

  // What to ask for: from this byte on; in whole where it is 0. if_range(): only if the file still
  // has this version, else in whole.
  std::uint64_t ask_from() const { return may_ask_for_part() ? next_ : 0; }
  std::string if_range() const;

  // Of a response with status 200, 206 or 416 to what ask_from() and if_range() said.
  Answer answer(const Head& head);

  // How many of the next `bytes` of the body the sink has already.
  std::uint64_t skip(std::uint64_t bytes);
  void advance(std::uint64_t bytes);
  // The response was whole. False when the file is not: the server broke its word.
  bool end_of_response();

  bool is_complete() const { return has_begun_ && total_.has_value() && next_ == *total_; }
  std::uint64_t next() const { return next_; }
  std::uint64_t farthest() const { return farthest_; }
  std::optional<std::uint64_t> total() const { return total_; }
  Source source() const { return {.offset = next_, .total_bytes = total_, .version = version_}; }

 private:
  bool may_ask_for_part() const {
    return !is_range_refused_ && (never_changes_ || !version_.empty());
  }
  Answer whole(const Head& head);
  Answer part(const Head& head);
  Answer no_such_range(const Head& head);
  Answer again(std::string why);
  Answer start_over(const Head& head);
  Answer go_on(const Head& head, std::optional<std::uint64_t> total, std::uint64_t skipped);

  bool never_changes_;
  bool has_begun_ = false;
  bool is_range_refused_ = false;  // a range got an answer that makes no sense
  std::uint64_t next_ = 0;         // the first byte that the sink has not got
  std::uint64_t farthest_ = 0;
  std::uint64_t skipped_ = 0;  // bytes of this body still to be dropped
  std::optional<std::uint64_t> total_;
  std::string version_;
};

}  // namespace slipway::fetch
