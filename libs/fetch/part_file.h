// A file that is not all there yet: FILE.part beside it, and FILE.part.from, which says what its
// bytes are of. Both survive whatever ends the process or the power, and are used again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/files.h"
#include "base/result.h"
#include "fetch/fetch.h"

namespace slipway::fetch {

class PartFile : public Sink {
 public:
  // Locks FILE.part, so that a second process that fetches to it is told so (kIo). What is there is
  // used if it came from this URL, or was to have this hash.
  static Result<PartFile> open(std::filesystem::path to, const std::string& url,
                               std::string sha256);

  PartFile(PartFile&&) = default;
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile() override = default;

  // What is still missing.
  Request request(std::string url, std::uint64_t most_bytes) const;

  Status begin(const Source& source) override;
  Status write(std::span<const std::byte> bytes) override;

  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t resumed_from() const { return resumed_from_; }
  Result<std::string> sha256_of_all() const;

  // Everything so far is on disk, and will be known to be.
  Status checkpoint();
  // On disk, and under its name.
  Status publish();
  // Nothing is left of it.
  Status discard();

 private:
  PartFile(std::filesystem::path to, Descriptor descriptor);
  Status write_record() const;
  void read_record();

  std::filesystem::path to_;
  std::filesystem::path part_;
  std::filesystem::path record_;
  Descriptor descriptor_;
  std::string url_sha256_;
  std::string sha256_;
  std::string version_;
  bool never_changes_ = false;
  std::uint64_t bytes_ = 0;         // in the file, of this source
  std::uint64_t synced_bytes_ = 0;  // of them, on disk for certain
  std::uint64_t resumed_from_ = 0;
};

}  // namespace slipway::fetch
