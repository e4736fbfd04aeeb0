// Where things lie in a store: docs/formats/store.md has the bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/str.h"
#include "disk/disk.h"

namespace slipway::store {

using disk::Disk;
using disk::Path;

// One version of one bundle. `version` is the text of a semantic version.
struct Id {
  std::string name;
  std::string version;

  std::string text() const { return str(name, " ", version); }
  // As one part of a path: neither has an '@'.
  std::string part() const { return str(name, "@", version); }
  bool operator==(const Id&) const = default;
};

struct Layout {
  Path root;

  Path format() const { return root / "store.json"; }
  Path lock() const { return root / "lock"; }
  Path log() const { return root / "log"; }
  Path objects() const { return root / "objects"; }
  Path object(std::string_view sha256) const { return objects() / sha256; }
  Path trash() const { return root / "trash"; }

  Path versions() const { return root / "versions"; }
  Path versions_of(std::string_view name) const { return versions() / name; }
  Path version(const Id& id) const { return versions_of(id.name) / id.version; }

  Path active() const { return root / "active"; }
  Path active_of(std::string_view name) const { return active() / name; }
  Path now(std::string_view name) const { return active_of(name) / "now"; }
  // What becomes `now` when `version` is left: made before `version` becomes active.
  Path back(const Id& id) const { return active_of(id.name) / str("back@", id.version); }

  Path staging() const { return root / "staging"; }
  Path staged(const Id& id) const { return staging() / id.part(); }
};

// In a version's folder.
inline constexpr std::string_view kBundle = "bundle";        // manifest.json and the files
inline constexpr std::string_view kRecord = "version.json";  // the hash of the manifest
inline constexpr std::string_view kPinned = "pinned";        // empty; there or not
inline constexpr std::string_view kUnused = "unused";        // empty: it has never been active

// In a staged version's folder: manifest.json, what has arrived of its objects as HASH.part, and
// the folder that is to become the version's.
inline constexpr std::string_view kTree = "tree";
inline constexpr std::string_view kPartSuffix = ".part";

// kUsage unless both could be those of a bundle, and with that parts of a path.
Status check_id(const Id& id);
Status check_name(std::string_view name);

}  // namespace slipway::store
