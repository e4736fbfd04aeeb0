#include <algorithm>

#include "base/str.h"
#include "bundle/copy.h"
#include "cli/text.h"
#include "digest/digest.h"
#include "store/clean.h"
#include "store/objects.h"
#include "store/repair.h"
#include "store/sealed.h"
#include "store/store.h"
#include "store/versions.h"

namespace slipway::store {
namespace {

using bundle::FileEntry;

constexpr std::uint64_t kBlockBytes = 4096;
// The log's lines to come, and the files that say what is active and what a rollback makes active.
constexpr std::uint64_t kBookkeepingBytes = std::uint64_t{128} << 10;
// What a file's names take in the folders that hold them.
constexpr std::uint64_t kNamesBytes = 512;

std::uint64_t blocks(std::uint64_t bytes) {
  return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

Status write_new(Disk& disk, const Path& path, std::string_view content) {
  const std::unique_ptr<disk::File> file = TRY(disk.create(path));
  TRY(file->write(content));
  return file->sync();
}

}  // namespace

// Where an installation stands.
struct Store::Plan {
  Id id;
  bundle::Source* source = nullptr;
  std::vector<FileEntry> missing;  // objects that have to come from the source
  std::uint64_t shared_bytes = 0;  // of objects that are there, and were hashed
  std::uint64_t all_bytes = 0;

  const bundle::Manifest& manifest() const { return source->manifest(); }
  std::uint64_t needed_bytes(Disk& disk, const Path& staged) const;
};

// What is not taken yet: a part that is there has its space.
std::uint64_t Store::Plan::needed_bytes(Disk& disk, const Path& staged) const {
  std::uint64_t needed = kBookkeepingBytes + 2 * blocks(source->manifest_text().size());
  needed += (inner_folders(manifest()).size() + 4) * kBlockBytes;
  needed += blocks(manifest().files.size() * kNamesBytes);
  for (const FileEntry& file : missing) {
    if (!is_there(disk, staged / str(file.sha256, kPartSuffix))) needed += blocks(file.bytes);
  }
  return needed;
}

Result<Store::Plan> Store::plan_install(bundle::Source& source, const Progress& progress) {
  Plan plan;
  plan.source = &source;
  plan.id = {source.manifest().name, source.manifest().version.text()};
  const std::vector<FileEntry> objects = bundle::distinct_objects(source.manifest());
  for (const FileEntry& file : objects) plan.all_bytes += file.bytes;
  std::uint64_t done = 0;
  const Bytes count = [&](std::uint64_t bytes) {
    done += bytes;
    if (progress) progress(done, plan.all_bytes);
  };
  for (const FileEntry& file : objects) {
    const Status checked = check_file(disk_, at_.object(file.sha256), file, count);
    if (checked.ok()) {
      plan.shared_bytes += file.bytes;
      continue;
    }
    done = plan.shared_bytes;
    plan.missing.push_back(file);
  }
  return plan;
}

std::string Store::way_to_space() {
  const std::string prune = str("slipway store ", at_.root.string(), " prune");
  const Result<std::vector<VersionRow>> rows = list();
  std::vector<std::string> useless;
  std::vector<std::string> unused;
  const Result<std::vector<Id>> ids = prunable();
  for (const Id& id : ids.ok() ? *ids : std::vector<Id>()) useless.push_back(id.text());
  if (!useless.empty()) return str(prune, " removes ", join(useless));
  for (const VersionRow& row : rows.ok() ? *rows : std::vector<VersionRow>()) {
    if (row.is_unused && !row.is_pinned) unused.push_back(str(prune, " ", row.id.text()));
  }
  if (unused.empty()) return "nothing in the store can be pruned: free some space on its disk";
  return str("all that is in the store is of use, but what was never active may go: ",
             join(unused, " or "));
}

Error Store::no_space(const Id& id, std::uint64_t needed_bytes, std::uint64_t free_bytes) {
  const auto text = [](std::uint64_t bytes) {
    return bytes_text(static_cast<std::int64_t>(bytes));
  };
  const std::uint64_t lacking = needed_bytes > free_bytes ? needed_bytes - free_bytes : 0;
  return {Code::kTooLarge,
          str(id.text(), " needs ", text(needed_bytes), ", its rollback included, and the disk of ",
              at_.root.string(), " has ", text(free_bytes), " free, ", text(lacking),
              " too few: ", way_to_space())};
}

// The folder of what arrives, with the manifest, and nothing of another version of that name.
Status Store::stage(const Plan& plan) {
  const Path staged = at_.staged(plan.id);
  const Result<std::string> text =
      disk_.read(staged / bundle::kManifestName, bundle::kMostManifestBytes);
  const bool is_same = text.ok() && *text == plan.source->manifest_text();
  for (const Id& other : TRY(staged_versions(disk_, at_))) {
    if (other.name != plan.id.name || (other == plan.id && is_same)) continue;
    TRY(remove_tree(disk_, at_.staged(other)));
  }
  TRY(remove_tree(disk_, staged / kTree));
  TRY(collect_objects(disk_, at_));
  const std::uint64_t needed = plan.needed_bytes(disk_, staged);
  const std::uint64_t free = TRY(disk_.free_bytes(at_.root));
  if (needed > free) return no_space(plan.id, needed, free);
  Status taken = take_space(plan);
  if (!taken.ok() && taken.error().code == Code::kTooLarge) return no_space(plan.id, needed, free);
  return taken;
}

Status Store::take_space(const Plan& plan) {
  const Path staged = at_.staged(plan.id);
  TRY(log_.reserve());
  TRY(disk_.make_folder(staged));
  TRY(disk_.sync_folder(at_.staging()));
  if (!is_there(disk_, staged / bundle::kManifestName)) {
    TRY(disk::replace_file(disk_, staged / bundle::kManifestName, plan.source->manifest_text()));
  }
  for (const FileEntry& file : plan.missing) {
    const Path part = staged / str(file.sha256, kPartSuffix);
    if (!is_there(disk_, part)) TRY(disk_.create(part));
    TRY(disk_.reserve(part, file.bytes));
  }
  return disk_.sync_folder(staged);
}

Status Store::receive(Plan& plan, const Progress& progress, Installed& installed) {
  const Path staged = at_.staged(plan.id);
  std::uint64_t done = plan.shared_bytes;
  for (const FileEntry& file : plan.missing) {
    std::uint64_t of_file = 0;
    const Path part = staged / str(file.sha256, kPartSuffix);
    const Received received =
        TRY(receive_object(disk_, *plan.source, file, part, [&](std::uint64_t bytes) {
          of_file += bytes;
          if (progress) progress(std::min(done + of_file, plan.all_bytes), plan.all_bytes);
        }));
    TRY(disk_.rename(part, at_.object(file.sha256)));
    done += file.bytes;
    installed.copied_bytes += received.copied_bytes;
    installed.resumed_bytes += received.resumed_bytes;
  }
  return disk_.sync_folder(at_.objects());
}

Status Store::build_tree(const Plan& plan) {
  const Path tree = at_.staged(plan.id) / kTree;
  const Path files = tree / kBundle;
  const std::vector<Path> inner = inner_folders(plan.manifest());
  TRY(disk_.make_folder(tree));
  TRY(disk_.make_folder(files));
  for (const Path& folder : inner) TRY(disk_.make_folder(files / folder));
  for (const FileEntry& file : plan.manifest().files)
    TRY(disk_.link(at_.object(file.sha256), files / file.path));
  const std::string& text = plan.source->manifest_text();
  TRY(write_new(disk_, files / bundle::kManifestName, text));
  TRY(write_new(disk_, tree / kRecord, record_text({sha256(text), time_text(options_.now())})));
  TRY(disk_.create(tree / kUnused));
  for (const Path& folder : inner) TRY(disk_.sync_folder(files / folder));
  TRY(disk_.sync_folder(files));
  TRY(disk_.sync_folder(tree));
  // Every byte of the objects was hashed: the tree is right when its names are theirs.
  for (const FileEntry& file : plan.manifest().files) {
    const disk::Entry entry = TRY(disk_.look(files / file.path));
    const disk::Entry object = TRY(disk_.look(at_.object(file.sha256)));
    if (entry.id != object.id || entry.bytes != file.bytes) {
      return Error{Code::kIo, str((files / file.path).string(),
                                  " is not the file that was put there: install again")};
    }
  }
  return {};
}

Status Store::commit(const Plan& plan, std::string_view reason) {
  // Where an object was damaged, other versions still have the file that it was.
  TRY(relink_all(disk_, at_, bundle::distinct_objects(plan.manifest())));
  TRY(disk_.make_folder(at_.versions_of(plan.id.name)));
  TRY(disk_.sync_folder(at_.versions()));
  const auto publish = [&]() -> Status {
    TRY(disk_.rename(at_.staged(plan.id) / kTree, at_.version(plan.id)));
    return disk_.sync_folder(at_.versions_of(plan.id.name));
  };
  TRY(change("install", plan.id, reason, publish, sha256(plan.source->manifest_text())));
  remove_if_possible(disk_, at_.staged(plan.id));
  return {};
}

Result<Installed> Store::install_again(bundle::Source& source, const Id& id,
                                       const Progress& progress) {
  const Result<VersionManifest> there = read_version(disk_, at_, id);
  if (there.ok() && there->text != source.manifest_text()) {
    return Error{Code::kInvalid,
                 str(id.text(), " is installed already, and ", source.where(),
                     " is another bundle of that version: what was published does not change, "
                     "give it a version of its own")};
  }
  bundle::Source* const sources[] = {&source};
  const Verified verified =
      TRY(verify({id.name, id.version}, /*may_repair=*/true, {.sources = sources}, progress));
  for (const Damage& damage : verified.damages) {
    if (!damage.is_repaired) {
      return Error{Code::kInvalid, str(id.text(),
                                       " is installed already, is damaged, and could "
                                       "not be repaired: ",
                                       damage.what)};
    }
  }
  return Installed{.id = id, .was_there = true, .shared_bytes = verified.bytes};
}

Result<Installed> Store::install(bundle::Source& source, std::string_view reason,
                                 const Progress& progress) {
  TRY(expect_changes());
  const Id id{source.manifest().name, source.manifest().version.text()};
  const Status named = check_id(id);
  if (!named.ok()) return Error{Code::kInvalid, str(source.where(), ": ", named.error().message)};
  if (is_there(disk_, at_.version(id))) return install_again(source, id, progress);
  Plan plan = TRY(plan_install(source, progress));
  Installed installed{.id = id, .shared_bytes = plan.shared_bytes};
  const auto run = [&]() -> Status {
    TRY(stage(plan));
    TRY(receive(plan, progress, installed));
    TRY(source.check_rest());
    TRY(build_tree(plan));
    return commit(plan, reason);
  };
  const Status done = run();
  if (!done.ok()) {
    // What arrived is kept for the next time, but not where it keeps others from writing.
    if (done.error().code == Code::kTooLarge) remove_if_possible(disk_, at_.staged(id));
    clean(disk_, at_);
    return done.error();
  }
  return installed;
}

}  // namespace slipway::store
