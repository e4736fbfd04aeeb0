// A bundle of a repository, most of whose bytes are on this device already: what changed comes as a
// delta from a version that is installed, and what has none that is shorter comes plain. No role
// signs deltas: what comes out of one is the object of the hash that the manifest states, or
// nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "bundle/source.h"
#include "delivery/remote_source.h"
#include "delta/apply.h"

namespace slipway::delivery {

struct Traffic {
  std::uint64_t delta_bytes = 0;    // that were fetched, of deltas that were used
  std::uint64_t spared_bytes = 0;   // of the objects that these were for
  std::uint64_t plain_bytes = 0;    // of objects that came as they are
  std::uint64_t useless_bytes = 0;  // of deltas that turned out to be good for nothing
};

class DeltaSource final : public bundle::Source {
 public:
  // `old_files`: the folder of a version that is installed, as its manifest `old` names its files.
  // `scratch`: a folder where a delta may lie while it is used; it is removed then. The fetcher
  // outlives the source, and is used by nobody else in between.
  DeltaSource(std::unique_ptr<RemoteSource> remote, fetch::Fetcher& fetcher, std::string files_url,
              const bundle::Manifest& old, std::filesystem::path old_files,
              std::filesystem::path scratch);
  ~DeltaSource() override;

  std::string where() const override { return remote_->where(); }
  Result<std::size_t> read(std::string_view sha256, std::uint64_t offset,
                           std::span<std::byte> to) override;

  const Traffic& traffic() const { return traffic_; }

 private:
  struct Applied;  // a delta that was found good, and its two files

  // What is installed under the paths of an object that is wanted.
  std::string old_path(std::string_view sha256) const;
  // Fetches the delta and applies it once, to nowhere: after that it cannot fail but for the disk.
  Status prepare(const bundle::FileEntry& wanted);
  Result<std::size_t> read_applied(std::uint64_t offset, std::span<std::byte> to);

  std::unique_ptr<RemoteSource> remote_;
  fetch::Fetcher* fetcher_;
  std::string files_url_;
  std::map<std::string, std::string> old_hashes_;  // by path
  std::filesystem::path old_files_;
  std::filesystem::path scratch_;
  std::string prepared_;  // the hash of the object that was looked for last
  std::unique_ptr<Applied> applied_;
  Traffic traffic_;
};

}  // namespace slipway::delivery
