// A target's bytes, hashed on their way to the disk.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "digest/digest.h"
#include "disk/disk.h"
#include "fetch/fetch.h"
#include "updater/updater.h"

namespace slipway::updater {

// Whether bytes are those of a target, as they pass.
class TargetCheck {
 public:
  // kUnsupported where none of the target's hashes is of a kind that is known here.
  static Result<TargetCheck> create(const Found& target);

  // kInvalid as soon as there are more bytes than there should be.
  Status add(std::span<const std::byte> bytes);
  // kInvalid unless all bytes were there and every known hash is right. Once.
  Status finish();

 private:
  struct Expected {
    std::string hex;
    Hasher hasher;
  };
  std::string path_;
  std::uint64_t left_ = 0;
  std::vector<Expected> hashes_;
};

// Where a repository has a target: its path, or, in a consistent one, with its hash before the
// name.
Result<std::string> target_url(std::string_view base_url, const Found& target, bool is_consistent);

// The target as a file of `folder`, which is there: file_name(path, ""). One that is there and
// right is not fetched again; one that is wrong never takes that name.
Result<disk::Path> download(disk::Disk& disk, fetch::Fetcher& fetcher, std::string_view base_url,
                            const Found& target, bool is_consistent, const disk::Path& folder);

}  // namespace slipway::updater
