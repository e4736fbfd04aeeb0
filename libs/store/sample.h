// Bundles and stores as tests use them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bundle/sample.h"
#include "disk/crashing_disk.h"
#include "store/store.h"

namespace slipway::store {

// Files by path; the first is what the one target runs.
using Files = std::vector<std::pair<std::string, std::string>>;

inline std::unique_ptr<bundle::TextSource> source_of(const std::string& name,
                                                     const std::string& version, Files files,
                                                     std::size_t most = ~std::size_t{0}) {
  bundle::Manifest manifest = bundle::sample_manifest();
  manifest.name = name;
  manifest.version = Version::parse(version).value();
  manifest.targets.resize(1);
  manifest.targets[0].file = files[0].first;
  manifest.targets[0].parts.clear();
  manifest.files.clear();
  std::vector<std::string> objects;
  std::sort(files.begin(), files.end());
  for (const auto& [path, content] : files) {
    manifest.files.push_back({path, sha256(content), content.size()});
    objects.push_back(content);
  }
  return std::make_unique<bundle::TextSource>(manifest, std::move(objects), most);
}

// "autopilot" in versions that share some files: 1.0.0, 1.1.0, ...
inline std::unique_ptr<bundle::TextSource> sample_version(const std::string& version) {
  return source_of("autopilot", version,
                   {{"boat/model.plan", "the plan of " + version + std::string(3000, 'p')},
                    {"boat/golden.npz", "golden vectors of all versions"},
                    {"desk/model.onnx", "the network of " + version},
                    {"desk/same.onnx", "the network of " + version},
                    {"report.json", "{}"},
                    {"empty", ""}},
                   /*most=*/1000);
}

inline const Path kStorePath = "/data/store";

inline Options sample_options(Access access = Access::kChange) {
  return {.access = access, .may_create = access == Access::kChange, .now = [] {
            return std::int64_t{1'780'000'000};
          }};
}

inline std::unique_ptr<disk::CrashingDisk> empty_disk(
    std::uint64_t capacity_bytes = disk::CrashingDisk::kNoLimit) {
  auto disk = std::make_unique<disk::CrashingDisk>(capacity_bytes);
  EXPECT_TRUE(disk->make_folder("/data").ok());
  EXPECT_TRUE(disk->sync_folder("/").ok());
  return disk;
}

inline Result<std::unique_ptr<Store>> open_sample(Disk& disk, Access access = Access::kChange) {
  return Store::open(disk, kStorePath, sample_options(access));
}

// What a store holds, in one line: "1.0.0 previous, 1.1.0 active, 1.2.0 unused pinned".
inline std::string state_text(Store& store) {
  const Result<std::vector<VersionRow>> rows = store.list();
  if (!rows.ok()) return rows.error().message;
  std::string text;
  for (const VersionRow& row : *rows) {
    if (row.is_staged) continue;
    text += (text.empty() ? "" : ", ") + row.id.version;
    if (row.is_active) text += " active";
    if (row.is_previous) text += " previous";
    if (row.is_unused) text += " unused";
    if (row.is_pinned) text += " pinned";
    if (!row.problem.empty()) text += " " + row.problem;
  }
  return text;
}

}  // namespace slipway::store
