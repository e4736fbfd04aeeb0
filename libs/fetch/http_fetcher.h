// Files of a web server, by libcurl: HTTP/1.1, plain or over TLS, its certificate always verified.
//
// A transfer that breaks goes on from the byte it had reached, if the server says that the file is
// still the same; else it starts over. What is tried again: no connection, a broken or crawling
// transfer, 408, 429 and 5xx; with waits that double, of random length so that a fleet does not
// come back in step, or as long as Retry-After says. Attempts that bring nothing new are counted,
// so that no server can keep a device busy for ever; a deadline that grows with the file's size
// bounds the rest.
//
// Never: cookies, decompression, another protocol than http and https after a redirect, http after
// https, credentials for another host than the URL's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "fetch/clock.h"
#include "fetch/fetch.h"
#include "fetch/watch.h"

namespace slipway::fetch {

// How long to wait for what, and how often.
struct Patience {
  std::uint32_t retries = 5;  // attempts, one after the other, that bring less than 64 KiB
  std::int64_t first_wait_ms = 500;
  std::int64_t most_wait_ms = 30'000;
  std::int64_t most_retry_after_s = 120;
  std::int64_t connect_ms = 15'000;
  std::uint64_t least_bytes_per_s = 256;  // over a window; a transfer below is broken off
  std::int64_t window_ms = 30'000;
  // The whole fetch: so long, and the time that the file takes at such a rate.
  std::int64_t deadline_ms = 300'000;
  std::uint64_t deadline_bytes_per_s = 2048;
  std::uint32_t most_redirects = 5;
};

struct HttpOptions {
  std::string ca_file;                 // PEM; empty: the authorities that the system trusts
  std::optional<std::string> proxy;    // none: as https_proxy, no_proxy... say; empty: no proxy
  std::uint64_t most_bytes_per_s = 0;  // 0: no limit
  Patience patience;
  Watch watch;
  Clock* clock = nullptr;             // none: the machine's
  std::optional<std::uint64_t> seed;  // of the waits' lengths; none: by chance
};

class HttpFetcher : public Fetcher {
 public:
  explicit HttpFetcher(HttpOptions options = {});
  ~HttpFetcher() override;
  // kUsage, too, for a proxy or a ca_file that makes no sense.
  Status fetch(const Request& request, Sink& sink) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slipway::fetch
