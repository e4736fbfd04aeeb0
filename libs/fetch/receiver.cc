#include "fetch/receiver.h"

#include <algorithm>
#include <utility>

#include "base/str.h"
#include "fetch/url.h"

namespace slipway::fetch {
namespace {

constexpr std::uint64_t kMostDiscardedBytes = 64 << 10;  // of a page that tells of an error
constexpr std::int64_t kTickMs = 100;
constexpr std::int64_t kMostDeadlineMs = std::int64_t{1000} * 3600 * 24 * 365;

// Half of what a limit allows is not a server's fault.
std::uint64_t least_rate(std::uint64_t least, const HttpOptions& options) {
  return options.most_bytes_per_s == 0 ? least : std::min(least, options.most_bytes_per_s / 2);
}

}  // namespace

Receiver::Receiver(const Request& request, Sink& sink, const HttpOptions& options, Clock& clock,
                   Shaper& shaper)
    : request_(request),
      sink_(sink),
      options_(options),
      clock_(clock),
      shaper_(shaper),
      guard_(least_rate(options.patience.least_bytes_per_s, options), options.patience.window_ms),
      position_(request),
      begin_ms_(clock.now_ms()) {}

std::string Receiver::url() const { return shown_url(request_.url); }

bool Receiver::stop(Error error, bool is_final) {
  failure_ = Failure{.error = std::move(error), .is_final = is_final};
  return false;
}

void Receiver::start_response() {
  reader_ = {};
  mode_ = Mode::kHead;
  discarded_ = 0;
  failure_.reset();
  guard_.start(clock_.now_ms());
}

bool Receiver::take_line(std::string_view line) {
  const Result<bool> is_complete = reader_.add_line(line);
  if (!is_complete.ok()) return stop({Code::kIo, str(url(), ": ", is_complete.error().message)});
  return !*is_complete || mode_ != Mode::kHead || take_head();
}

bool Receiver::take_head() {
  const Head& head = reader_.head();
  mode_ = Mode::kDiscard;
  const bool has_bytes = head.status == 200 || head.status == 206;
  if (!has_bytes && (head.status != 416 || position_.ask_from() == 0)) return true;
  const Answer answer = position_.answer(head);
  if (answer.step == Step::kAgain) {
    stop({Code::kIo, str(url(), ": the server cannot resume: ", answer.why)}, /*is_final=*/false);
    failure_->is_range_refused = true;
    return false;
  }
  const std::uint64_t bytes = position_.total().value_or(position_.next());
  if (bytes > request_.most_bytes) {
    return stop({Code::kTooLarge, str(url(), " has ", bytes, " bytes, more than the ",
                                      request_.most_bytes, " accepted")});
  }
  if (answer.must_begin) {
    Status status = sink_.begin(position_.source());
    if (!status.ok()) return stop(std::move(status).error());
  }
  report_progress();
  if (answer.step == Step::kWrite) mode_ = Mode::kBody;
  return true;
}

bool Receiver::accept(std::uint64_t bytes) {
  if (bytes > request_.most_bytes - position_.next()) {
    return stop({Code::kTooLarge, str(url(), " goes on after the ", request_.most_bytes,
                                      " bytes that are accepted")});
  }
  const std::optional<std::uint64_t> total = position_.total();
  if (total.has_value() && bytes > *total - position_.next()) {
    return stop({Code::kIo, str(url(), " goes on after the ", *total,
                                " bytes that it was said to have: tell whoever runs the server")});
  }
  return true;
}

bool Receiver::take_body(std::span<const std::byte> bytes) {
  const std::size_t received = bytes.size();
  guard_.received(received);
  if (mode_ != Mode::kBody) {
    discarded_ += received;
    return discarded_ <= kMostDiscardedBytes;
  }
  bytes = bytes.subspan(static_cast<std::size_t>(position_.skip(received)));
  if (!bytes.empty()) {
    if (!accept(bytes.size())) return false;
    Status status = sink_.write(bytes);
    if (!status.ok()) return stop(std::move(status).error());
    position_.advance(bytes.size());
    report_progress();
  }
  const std::int64_t wait_ms = shaper_.wait_ms(received, clock_.now_ms());
  guard_.paused(wait_ms);
  return wait(wait_ms) || stop({Code::kIo, str(url(), ": the transfer was cancelled")});
}

bool Receiver::tick() {
  if (options_.watch.wants_to_stop())
    return stop({Code::kIo, str(url(), ": the transfer was cancelled")});
  const std::int64_t now_ms = clock_.now_ms();
  if (now_ms >= deadline_ms()) {
    return stop({Code::kIo, str(url(), ": not there after ", (now_ms - begin_ms_) / 1000,
                                " s, the time that a file of its size may take: look for a "
                                "faster connection, or a server that is closer")});
  }
  if (guard_.has_stalled(now_ms)) {
    return stop({Code::kIo, str(url(), ": fewer than ",
                                least_rate(options_.patience.least_bytes_per_s, options_),
                                " bytes/s for ", options_.patience.window_ms / 1000, " s")},
                /*is_final=*/false);
  }
  return true;
}

std::optional<Failure> Receiver::end_response() {
  if (mode_ != Mode::kBody || position_.end_of_response()) return std::nullopt;
  return Failure{.error = {Code::kIo, str(url(), ": the server sent ", position_.next(),
                                          " bytes and calls them all of ",
                                          position_.total().value_or(position_.next()))},
                 .is_final = false};
}

std::int64_t Receiver::deadline_ms() const {
  const std::uint64_t rate =
      std::max<std::uint64_t>(1, least_rate(options_.patience.deadline_bytes_per_s, options_));
  const std::uint64_t bytes =
      std::min(position_.total().value_or(request_.most_bytes), request_.most_bytes);
  const double transfer_ms = static_cast<double>(bytes) / static_cast<double>(rate) * 1000;
  return begin_ms_ + options_.patience.deadline_ms +
         static_cast<std::int64_t>(std::min(transfer_ms, static_cast<double>(kMostDeadlineMs)));
}

bool Receiver::wait(std::int64_t ms) {
  while (ms > 0) {
    if (options_.watch.wants_to_stop()) return false;
    const std::int64_t slice_ms = std::min(ms, kTickMs);
    clock_.sleep(slice_ms);
    ms -= slice_ms;
  }
  return true;
}

void Receiver::report_progress() {
  if (options_.watch.progress) options_.watch.progress(position_.next(), position_.total());
}

}  // namespace slipway::fetch
