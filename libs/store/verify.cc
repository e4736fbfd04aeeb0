#include <algorithm>
#include <map>
#include <optional>

#include "base/str.h"
#include "digest/digest.h"
#include "store/objects.h"
#include "store/repair.h"
#include "store/repair_sources.h"
#include "store/sealed.h"
#include "store/store.h"
#include "store/versions.h"

namespace slipway::store {
namespace {

using bundle::FileEntry;

// Hashes every file of the versions it is given, each once, and repairs what it may.
class Inspection {
 public:
  Inspection(Disk& disk, const Layout& at, AuditLog* log, const RepairFrom& from, std::string now)
      : disk_(disk), at_(at), log_(log), sources_(disk, at, from), now_(std::move(now)) {}

  void set_progress(const Progress& progress, std::uint64_t all_bytes) {
    count_ = [this, &progress, all_bytes](std::uint64_t bytes) {
      done_ += bytes;
      if (progress) progress(std::min(done_, all_bytes), all_bytes);
    };
  }

  // The manifest, or one from a source in its place.
  Result<std::optional<VersionManifest>> inspect_manifest(const Id& id) {
    Result<VersionManifest> version = read_version(disk_, at_, id);
    if (version.ok()) return std::optional(*std::move(version));
    if (version.error().code == Code::kNotFound) return version.error();
    Damage damage{
        .id = id, .path = std::string(bundle::kManifestName), .what = version.error().message};
    if (may_repair()) damage.is_repaired = TRY(repair_manifest(id, damage.what));
    const bool is_repaired = damage.is_repaired;
    verified_.damages.push_back(std::move(damage));
    if (!is_repaired) return std::optional<VersionManifest>();
    return std::optional(TRY(read_version(disk_, at_, id)));
  }

  Status inspect_files(const Id& id, const bundle::Manifest& manifest) {
    ++verified_.versions;
    for (const FileEntry& file : manifest.files) {
      const Path path = file_path(at_, id, file.path);
      const Status in_tree = inspect_file(path, file);
      const bool is_shared = is_object(path, file);
      if (in_tree.ok() && is_shared) continue;
      // A copy of an object, as a backup brings back, is whole, and made a name of it again.
      const Status in_pool = is_shared ? in_tree : object_state(file);
      const bool is_copy = in_tree.ok() && in_pool.ok();
      if (is_copy && !may_repair()) continue;
      Damage damage{.id = id, .path = file.path};
      if (!is_copy) damage.what = in_tree.ok() ? in_pool.error().message : in_tree.error().message;
      const Status repaired = may_repair() ? repair_file(id, path, file) : Status();
      damage.is_repaired = may_repair() && repaired.ok();
      if (!repaired.ok()) damage.what += str("; not repaired: ", repaired.error().message);
      if (is_copy && repaired.ok()) continue;
      verified_.damages.push_back(std::move(damage));
    }
    return may_repair() ? sync_version(id, manifest) : Status();
  }

  Verified take() { return std::move(verified_); }

 private:
  bool may_repair() const { return log_ != nullptr; }

  // What was put in place, by an interrupted repair as well, may be in memory alone.
  Status sync_version(const Id& id, const bundle::Manifest& manifest) {
    const Path files = bundle_folder(at_, id);
    for (const Path& folder : inner_folders(manifest)) {
      if (is_there(disk_, files / folder)) TRY(disk_.sync_folder(files / folder));
    }
    TRY(disk_.sync_folder(files));
    return disk_.sync_folder(at_.version(id));
  }

  // Names of one file are hashed once.
  Status inspect_file(const Path& path, const FileEntry& file) {
    const Result<disk::Entry> entry = disk_.look(path);
    if (entry.ok()) {
      const auto known = known_.find({entry->id, file.sha256});
      if (known != known_.end()) {
        if (known->second) return {};
        return Error{Code::kInvalid, str(path.string(), " is damaged: its hash is another")};
      }
    }
    disk_.read_anew(path);
    const Status checked = check_file(disk_, path, file, count_);
    if (entry.ok()) {
      known_[{entry->id, file.sha256}] = checked.ok();
      verified_.bytes += file.bytes;
    }
    return checked;
  }

  Status object_state(const FileEntry& file) { return inspect_file(at_.object(file.sha256), file); }

  bool is_object(const Path& path, const FileEntry& file) {
    const Result<disk::Entry> entry = disk_.look(path);
    const Result<disk::Entry> object = disk_.look(at_.object(file.sha256));
    return entry.ok() && object.ok() && entry->id == object->id;
  }

  Status repair_file(const Id& id, const Path& path, const FileEntry& file) {
    std::vector<bundle::Source*> sources;
    const bool is_here = object_state(file).ok() || inspect_file(path, file).ok();
    if (!is_here) sources = TRY(sources_.having(id, file));
    TRY(log_->append("repair", id, str(file.path, ", ", file.sha256)));
    const Status done = put_in_place(id, path, file, sources);
    if (!done.ok()) {
      [[maybe_unused]] const Status noted =
          log_->append("failed", id, str("repair: ", done.error().message));
    }
    return done;
  }

  Status put_in_place(const Id& id, const Path& path, const FileEntry& file,
                      std::span<bundle::Source* const> sources) {
    if (!object_state(file).ok()) TRY(repair_object(path, file, sources));
    if (is_object(path, file)) return {};
    for (const Path& folder : folders_to(id, file)) TRY(disk_.make_folder(folder));
    return relink(disk_, at_, file.sha256, path);
  }

  std::vector<Path> folders_to(const Id& id, const FileEntry& file) const {
    std::vector<Path> folders;
    for (Path folder = disk::folder_of(file_path(at_, id, file.path)); folder != at_.version(id);
         folder = disk::folder_of(folder)) {
      folders.insert(folders.begin(), folder);
    }
    return folders;
  }

  // From a file of a version that is whole, where the object alone is not; else from a source.
  Status repair_object(const Path& path, const FileEntry& file,
                       std::span<bundle::Source* const> sources) {
    if (inspect_file(path, file).ok()) {
      TRY(remove_tree(disk_, at_.object(file.sha256)));
      TRY(disk_.link(path, at_.object(file.sha256)));
      return disk_.sync_folder(at_.objects());
    }
    Status last;
    for (bundle::Source* const source : sources) {
      last = replace_object(disk_, at_, *source, file, {});
      if (!last.ok()) continue;
      known_[{TRY(disk_.look(at_.object(file.sha256))).id, file.sha256}] = true;
      break;
    }
    return last;
  }

  // The record holds the manifest's hash, the manifest what the record says: each is made again
  // from a source that agrees with the other. What keeps it from that is added to `what`.
  Result<bool> repair_manifest(const Id& id, std::string& what) {
    const Path record_path = at_.version(id) / kRecord;
    const Path path = file_path(at_, id, bundle::kManifestName);
    const Result<VersionRecord> record = read_record(disk_, record_path);
    const Result<std::string> text = disk_.read(path, bundle::kMostManifestBytes);
    const RepairSources::OfVersion found = sources_.of(id);
    if (!found.reason.empty()) what += str("; not repaired: ", found.reason);
    for (bundle::Source* const source : found.sources) {
      const std::string& good = source->manifest_text();
      const std::string hash = sha256(good);
      if (record.ok() ? record->manifest_sha256 != hash : !text.ok() || *text != good) continue;
      TRY(log_->append("repair", id, bundle::kManifestName, hash));
      TRY(disk_.make_folder(bundle_folder(at_, id)));
      TRY(disk::replace_file(disk_, path, good));
      if (!record.ok()) {
        TRY(disk::replace_file(disk_, record_path, record_text({hash, now_})));
      }
      TRY(disk_.sync_folder(at_.version(id)));
      return true;
    }
    return false;
  }

  Disk& disk_;
  const Layout& at_;
  AuditLog* log_;  // of a store that may be repaired
  RepairSources sources_;
  std::string now_;
  Bytes count_;
  std::uint64_t done_ = 0;
  std::map<std::pair<std::uint64_t, std::string>, bool> known_;  // files by id: whole or not
  Verified verified_;
};

}  // namespace

bool Verified::is_whole() const {
  return std::ranges::all_of(damages, [](const Damage& damage) { return damage.is_repaired; });
}

Result<Verified> Store::verify(const Selection& selection, bool may_repair, const RepairFrom& from,
                               const Progress& progress) {
  if (may_repair) TRY(expect_changes());
  if (!selection.name.empty()) TRY(check_name(selection.name));
  if (!selection.version.empty()) TRY(check_id({selection.name, selection.version}));
  Inspection inspection(disk_, at_, may_repair ? &log_ : nullptr, from, time_text(options_.now()));
  std::vector<std::pair<Id, bundle::Manifest>> versions;
  std::map<std::string, std::uint64_t> objects;
  bool is_found = selection.name.empty();
  for (const Id& id : TRY(installed_versions(disk_, at_))) {
    if (!selection.name.empty() && id.name != selection.name) continue;
    if (!selection.version.empty() && id.version != selection.version) continue;
    is_found = true;
    std::optional<VersionManifest> version = TRY(inspection.inspect_manifest(id));
    if (!version.has_value()) continue;
    for (const FileEntry& file : version->manifest.files) objects[file.sha256] = file.bytes;
    versions.emplace_back(id, std::move(version->manifest));
  }
  if (!is_found) {
    return Error{Code::kNotFound,
                 str(selection.name, selection.version.empty() ? "" : " ", selection.version,
                     " is not installed in ", at_.root.string(), ": slipway store ",
                     at_.root.string(), " list tells what is")};
  }
  std::uint64_t all_bytes = 0;
  for (const auto& [hash, bytes] : objects) all_bytes += bytes;
  inspection.set_progress(progress, all_bytes);
  for (const auto& [id, manifest] : versions) TRY(inspection.inspect_files(id, manifest));
  return inspection.take();
}

}  // namespace slipway::store
