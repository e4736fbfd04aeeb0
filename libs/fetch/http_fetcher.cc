#include "fetch/http_fetcher.h"

#include <algorithm>
#include <new>
#include <random>
#include <utility>

#include "base/str.h"
#include "fetch/address.h"
#include "fetch/backoff.h"
#include "fetch/exchange.h"
#include "fetch/receiver.h"
#include "fetch/url.h"

namespace slipway::fetch {
namespace {

// What the status of a final response says; nothing where the file's bytes came with it.
std::optional<Failure> failure_of(const Head& head, const std::string& url,
                                  const Patience& patience) {
  const int status = head.status;
  const std::string answers = str(url, ": the server answers ", status);
  switch (status) {
    case 200:
    case 206:
      return std::nullopt;
    case 404:
    case 410:
      return Failure{.error = {Code::kNotFound, answers + ": there is no such file; is the "
                                                          "address right?"}};
    case 403:
      return Failure{.error = {Code::kNotFound,
                               answers + ": this device may not have that file, or there is none; "
                                         "is the address right?"}};
    case 401:
      return Failure{.error = {Code::kIo, answers + ": it wants a user name and a password, as "
                                                    "https://USER:PASSWORD@HOST/..."}};
    case 407:
      return Failure{.error = {Code::kIo, str(url,
                                              ": the proxy wants a user name and a password, "
                                              "as http://USER:PASSWORD@HOST")}};
    default:
      break;
  }
  const bool may_pass = status == 408 || status == 429 || (status >= 500 && status <= 599);
  Failure failure{.error = {Code::kIo, answers}, .is_final = !may_pass};
  if (!may_pass) failure.error.message += ": that is no answer to a request for a file";
  failure.retry_after_ms = head.retry_after_s(patience.most_retry_after_s).value_or(0) * 1000;
  return failure;
}

}  // namespace

struct HttpFetcher::State {
  explicit State(HttpOptions given)
      : options(std::move(given)),
        clock(options.clock != nullptr ? *options.clock : real_clock()),
        random(options.seed.has_value() ? *options.seed : std::random_device{}()),
        shaper(options.most_bytes_per_s) {}

  std::optional<Failure> attempt(const Address& address, const std::string& url,
                                 Receiver& receiver);
  Status wait_for_next(const Failure& failure, const Backoff& backoff, Receiver& receiver);

  HttpOptions options;
  Clock& clock;
  std::mt19937_64 random;
  Shaper shaper;
  Connection connection;
};

// One request, and those that it is redirected to.
std::optional<Failure> HttpFetcher::State::attempt(const Address& first, const std::string& url,
                                                   Receiver& receiver) {
  Address address = first;
  for (std::uint32_t redirects = 0;; ++redirects) {
    if (std::optional<Failure> failure = connection.exchange(address, options, receiver))
      return failure;
    const Head& head = receiver.head();
    if (head.status == 416 && receiver.position().is_complete()) return std::nullopt;
    if (!head.is_redirect() || head.location.empty())
      return failure_of(head, url, options.patience);
    if (redirects == options.patience.most_redirects) {
      return Failure{.error = {Code::kIo, str(url, ": redirected more than ", redirects,
                                              " times, to ", shown_url(head.location),
                                              " at last: tell whoever runs the server")}};
    }
    Result<Address> next = redirect(address, head.location);
    if (!next.ok()) return Failure{.error = std::move(next).error()};
    address = *std::move(next);
  }
}

Status HttpFetcher::State::wait_for_next(const Failure& failure, const Backoff& backoff,
                                         Receiver& receiver) {
  const std::int64_t wait_ms = backoff.wait_ms(failure.retry_after_ms, random);
  if (clock.now_ms() + wait_ms >= receiver.deadline_ms()) {
    return Error{failure.error.code,
                 str(failure.error.message, "; the next attempt would be in ", wait_ms / 1000,
                     " s, later than a file of its size may take: try again then")};
  }
  if (options.watch.note) {
    options.watch.note(str(failure.error.message, "; trying again in ", (wait_ms + 999) / 1000,
                           " s (", backoff.failures(), " of ", options.patience.retries, ")"));
  }
  if (!receiver.wait(wait_ms)) return Error{Code::kIo, str(failure.error.message, "; cancelled")};
  return {};
}

HttpFetcher::HttpFetcher(HttpOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
HttpFetcher::~HttpFetcher() = default;

Status HttpFetcher::fetch(const Request& request, Sink& sink) try {
  const Address address = TRY(parse_address(request.url));
  TRY(check_options(state_->options));
  const std::string url = shown_url(address.url);
  Receiver receiver(request, sink, state_->options, state_->clock, state_->shaper);
  Backoff backoff(state_->options.patience, receiver.position().farthest());
  bool has_asked_for_all = false;
  for (;;) {
    std::optional<Failure> failure = state_->attempt(address, url, receiver);
    if (!failure.has_value()) return {};
    if (failure->is_final) return std::move(failure->error);
    // Once, a range that is refused costs nothing: a file left from another version is no fault.
    if (failure->is_range_refused && !std::exchange(has_asked_for_all, true)) continue;
    if (!backoff.may_try_again(receiver.position().farthest())) {
      return Error{failure->error.code, str(failure->error.message, ", after ", backoff.failures(),
                                            backoff.failures() == 1 ? " attempt" : " attempts",
                                            " that brought nothing new; try again later")};
    }
    TRY(state_->wait_for_next(*failure, backoff, receiver));
  }
} catch (const std::bad_alloc&) {
  return Error{Code::kTooLarge, "out of memory"};
}

}  // namespace slipway::fetch
