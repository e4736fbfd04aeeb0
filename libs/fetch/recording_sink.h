// For tests: keeps what a fetcher gave.
#pragma once

#include "fetch/fetch.h"

namespace slipway::fetch {

struct RecordingSink : Sink {
  Source source;
  int begun = 0;
  std::string text;  // from source.offset on

  Status begin(const Source& told) override {
    source = told;
    text.clear();
    ++begun;
    return {};
  }
  Status write(std::span<const std::byte> bytes) override {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
};

}  // namespace slipway::fetch
