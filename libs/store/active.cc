#include "store/active.h"

#include <algorithm>
#include <vector>

#include "store/objects.h"
#include "store/versions.h"

namespace slipway::store {
namespace {

// What was active, where exactly one of the files for a rollback can tell.
Result<Switch> state_from_backs(Disk& disk, const Layout& at, const std::string& name,
                                const Error& damage) {
  std::vector<Switch> states;
  for (const Id& id : TRY(installed_versions(disk, at))) {
    if (id.name != name) continue;
    const Result<Switch> back = read_switch(disk, at.back(id));
    if (back.ok() && back->previous == id.version) states.push_back(reversed(*back));
  }
  if (states.size() != 1) return damage;
  return states.front();
}

void remove_strays(Disk& disk, const Layout& at, const std::string& name, const Switch& state) {
  const Result<std::vector<disk::Entry>> entries = disk.list(at.active_of(name));
  if (!entries.ok()) return;
  const Path now = at.now(name);
  const Path back = at.back({name, state.active});
  for (const disk::Entry& entry : *entries) {
    const Path path = at.active_of(name) / entry.name;
    if (state.active.empty() || (path != now && path != back)) remove_if_possible(disk, path);
  }
}

}  // namespace

Switch reversed(const Switch& state) { return {state.previous, state.active}; }

bool has_back(Disk& disk, const Layout& at, const std::string& name, const Switch& state) {
  const Result<Switch> back = read_switch(disk, at.back({name, state.active}));
  return back.ok() && *back == reversed(state);
}

Status prepare_back(Disk& disk, const Layout& at, const std::string& name, const Switch& state) {
  return disk::replace_file(disk, at.back({name, state.active}), switch_text(reversed(state)));
}

Restored put_active_right(Disk& disk, const Layout& at, const std::string& name) {
  Restored restored = Restored::kNothing;
  Result<Switch> state = read_switch(disk, at.now(name));
  if (!state.ok() && state.error().code == Code::kInvalid) {
    state = state_from_backs(disk, at, name, state.error());
    if (!state.ok() || !disk::replace_file(disk, at.now(name), switch_text(*state)).ok())
      return restored;
    restored = Restored::kFromBack;
  }
  if (!state.ok()) {
    // The first activation of the name did not come about.
    if (state.error().code != Code::kNotFound) return restored;
    remove_strays(disk, at, name, {});
    [[maybe_unused]] const Status removed = disk.remove(at.active_of(name));
    return restored;
  }
  remove_strays(disk, at, name, *state);
  if (!has_back(disk, at, name, *state) && !prepare_back(disk, at, name, *state).ok())
    remove_strays(disk, at, name, *state);
  for (const std::string& version : {state->active, state->previous}) {
    if (!version.empty()) remove_if_possible(disk, at.version({name, version}) / kUnused);
  }
  return restored;
}

}  // namespace slipway::store
