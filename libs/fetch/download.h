// A file from anywhere to a folder of this machine: resumed where an earlier run was interrupted;
// under its name only once it is whole and has the hash that it is to have.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "fetch/fetch.h"

namespace slipway::fetch {

struct Download {
  std::string url;
  std::filesystem::path to;      // replaced if it is there
  std::uint64_t most_bytes = 0;  // more are kTooLarge
  std::string sha256;            // 64 lower-case digits; empty: any bytes will do
};

struct Downloaded {
  std::uint64_t bytes = 0;
  std::uint64_t resumed_from = 0;  // so many of them were there
  std::string sha256;
};

// After an error that may pass, what has come stays in FILE.part for the next time. A wrong hash is
// kInvalid, and leaves nothing; where the file was resumed, it is fetched in whole first.
Result<Downloaded> download(Fetcher& fetcher, const Download& what);

}  // namespace slipway::fetch
