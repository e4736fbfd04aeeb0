// A TUF repository as files of a folder, for whoever publishes. Any static server can host it.
//
//   metadata/N.root.json N.targets.json N.snapshot.json timestamp.json
//   targets/DIR/HASH.NAME       the target DIR/NAME
//   targets/objects/ab/ab12...  objects of bundles (updater/bundles.h)
//
// A reader may come at any moment, and so may a power cut: what is named is on disk before what
// names it, and timestamp.json, replaced in one step, comes last. A root is found by its number
// alone, so it comes when all that is there is good by the old one and by the new one.
// docs/formats/repository.md has all of it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/source.h"
#include "disk/disk.h"
#include "publish/signers.h"
#include "publish/state.h"
#include "trust/time.h"

namespace slipway::publish {

// How long what is signed is good for.
struct Lifetimes {
  trust::Seconds root = 365 * trust::kDay;
  trust::Seconds targets = 90 * trust::kDay;  // and snapshot
  trust::Seconds timestamp = 7 * trust::kDay;
};

// What became of a file that was to be added.
struct Added {
  std::string path;  // of the target
  std::string sha256;
  std::uint64_t bytes = 0;
  enum class What : std::uint8_t { kNew, kReplaced, kSame } what = What::kNew;
  std::size_t objects = 0;  // of a bundle
  std::size_t objects_written = 0;
  std::uint64_t bytes_written = 0;
};

struct Pruned {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};

enum class Access : bool { kRead, kWrite };  // kWrite: no other writer until it is destroyed

class Repository {
 public:
  // Begins with a signed root: kUsage where the folder has a root already.
  static Result<Repository> create(disk::Disk& disk, disk::Path folder, std::string_view root);

  // Verifies what is there, from `trusted_root` on (empty: from the oldest root that is there, so
  // that whoever can write to the folder is believed); only whether it has expired plays no part.
  // kNotFound where there is no root.
  static Result<Repository> open(disk::Disk& disk, disk::Path folder, std::string_view trusted_root,
                                 Access access);

  // What is published. State::targets apart, see targets().
  const State& state() const { return state_; }
  const trust::Root& root() const { return state_.root; }
  // What will be published next: what is, until something is added or withdrawn.
  const trust::Targets& targets() const { return targets_; }

  // The payload is on disk when these return; the target is published with the next publish().
  // kUsage for a path that is no target's. A target of another content is replaced.
  Result<Added> add_file(bundle::Bytes& from, const std::string& path);
  // kUsage where this version is published with another content: it needs a version of its own.
  Result<Added> add_bundle(bundle::Source& from);
  // kNotFound where there is no such target. Its files stay until prune().
  Status withdraw(const std::string& path);

  // Signs targets, snapshot and timestamp anew and makes them what readers see.
  Status publish(const Signers& signers, trust::Seconds now, const Lifetimes& lifetimes);
  // The timestamp alone; it names the same snapshot.
  Status refresh_timestamp(const Signers& signers, trust::Seconds now, const Lifetimes& lifetimes);

  // Another key in the place of `old_id` for a role. `signers` has root's keys by the present root;
  // for another role than root also the role's present ones, and those of the roles above it
  // (snapshot over targets, timestamp over both). Where the role's old key is lost, readers are
  // without a good repository from the new root until the role has signed again.
  Status rotate(std::string_view role, const std::string& old_id, const trust::PrivateKey& key,
                const Signers& signers, trust::Seconds now, const Lifetimes& lifetimes);
  // The same root, good for longer.
  Status renew_root(const Signers& signers, trust::Seconds now, const Lifetimes& lifetimes);

  // The lowest role of which what is published is not signed by enough of the keys that another
  // root names: it and those above it have to be signed anew with that root. Empty where all is
  // good by both.
  std::string_view first_to_sign(const trust::Root& next) const;

  // A root that names other keys or thresholds (change_role.h). `signers` has root's keys by both
  // roots, and those of first_to_sign() and of the roles above it.
  Status change_root(const trust::Root& next, const Signers& signers, trust::Seconds now,
                     const Lifetimes& lifetimes);

  // A root that was signed elsewhere, by several holders maybe: kUsage, with what is lacking, until
  // enough of them did. Where what is published is not good by it, `signers` has keys of targets,
  // snapshot and timestamp that are, and, if they are not lost, the present ones.
  Status adopt_root(const std::string& text, const Signers& signers, trust::Seconds now,
                    const Lifetimes& lifetimes);

  // Removes files that neither what is published nor what was published before it names. Roots
  // stay: a device that was off for years goes through all of them.
  Result<Pruned> prune();

 private:
  Repository(disk::Disk& disk, disk::Path folder, State state)
      : disk_(&disk), folder_(std::move(folder)), state_(std::move(state)) {}

  // What is signed and not yet written, by its name in metadata/.
  struct Draft {
    std::string name;
    std::string text;
    trust::MetaFile meta;
  };

  disk::Path metadata(std::string_view name) const { return folder_ / "metadata" / name; }
  Status make_folders(const disk::Path& below);
  Status sync_payload();
  Status place(const disk::Path& relative, const bundle::FileEntry& file, bundle::Source* source,
               bundle::Bytes* bytes, Added& added);
  Result<bool> has(const disk::Path& path, const bundle::FileEntry& file);

  Result<Draft> sign_targets(const Keys& signers, trust::Seconds expires);
  Result<Draft> sign_snapshot(const Keys& signers, const trust::MetaFile& targets,
                              trust::Seconds expires);
  Result<Draft> sign_timestamp(const Keys& signers, const trust::MetaFile& snapshot,
                               trust::Seconds expires);
  Result<std::string> sign_root(const trust::Root& root, const Keys& signers) const;
  // `from`: the lowest role that is signed anew.
  Status sign_from(std::string_view from, const Signers& signers, trust::Seconds now,
                   const Lifetimes& lifetimes);
  Status write_root(const trust::Root& root, const std::string& text);
  Status read_again();
  Status note_files_of(const trust::Targets& targets, std::set<std::string>& names);

  disk::Disk* disk_;
  disk::Path folder_;
  std::unique_ptr<disk::Lock> lock_;
  State state_;
  trust::Targets targets_;
  std::set<disk::Path> made_;  // folders whose names have to be on disk before metadata is
};

}  // namespace slipway::publish
