// What becomes active.
#include <map>

#include "base/str.h"
#include "store/active.h"
#include "store/objects.h"
#include "store/store.h"
#include "store/versions.h"

namespace slipway::store {

Active Store::active_of(std::string_view name, const Switch& state) const {
  const Id id{std::string(name), state.active};
  return {.id = id, .previous = state.previous, .folder = bundle_folder(at_, id)};
}

Result<Active> Store::active(std::string_view name) {
  TRY(check_name(name));
  const Result<Switch> state = read_switch(disk_, at_.now(name));
  if (state.ok()) return active_of(name, *state);
  if (state.error().code == Code::kNotFound) {
    return Error{Code::kNotFound,
                 str("no version of ", name, " is active in ", at_.root.string(),
                     ": slipway store ", at_.root.string(), " activate ", name, " VERSION")};
  }
  return Error{state.error().code,
               str(state.error().message, ": slipway store ", at_.root.string(), " activate ", name,
                   " VERSION says anew which version is active")};
}

Status Store::expect_whole(const Id& id) {
  const VersionManifest version = TRY(read_version(disk_, at_, id));
  std::map<std::uint64_t, std::string> hashed;  // files of one object are hashed once
  for (const bundle::FileEntry& file : version.manifest.files) {
    const Path path = file_path(at_, id, file.path);
    const Result<disk::Entry> entry = disk_.look(path);
    const auto known = entry.ok() ? hashed.find(entry->id) : hashed.end();
    if (known != hashed.end() && known->second == file.sha256) continue;
    const Status checked = check_file(disk_, path, file);
    if (!checked.ok()) {
      return Error{Code::kInvalid, str(id.text(), " is damaged: ", checked.error().message,
                                       "; repair it: "
                                       "slipway store ",
                                       at_.root.string(), " verify --repair BUNDLE")};
    }
    if (entry.ok()) hashed[entry->id] = file.sha256;
  }
  return {};
}

Status Store::switch_to(const Id& id, const Switch& before, std::string_view reason) {
  const Switch after{id.version, before.active};
  TRY(disk_.make_folder(at_.active_of(id.name)));
  TRY(disk_.sync_folder(at_.active()));
  TRY(prepare_back(disk_, at_, id.name, after));
  return change("activate", id, reason,
                [&] { return disk::replace_file(disk_, at_.now(id.name), switch_text(after)); });
}

// What is of no use any more is removed once what is active is so on disk.
Result<Active> Store::end_switch(const std::string& name, const Status& done) {
  const bool is_on_disk = done.ok() || disk_.sync_folder(at_.active_of(name)).ok();
  if (is_on_disk) put_active_right(disk_, at_, name);
  if (!done.ok()) return done.error();
  return active(name);
}

Result<Active> Store::activate(const Id& id, std::string_view reason) {
  TRY(expect_changes());
  TRY(check_id(id));
  TRY(expect_whole(id));
  const Result<Switch> now = read_switch(disk_, at_.now(id.name));
  // Where it is damaged beyond repair, which version was active is not known any more.
  const Switch before = now.ok() ? *now : Switch();
  if (before.active == id.version) return active_of(id.name, before);
  if (before.active.empty()) TRY(log_.reserve());
  const Status done = switch_to(id, before, reason);
  return end_switch(id.name, done);
}

Result<Active> Store::rollback(std::string_view name, std::string_view reason) {
  TRY(expect_changes());
  const Active left = TRY(active(name));
  if (left.previous.empty()) {
    return Error{Code::kUsage, str("there is no version of ", name, " to go back to: ",
                                   left.id.version, " was the first that was active")};
  }
  const Id id{left.id.name, left.previous};
  const Switch state{left.id.version, left.previous};
  TRY(expect_whole(id));
  if (!has_back(disk_, at_, id.name, state)) TRY(prepare_back(disk_, at_, id.name, state));
  const Status done = change("rollback", id, reason, [&]() -> Status {
    TRY(disk_.rename(at_.back(left.id), at_.now(id.name)));
    return disk_.sync_folder(at_.active_of(id.name));
  });
  return end_switch(id.name, done);
}

}  // namespace slipway::store
