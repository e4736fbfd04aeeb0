#include "publish/deltas.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "base/files.h"
#include "base/mapped_file.h"
#include "base/str.h"
#include "diff/diff.h"
#include "publish/target_path.h"
#include "updater/bundles.h"

namespace slipway::publish {
namespace {

// Smaller ones a device asks no delta for.
constexpr std::uint64_t kLeastBytes = 4096;

Result<bundle::Manifest> read_manifest(const disk::Path& folder, const trust::Targets& targets,
                                       std::string_view name, const Version& version) {
  const std::string path = updater::manifest_path(name, version.text());
  const auto target = targets.files.find(path);
  if (target == targets.files.end()) return Error{Code::kNotFound, str(path, " is not published")};
  const auto hash = target->second.hashes.find("sha256");
  if (hash == target->second.hashes.end())
    return Error{Code::kInvalid, str(path, " is published without its SHA-256")};
  const disk::Path file = folder / "targets" / payload_path(path, hash->second);
  return bundle::parse_manifest(TRY(read_file(file, bundle::kMostManifestBytes)));
}

Status make_delta(const disk::Path& payload, const std::string& old_hash,
                  const std::string& new_hash, Delta& delta) {
  const disk::Path path = payload / updater::delta_path(old_hash, new_hash);
  std::error_code error;
  const auto there = std::filesystem::file_size(path, error);
  if (!error) {
    delta.bytes = there;
    delta.is_kept = delta.was_there = true;
    return {};
  }
  const auto was = TRY(MappedFile::open(payload / updater::object_path(old_hash)));
  const auto is = TRY(MappedFile::open(payload / updater::object_path(new_hash)));
  diff::Report report = diff::plan_delta(was->bytes(), is->bytes());
  delta.plain_bytes = report.plain_bytes;
  delta.planned_bytes = report.planned_bytes;
  if (!report.is_worth_it()) return {};
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return Error{Code::kIo, str(path.parent_path().string(), ": ", error.message())};
  AtomicFile file = TRY(AtomicFile::create(path));
  report = TRY(diff::write_delta(was->bytes(), is->bytes(), [&](std::span<const std::byte> bytes) {
    return file.write(bytes);
  }));
  delta.plain_bytes = report.plain_bytes;
  delta.bytes = report.delta_bytes;
  delta.is_kept = report.is_worth_it() && report.delta_bytes < is->bytes().size();
  if (delta.is_kept) TRY(file.commit());
  return {};
}

}  // namespace

Result<std::vector<Delta>> make_deltas(const disk::Path& folder, const trust::Targets& targets,
                                       const bundle::Manifest& manifest,
                                       std::size_t most_versions) {
  std::vector<Version> versions = updater::versions_of(targets, manifest.name);
  std::erase_if(versions,
                [&](const Version& version) { return version.compare(manifest.version) >= 0; });
  const std::size_t skipped = versions.size() - std::min(versions.size(), most_versions);
  std::vector<Delta> deltas;
  for (std::size_t v = versions.size(); v-- > skipped;) {
    const bundle::Manifest old = TRY(read_manifest(folder, targets, manifest.name, versions[v]));
    std::map<std::string_view, std::string_view> hashes;
    for (const bundle::FileEntry& file : old.files) hashes[file.path] = file.sha256;
    const auto has = [&](const std::string& hash) {
      return std::ranges::any_of(old.files, [&](const auto& file) { return file.sha256 == hash; });
    };
    for (const bundle::FileEntry& file : manifest.files) {
      const auto before = hashes.find(file.path);
      if (file.bytes < kLeastBytes || before == hashes.end() || has(file.sha256)) continue;
      Delta delta{.from = versions[v].text(), .path = file.path, .object_bytes = file.bytes};
      TRY(make_delta(folder / "targets", std::string(before->second), file.sha256, delta));
      deltas.push_back(std::move(delta));
    }
  }
  return deltas;
}

}  // namespace slipway::publish
