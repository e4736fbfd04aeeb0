// A fetcher for whatever a user names: a web server's URL, a file: URL, a path.
#pragma once

#include <filesystem>
#include <memory>

#include "fetch/fetch.h"
#include "fetch/http_fetcher.h"

namespace slipway::fetch {

struct FetcherOptions {
  HttpOptions http;  // its watch is told of files, too
  std::filesystem::path file_root = "/";
};

// Takes a URL by its scheme: http and https, or file and plain paths; any other is kUsage.
std::unique_ptr<Fetcher> make_fetcher(FetcherOptions options);

}  // namespace slipway::fetch
