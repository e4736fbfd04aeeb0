// The four kinds of metadata that TUF has, read from JSON that may be anything.
//
// What is not defined is allowed and signed with the rest; what is defined has its type, its range
// and its bounds. The specification: TUF 1.0.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "trust/keys.h"
#include "trust/time.h"

namespace slipway::trust {

inline constexpr std::string_view kRoot = "root";
inline constexpr std::string_view kTimestamp = "timestamp";
inline constexpr std::string_view kSnapshot = "snapshot";
inline constexpr std::string_view kTargets = "targets";

// Of one file where what refers to it says nothing.
inline constexpr std::size_t kMostRootBytes = 512000;
inline constexpr std::size_t kMostTimestampBytes = 16384;
inline constexpr std::size_t kMostSnapshotBytes = 2000000;
inline constexpr std::size_t kMostTargetsBytes = 5000000;

struct Signature {
  std::string keyid;
  std::string hex;
};

// Around every kind.
struct Signed {
  std::string bytes;  // canonical: what the signatures are of
  std::vector<Signature> signatures;
  std::uint64_t version = 0;
  Seconds expires = 0;
};

// Who may sign.
struct RoleKeys {
  std::vector<std::string> keyids;
  std::uint64_t threshold = 1;
};

using Keys = std::map<std::string, KeyText>;

struct Root : Signed {
  Keys keys;
  std::map<std::string, RoleKeys> roles;  // the four at least
  bool is_consistent = false;             // names of files begin with their version or hash
};

// Of a file of metadata, as another one states it.
struct MetaFile {
  std::uint64_t version = 0;
  std::optional<std::uint64_t> bytes;
  std::map<std::string, std::string> hashes;  // hexadecimal by algorithm; may be empty
};

struct Timestamp : Signed {
  MetaFile snapshot;
};

struct Snapshot : Signed {
  std::map<std::string, MetaFile> files;  // by name: "targets.json"
};

struct TargetFile {
  std::uint64_t bytes = 0;
  std::map<std::string, std::string> hashes;
  std::string custom;  // JSON, or empty
};

struct Delegation {
  std::string name;
  RoleKeys keys;
  std::vector<std::string> paths;          // patterns; or
  std::vector<std::string> hash_prefixes;  // of the SHA-256 of paths
  bool is_terminating = false;
};

// 2^bits roles, each for the paths whose SHA-256 begins with its number.
struct Bins {
  RoleKeys keys;
  std::uint32_t bits = 1;
  std::string prefix;
};

struct Targets : Signed {
  std::map<std::string, TargetFile> files;  // by path
  Keys keys;                                // of those it delegates to
  std::vector<Delegation> delegations;
  std::optional<Bins> bins;  // instead of delegations
};

// kInvalid, naming `what` and the fault, for anything that the specification does not allow.
Result<Root> parse_root(std::string_view text);
Result<Timestamp> parse_timestamp(std::string_view text);
Result<Snapshot> parse_snapshot(std::string_view text);
Result<Targets> parse_targets(std::string_view text, std::string_view role);

}  // namespace slipway::trust
