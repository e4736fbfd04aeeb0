#include "base/str.h"
#include "bundle/copy.h"
#include "digest/digest.h"
#include "publish/repository.h"
#include "publish/target_path.h"
#include "updater/bundles.h"

namespace slipway::publish {
namespace {

constexpr std::size_t kMostMetadataBytes = std::size_t{64} << 20;
constexpr int kMostDepth = 64;

// Deltas are named by what they make: they go with the object that nobody wants any more.
bool is_delta_in_use(std::string_view name, const std::set<std::string>& used) {
  constexpr std::string_view kFrom = "-from-";
  const std::string_view file = name.substr(name.rfind('/') + 1);
  return name.starts_with("deltas/") && file.find(kFrom) == kSha256HexSize &&
         used.contains(updater::object_path(file.substr(0, kSha256HexSize)));
}

// Everything below a folder that is not in use; folders that are empty then.
class Sweep {
 public:
  Sweep(disk::Disk& disk, const std::set<std::string>& used, Pruned& pruned)
      : disk_(&disk), used_(&used), pruned_(&pruned) {}

  // Whether nothing is left. `relative` ends with '/' or is empty.
  Result<bool> folder(const disk::Path& path, const std::string& relative, int depth) {
    bool is_empty = true;
    bool is_changed = false;
    for (const disk::Entry& entry : TRY(disk_->list(path))) {
      const std::string name = relative + entry.name;
      bool is_going = false;
      if (entry.kind == disk::Kind::kFolder && depth < kMostDepth) {
        is_going = TRY(folder(path / entry.name, name + "/", depth + 1));
      } else if (entry.kind == disk::Kind::kFile && !used_->contains(name) &&
                 !is_delta_in_use(name, *used_)) {
        is_going = true;
        ++pruned_->files;
        pruned_->bytes += entry.bytes;
      }
      if (is_going) TRY(disk_->remove(path / entry.name));
      is_empty = is_empty && is_going;
      is_changed = is_changed || is_going;
    }
    if (is_changed) TRY(disk_->sync_folder(path));
    return is_empty;
  }

 private:
  disk::Disk* disk_;
  const std::set<std::string>* used_;
  Pruned* pruned_;
};

bool is_versioned(std::string_view name, std::string_view role) {
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 &&
         name.substr(0, dot).find_first_not_of("0123456789") == std::string_view::npos &&
         name.substr(dot + 1) == str(role, ".json");
}

}  // namespace

Status Repository::note_files_of(const trust::Targets& targets, std::set<std::string>& names) {
  for (const auto& [path, file] : targets.files) {
    for (const auto& [algorithm, hash] : file.hashes)
      names.insert(payload_path(path, hash).native());
    if (!updater::bundle_of(path)) continue;
    const auto hash = file.hashes.find("sha256");
    if (hash == file.hashes.end()) continue;
    const disk::Path manifest = folder_ / "targets" / payload_path(path, hash->second);
    const std::string text = TRY(disk_->read(manifest, bundle::kMostManifestBytes));
    const bundle::Manifest read = TRY(bundle::parse_manifest(text));
    for (const bundle::FileEntry& object : bundle::distinct_objects(read))
      names.insert(updater::object_path(object.sha256));
  }
  return {};
}

Result<Pruned> Repository::prune() {
  if (!state_.is_published)
    return Error{Code::kUsage, str(folder_.native(), " was never published: nothing is old in it")};
  std::set<std::string> payload;
  TRY(note_files_of(state_.targets, payload));
  std::set<std::string> named = {str(state_.targets.version, ".targets.json"),
                                 str(state_.snapshot.version, ".snapshot.json")};
  const auto keep_before = [&](std::uint64_t version, std::string_view role) {
    if (version > 1) named.insert(str(version - 1, ".", role, ".json"));
  };
  keep_before(state_.snapshot.version, trust::kSnapshot);
  keep_before(state_.targets.version, trust::kTargets);
  if (state_.targets.version > 1) {
    const Result<std::string> text =
        disk_->read(metadata(str(state_.targets.version - 1, ".targets.json")), kMostMetadataBytes);
    const Result<trust::Targets> before =
        text.ok() ? trust::parse_targets(*text, trust::kTargets) : text.error();
    if (before.ok()) TRY(note_files_of(*before, payload));
  }
  Pruned pruned;
  Sweep sweep(*disk_, payload, pruned);
  const disk::Path targets = folder_ / "targets";
  if (disk_->look(targets).ok()) TRY(sweep.folder(targets, "", 0));
  bool is_changed = false;
  for (const disk::Entry& entry : TRY(disk_->list(folder_ / "metadata"))) {
    const bool is_old = is_versioned(entry.name, trust::kTargets) ||
                        is_versioned(entry.name, trust::kSnapshot) || entry.name.ends_with(".new");
    if (!is_old || named.contains(entry.name)) continue;
    TRY(disk_->remove(folder_ / "metadata" / entry.name));
    ++pruned.files;
    pruned.bytes += entry.bytes;
    is_changed = true;
  }
  if (is_changed) TRY(disk_->sync_folder(folder_ / "metadata"));
  return pruned;
}

}  // namespace slipway::publish
