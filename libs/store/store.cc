#include "store/store.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "base/str.h"
#include "bundle/copy.h"
#include "store/active.h"
#include "store/clean.h"
#include "store/objects.h"
#include "store/versions.h"

namespace slipway::store {
namespace {

std::int64_t machine_seconds() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since).count();
}

std::vector<Path> own_folders(const Layout& at) {
  return {at.objects(), at.versions(), at.active(), at.staging(), at.trash()};
}

// The folder is new, or empty, or one in which making a store did not come to its end.
Status expect_own(Disk& disk, const Layout& at) {
  Path temporary = at.format();
  temporary += ".new";
  std::vector<Path> own = own_folders(at);
  own.insert(own.end(), {at.lock(), temporary});
  const Result<std::vector<disk::Entry>> entries = disk.list(at.root);
  if (!entries.ok()) return entries.error().code == Code::kNotFound ? Status() : entries.error();
  for (const disk::Entry& entry : *entries) {
    if (std::ranges::find(own, at.root / entry.name) != own.end()) continue;
    return Error{Code::kUsage, str(at.root.string(), " is no store, and has '", shorten(entry.name),
                                   "' in it: name a folder that is new or "
                                   "empty")};
  }
  return {};
}

Status make_store(Disk& disk, const Layout& at) {
  for (const Path& folder : own_folders(at)) TRY(disk.make_folder(folder));
  TRY(disk.sync_folder(at.root));
  return disk::replace_file(disk, at.format(), format_text());
}

}  // namespace

Store::Store(Disk& disk, Path folder, Options options)
    : disk_(disk),
      at_{std::move(folder)},
      options_(std::move(options)),
      log_(disk, at_.log(), options_.now, options_.most_log_bytes) {}

Result<std::unique_ptr<Store>> Store::open(Disk& disk, const Path& folder, Options options) {
  if (!options.now) options.now = machine_seconds;
  const bool may_change = options.access == Access::kChange;
  const bool may_create = may_change && options.may_create;
  std::unique_ptr<Store> store(new Store(disk, folder, std::move(options)));
  const Layout& at = store->at_;
  const bool is_new = !is_there(disk, at.format());
  if (is_new && !may_create) {
    return Error{Code::kNotFound, str("there is no store in ", folder.string(), ": slipway store ",
                                      folder.string(), " install BUNDLE makes one")};
  }
  if (is_new) {
    TRY(expect_own(disk, at));
    TRY(disk.make_folder(folder));
    TRY(disk.sync_folder(disk::folder_of(folder)));
  }
  if (may_change) {
    Result<std::unique_ptr<disk::Lock>> lock = disk.lock(at.lock());
    if (!lock.ok()) {
      return Error{lock.error().code,
                   str("the store ", folder.string(), " is in use: ", lock.error().message)};
    }
    store->lock_ = *std::move(lock);
  }
  if (is_new) TRY(make_store(disk, at));
  TRY(read_format(disk, at.format()));
  if (may_change) TRY(store->put_right());
  return store;
}

Status Store::expect_changes() const {
  if (options_.access == Access::kChange) return {};
  return Error{Code::kInternal, "a store that was opened for reading cannot be changed"};
}

Status Store::put_right() {
  const std::uint64_t torn = TRY(log_.open());
  for (const Path& folder : own_folders(at_)) {
    if (!is_there(disk_, folder)) TRY(disk_.make_folder(folder));
  }
  TRY(sync_folders(disk_, at_));
  const Result<std::vector<std::string>> names = active_names(disk_, at_);
  for (const std::string& name : names.ok() ? *names : std::vector<std::string>()) {
    if (put_active_right(disk_, at_, name) == Restored::kFromBack) {
      found_.push_back(str("which version of ", name, " is active was damaged: restored"));
      [[maybe_unused]] const Status noted =
          log_.append("repair", {name, ""}, "which version is active was damaged: restored");
    }
  }
  clean(disk_, at_);
  note_interruption(torn);
  // A full disk must not keep anyone from going back: the next change says so if it matters.
  [[maybe_unused]] const Status reserved = log_.reserve();
  return {};
}

void Store::note_interruption(std::uint64_t torn_bytes) {
  const std::string torn =
      torn_bytes == 0 ? "" : str(torn_bytes, " bytes of a torn line were cut off");
  const std::optional<LogLine> last = log_.last();
  Status noted;
  if (last.has_value() && !took_effect(*last)) {
    found_.push_back(str("interrupted, and not done: ", last->action, " ", last->id.text()));
    noted = log_.append(kInterruptedAction, last->id,
                        str("line ", last->number, ", ", last->action, ", was not done",
                            torn.empty() ? "" : "; ", torn));
  } else if (!torn.empty()) {
    found_.push_back("the log: " + torn);
    noted = log_.append("healed", {}, torn);
  }
}

// Of the last line, whose change may have been interrupted. What cannot be read now counts as done:
// nothing must be said that is not known.
bool Store::took_effect(const LogLine& line) {
  if (!check_id(line.id).ok()) return true;
  const auto is_missing = [&](const Path& path) {
    const Result<disk::Entry> entry = disk_.look(path);
    return !entry.ok() && entry.error().code == Code::kNotFound;
  };
  const Path version = at_.version(line.id);
  if (line.action == "install") return !is_missing(version);
  if (line.action == "prune") return !is_there(disk_, version);
  if (line.action == "pin") return !is_missing(version / kPinned);
  if (line.action == "unpin") return !is_there(disk_, version / kPinned);
  if (line.action != "activate" && line.action != "rollback") return true;
  const Result<Switch> now = read_switch(disk_, at_.now(line.id.name));
  if (now.ok()) return now->active == line.id.version;
  return now.error().code != Code::kNotFound;
}

Status Store::change(std::string_view action, const Id& id, std::string_view reason,
                     const std::function<Status()>& effect, std::string_view manifest) {
  TRY(log_.append(action, id, reason, manifest));
  Status done = effect();
  if (!done.ok() && !took_effect(*log_.last())) {
    [[maybe_unused]] const Status noted =
        log_.append(kFailedAction, id, str(action, ": ", done.error().message));
  }
  return done;
}

Status Store::note(std::string_view action, const Id& id, std::string_view reason) {
  TRY(expect_changes());
  return log_.append(action, id, reason);
}

Result<LogCheck> Store::check_log(const std::function<void(const LogLine&)>& see) {
  return store::check_log(disk_, at_.log(), see);
}

Result<std::vector<VersionRow>> Store::list() {
  std::vector<VersionRow> rows;
  std::map<std::string, std::size_t> users;
  std::vector<std::vector<bundle::FileEntry>> objects;
  const auto add = [&](VersionRow row, const Result<VersionManifest>& version) {
    objects.emplace_back();
    if (version.ok()) {
      row.manifest_sha256 = version->sha256;
      objects.back() = bundle::distinct_objects(version->manifest);
      for (const bundle::FileEntry& file : version->manifest.files) row.bytes += file.bytes;
      for (const bundle::FileEntry& object : objects.back()) ++users[object.sha256];
    } else {
      row.problem = version.error().message;
    }
    rows.push_back(std::move(row));
  };
  for (const Id& id : TRY(installed_versions(disk_, at_))) {
    VersionRow row{.id = id};
    const Result<Switch> now = read_switch(disk_, at_.now(id.name));
    row.is_active = now.ok() && now->active == id.version;
    row.is_previous = now.ok() && now->previous == id.version;
    row.is_pinned = is_there(disk_, at_.version(id) / kPinned);
    row.is_unused =
        !row.is_active && !row.is_previous && is_there(disk_, at_.version(id) / kUnused);
    add(std::move(row), read_version(disk_, at_, id));
  }
  for (const Id& id : TRY(staged_versions(disk_, at_)))
    add({.id = id, .is_staged = true}, read_staged(disk_, at_, id));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const bundle::FileEntry& object : objects[i]) {
      if (users[object.sha256] == 1) rows[i].own_bytes += object.bytes;
    }
  }
  return rows;
}

}  // namespace slipway::store
