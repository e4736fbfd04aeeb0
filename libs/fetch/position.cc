#include "fetch/position.h"

#include <algorithm>
#include <utility>

#include "base/str.h"

namespace slipway::fetch {
namespace {

// A stored version becomes part of a request: nothing but what a server could have told.
bool is_sendable(std::string_view version) {
  return !version.empty() && version.size() <= kMostVersionBytes &&
         std::all_of(version.begin(), version.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

Position::Position(const Request& request) : never_changes_(request.never_changes) {
  if (is_sendable(request.version)) version_ = request.version;
  if (never_changes_ || !version_.empty()) next_ = request.offset;
  if (next_ == 0) version_.clear();
  farthest_ = next_;
}

std::string Position::if_range() const {
  return ask_from() > 0 && !never_changes_ ? version_ : std::string();
}

Answer Position::answer(const Head& head) {
  if (head.status == 206) return part(head);
  if (head.status == 416) return no_such_range(head);
  return whole(head);
}

Answer Position::whole(const Head& head) {
  skipped_ = 0;
  const bool is_same = never_changes_ || (!version_.empty() && version_ == head.version());
  const bool fits = !head.length.has_value() ||
                    (*head.length >= next_ && *head.length == total_.value_or(*head.length));
  if (next_ == 0 || !is_same || !fits) return start_over(head);
  return go_on(head, head.length, next_);
}

Answer Position::part(const Head& head) {
  const std::uint64_t asked = ask_from();
  if (asked == 0) return again("it answers with a part, but all was asked for");
  if (!head.range.has_value() || head.range->is_unsatisfied)
    return again("it answers with a part and does not say which");
  if (head.range->first != asked) {
    return again(str("it was asked for the bytes from ", asked, " on and sends those from ",
                     head.range->first, " on"));
  }
  const bool is_other_size =
      head.range->total.has_value() && total_.has_value() && *head.range->total != *total_;
  if (is_other_size || (!never_changes_ && head.contradicts(version_)))
    return again("it sends a part of another version");
  return go_on(head, head.range->total, 0);
}

Answer Position::no_such_range(const Head& head) {
  const bool is_end = head.range.has_value() && head.range->is_unsatisfied &&
                      head.range->total == next_ && total_.value_or(next_) == next_;
  if (ask_from() == 0 || !is_end || (!never_changes_ && head.contradicts(version_)))
    return again("it has no bytes after those that are there: the file has become shorter");
  total_ = next_;
  return {.step = Step::kComplete, .must_begin = !std::exchange(has_begun_, true), .why = {}};
}

Answer Position::again(std::string why) {
  is_range_refused_ = true;
  return {.step = Step::kAgain, .must_begin = false, .why = std::move(why)};
}

Answer Position::start_over(const Head& head) {
  has_begun_ = true;
  is_range_refused_ = false;
  next_ = 0;
  total_ = head.length;
  version_ = head.version();
  return {.step = Step::kWrite, .must_begin = true, .why = {}};
}

Answer Position::go_on(const Head& head, std::optional<std::uint64_t> total,
                       std::uint64_t skipped) {
  is_range_refused_ = false;
  skipped_ = skipped;
  if (total.has_value()) total_ = total;
  if (version_.empty()) version_ = head.version();
  return {.step = Step::kWrite, .must_begin = !std::exchange(has_begun_, true), .why = {}};
}

std::uint64_t Position::skip(std::uint64_t bytes) {
  const std::uint64_t dropped = std::min(bytes, skipped_);
  skipped_ -= dropped;
  return dropped;
}

void Position::advance(std::uint64_t bytes) {
  next_ += bytes;
  farthest_ = std::max(farthest_, next_);
}

bool Position::end_of_response() {
  if (skipped_ > 0) version_.clear();  // shorter than what is there: not the same file
  return skipped_ == 0 && next_ == total_.value_or(next_);
}

}  // namespace slipway::fetch
