#include <algorithm>

#include "base/str.h"
#include "store/clean.h"
#include "store/objects.h"
#include "store/store.h"
#include "store/versions.h"

namespace slipway::store {

Result<std::vector<Id>> Store::prunable() {
  std::vector<Id> ids = TRY(installed_versions(disk_, at_));
  std::erase_if(ids, [&](const Id& id) {
    const Result<Switch> now = read_switch(disk_, at_.now(id.name));
    // Where nobody can say what is active, everything stays.
    if (!now.ok() && now.error().code != Code::kNotFound) return true;
    if (now.ok() && (now->active == id.version || now->previous == id.version)) return true;
    return is_there(disk_, at_.version(id) / kPinned) || is_there(disk_, at_.version(id) / kUnused);
  });
  return ids;
}

// One rename, after which it is no version any more.
Status Store::take_out(const Id& id, std::string_view reason) {
  const Path trash = at_.trash() / id.part();
  TRY(remove_tree(disk_, trash));
  return change("prune", id, reason, [&]() -> Status {
    TRY(disk_.rename(at_.version(id), trash));
    return disk_.sync_folder(at_.trash());
  });
}

Result<Pruned> Store::prune(std::string_view reason) {
  TRY(expect_changes());
  Pruned pruned;
  Status done;
  for (const Id& id : TRY(prunable())) {
    done = take_out(id, reason);
    if (!done.ok()) break;
    pruned.removed.push_back(id);
  }
  pruned.freed_bytes = clean(disk_, at_);
  if (!done.ok()) return done.error();
  return pruned;
}

Result<Pruned> Store::remove(const Id& id, std::string_view reason) {
  TRY(expect_changes());
  TRY(check_id(id));
  Pruned pruned{.removed = {id}};
  if (!is_there(disk_, at_.version(id))) {
    if (!is_there(disk_, at_.staged(id))) {
      return Error{Code::kNotFound,
                   str(id.text(), " is neither installed nor staged in ", at_.root.string())};
    }
    TRY(remove_tree(disk_, at_.staged(id)));
    pruned.freed_bytes = clean(disk_, at_);
    return pruned;
  }
  const Result<Switch> now = read_switch(disk_, at_.now(id.name));
  if (!now.ok() && now.error().code != Code::kNotFound) return now.error();
  const auto refused = [&](std::string_view why) {
    return Error{Code::kUsage, str(id.text(), " stays: it is ", why)};
  };
  if (now.ok() && now->active == id.version)
    return refused("active; activate another version first");
  if (now.ok() && now->previous == id.version)
    return refused("what a rollback goes back to; activate another version first");
  if (is_there(disk_, at_.version(id) / kPinned)) return refused("pinned; unpin it first");
  const Status done = take_out(id, reason);
  pruned.freed_bytes = clean(disk_, at_);
  if (!done.ok()) return done.error();
  return pruned;
}

Status Store::set_mark(std::string_view action, const Id& id, std::string_view reason,
                       bool is_set) {
  TRY(expect_changes());
  TRY(check_id(id));
  const Path folder = at_.version(id);
  if (!is_there(disk_, folder)) {
    return Error{Code::kNotFound,
                 str(id.text(), " is not installed in ", at_.root.string(), ": slipway store ",
                     at_.root.string(), " list tells what is")};
  }
  if (is_there(disk_, folder / kPinned) == is_set) return {};
  return change(action, id, reason, [&]() -> Status {
    if (is_set) {
      TRY(disk_.create(folder / kPinned));
    } else {
      TRY(disk_.remove(folder / kPinned));
    }
    return disk_.sync_folder(folder);
  });
}

Status Store::pin(const Id& id, std::string_view reason) {
  return set_mark("pin", id, reason, true);
}

Status Store::unpin(const Id& id, std::string_view reason) {
  return set_mark("unpin", id, reason, false);
}

}  // namespace slipway::store
