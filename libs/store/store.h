// Versions of bundles on a device's disk. Whatever happens, a power cut included, the version that
// was active or the one that was to be is active, whole, and the one before it is there to go back
// to. docs/formats/store.md has what lies where.
//
// Every change is one rename that is prepared on disk before and cleaned up after. What a power cut
// or a kill left behind is put right when the store is opened next.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bundle/source.h"
#include "disk/disk.h"
#include "store/audit.h"
#include "store/layout.h"
#include "store/repair_sources.h"
#include "store/sealed.h"

namespace slipway::store {

enum class Access : std::uint8_t {
  kChange,  // alone: another process that asks for it is refused
  kRead,    // beside others; changes nothing and puts nothing right
};

struct Options {
  Access access = Access::kChange;
  bool may_create = false;            // the folder, where there is no store
  std::function<std::int64_t()> now;  // seconds since 1970, for the log; empty: the machine's clock
  std::uint64_t most_log_bytes = kMostLogBytes;
};

// How many bytes of how many were dealt with; may be empty.
using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

struct Installed {
  Id id;
  bool was_there = false;           // and was checked; what was damaged of it was repaired
  std::uint64_t copied_bytes = 0;   // from the source
  std::uint64_t resumed_bytes = 0;  // from an installation that was interrupted
  std::uint64_t shared_bytes = 0;   // that other versions had already
};

struct VersionRow {
  Id id;
  bool is_active = false;
  bool is_previous = false;
  bool is_pinned = false;
  bool is_unused = false;       // installed, never active
  bool is_staged = false;       // its installation has not come to its end
  std::uint64_t bytes = 0;      // of its files
  std::uint64_t own_bytes = 0;  // of those that no other version has: what is freed with it
  std::string manifest_sha256;
  std::string problem;  // why its manifest cannot be used; then there are no sizes
};

struct Active {
  Id id;
  std::string previous;  // empty: none
  Path folder;           // of its files, as the manifest names them
};

struct Pruned {
  std::vector<Id> removed;
  std::uint64_t freed_bytes = 0;
};

struct Damage {
  Id id;
  std::string path;  // in the bundle; "manifest.json" for the manifest
  std::string what;
  bool is_repaired = false;
};

struct Verified {
  std::size_t versions = 0;
  std::uint64_t bytes = 0;  // each object counts once
  std::vector<Damage> damages;

  bool is_whole() const;  // or was made so
};

class Store {
 public:
  // kNotFound where there is no store, kUsage where the folder has something else in it, kIo while
  // another process has it.
  static Result<std::unique_ptr<Store>> open(Disk& disk, const Path& folder, Options options);
  // What had to be put right when it was opened, a line each.
  const std::vector<std::string>& found() const { return found_; }

  // A version is installed once every one of its bytes was hashed: those from the source as they
  // were written, those that were there already as they were read. Space for all of it, and for a
  // rollback, is taken before the first byte is asked for; kTooLarge, with what is missing, where
  // there is not enough. What has arrived stays when the source fails, and is gone on with next
  // time; of each name one such version at most.
  Result<Installed> install(bundle::Source& source, std::string_view reason = {},
                            const Progress& progress = {});

  Result<std::vector<VersionRow>> list();
  // What is active of a name; kNotFound when nothing is.
  Result<Active> active(std::string_view name);

  // Its files are hashed first: a damaged version does not become active.
  Result<Active> activate(const Id& id, std::string_view reason = {});
  // To the previous version, which then has the one that was left as its previous. Takes no space
  // that was not taken before, and no network.
  Result<Active> rollback(std::string_view name, std::string_view reason = {});

  // A version that is pinned is never pruned.
  Status pin(const Id& id, std::string_view reason = {});
  Status unpin(const Id& id, std::string_view reason = {});
  // Removes the versions that are neither active nor previous, pinned, unused or staged.
  Result<Pruned> prune(std::string_view reason = {});
  // Removes one version, unused or staged as well; kUsage when it is active, previous or pinned.
  Result<Pruned> remove(const Id& id, std::string_view reason = {});

  // Hashes every file of every version, or of those of one name, or of one version. With
  // `may_repair`, what is damaged is fetched from who has it, object by object.
  struct Selection {
    std::string name;
    std::string version;
  };
  Result<Verified> verify(const Selection& selection, bool may_repair, const RepairFrom& from,
                          const Progress& progress = {});

  // A line in the audit log from whoever uses the store.
  Status note(std::string_view action, const Id& id, std::string_view reason);
  Result<LogCheck> check_log(const std::function<void(const LogLine&)>& see = {});

 private:
  struct Plan;  // of an installation

  Store(Disk& disk, Path folder, Options options);

  Status expect_changes() const;
  // What a power cut, a kill or a failure left: nothing of it is in the way of what follows.
  Status put_right();
  void note_interruption(std::uint64_t torn_bytes);
  bool took_effect(const LogLine& line);

  // The log's line, on disk, then the change; a line more when that fails.
  Status change(std::string_view action, const Id& id, std::string_view reason,
                const std::function<Status()>& effect, std::string_view manifest = {});

  Result<Plan> plan_install(bundle::Source& source, const Progress& progress);
  Status stage(const Plan& plan);
  Status take_space(const Plan& plan);
  Status receive(Plan& plan, const Progress& progress, Installed& installed);
  Status build_tree(const Plan& plan);
  Status commit(const Plan& plan, std::string_view reason);
  Result<Installed> install_again(bundle::Source& source, const Id& id, const Progress& progress);
  std::string way_to_space();
  Error no_space(const Id& id, std::uint64_t needed_bytes, std::uint64_t free_bytes);

  Status switch_to(const Id& id, const Switch& before, std::string_view reason);
  Result<Active> end_switch(const std::string& name, const Status& done);
  // Hashes the files that would be run.
  Status expect_whole(const Id& id);
  Active active_of(std::string_view name, const Switch& state) const;

  Status take_out(const Id& id, std::string_view reason);
  Result<std::vector<Id>> prunable();
  Status set_mark(std::string_view action, const Id& id, std::string_view reason, bool is_set);

  Disk& disk_;
  Layout at_;
  Options options_;
  std::unique_ptr<disk::Lock> lock_;
  AuditLog log_;
  std::vector<std::string> found_;
};

}  // namespace slipway::store
