// A bundle whose objects lie in a repository, each under its hash.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bundle/source.h"
#include "delivery/stream.h"
#include "fetch/fetch.h"

namespace slipway::delivery {

// Below where a repository has its files.
std::string object_path(std::string_view sha256);

class RemoteSource final : public bundle::Source {
 public:
  // The manifest is one that was found to be signed; `text` is what it was parsed from. The fetcher
  // outlives the source, and is used by nobody else in between. `files_url`: where the repository's
  // files are.
  RemoteSource(std::string text, bundle::Manifest manifest, fetch::Fetcher& fetcher,
               std::string files_url)
      : Source(std::move(text), std::move(manifest)),
        fetcher_(&fetcher),
        files_url_(std::move(files_url)) {}

  std::string where() const override;
  // Quick where it goes on from the byte before, as whoever copies an object does.
  Result<std::size_t> read(std::string_view sha256, std::uint64_t offset,
                           std::span<std::byte> to) override;

 private:
  fetch::Fetcher* fetcher_;
  std::string files_url_;
  std::string streamed_;  // the hash of what the stream is of
  std::unique_ptr<Stream> stream_;
};

}  // namespace slipway::delivery
