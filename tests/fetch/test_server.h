// The server of server.py, started once for all the tests of a program.
#pragma once

#include <cstdio>
#include <map>
#include <string>

#include "fetch/fake_clock.h"
#include "fetch/http_fetcher.h"
#include "fetch/recording_sink.h"

namespace slipway::fetch {

// What server.py printed under that name: a port, a file.
std::string of_server(const std::string& name);

// "http://127.0.0.1:PORT/path"; over TLS by a name, which certificates have.
std::string http(const std::string& path);
std::string https(const std::string& path, const std::string& port = "https");

// The bytes that the server has under that path: the same as server.py makes.
std::string content(const std::string& path, int size, int version = 0);

// A line for each request that was made for the path, with the fields that matter.
std::string requests(const std::string& path);
int count_of(const std::string& text, const std::string& word);

// What a test asks of a fetch, and what came of it.
struct Fetched {
  Status status;
  RecordingSink sink;
  std::int64_t waited_ms = 0;
  std::string notes;

  const std::string& text() const { return sink.text; }
  std::string message() const { return status.ok() ? "fetched" : status.error().message; }
  Code code() const { return status.ok() ? Code::kInternal : status.error().code; }
};

// Options that fit a test: no proxy of the environment, a clock that does not wait.
HttpOptions quick();
Fetched fetch_with(HttpOptions options, const Request& request);
Fetched fetch(const std::string& url, std::uint64_t most_bytes = 1 << 20);

}  // namespace slipway::fetch
