// A repository for tests: metadata that is changed at will, then signed and published under the
// names that a client asks for.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/str.h"
#include "digest/digest.h"
#include "trust/private_key.h"
#include "trust/write.h"

namespace slipway::trust {

class TestRepository {
 public:
  static constexpr Seconds kNow = 1795000000;  // 2026-11-18
  static constexpr Seconds kLater = kNow + 30 * kDay;

  TestRepository() {
    root.is_consistent = true;
    for (const std::string_view role : {kRoot, kTimestamp, kSnapshot, kTargets}) give_key(role);
    root.expires = timestamp.expires = snapshot.expires = kLater;
    targets["targets"].expires = kLater;
    publish_all();
  }

  // One more key for a role of root's.
  void give_key(std::string_view role) {
    const std::string name(role);
    signers[name].push_back(*PrivateKey::generate(KeyKind::kEd25519));
    const PrivateKey& key = signers[name].back();
    root.keys[key.id()] = key.public_text();
    root.roles[name].keyids.push_back(key.id());
  }
  void rotate_keys(std::string_view role) {
    root.roles[std::string(role)].keyids.clear();
    signers[std::string(role)].clear();
    give_key(role);
  }

  Delegation& delegate(const std::string& from, const std::string& to,
                       std::vector<std::string> paths) {
    Targets& delegator = targets[from];
    const PrivateKey key = *PrivateKey::generate(KeyKind::kEd25519);
    signers[to].push_back(key);
    delegator.keys[key.id()] = key.public_text();
    Delegation delegation;
    delegation.name = to;
    delegation.keys.keyids = {key.id()};
    delegation.paths = std::move(paths);
    delegator.delegations.push_back(delegation);
    if (targets[to].expires == 0) targets[to].expires = kLater;
    return delegator.delegations.back();
  }

  void add_file(const std::string& role, const std::string& path, const std::string& content) {
    TargetFile& file = targets[role].files[path];
    file.bytes = content.size();
    file.hashes = {{"sha256", sha256(content)}};
    const std::size_t name = path.rfind('/') + 1;
    files["targets/" + path.substr(0, name) + sha256(content) + "." + path.substr(name)] = content;
  }

  void publish_root() {
    ++root.version;
    files[str("metadata/", root.version, ".root.json")] = *write(root, signers["root"]);
  }
  void publish_targets(const std::string& role) {
    Targets& file = targets[role];
    ++file.version;
    const std::string text = *write(file, signers[role]);
    files[str("metadata/", file.version, ".", role, ".json")] = text;
    snapshot.files[role + ".json"] = meta_of(text, file.version);
  }
  void publish_snapshot() {
    ++snapshot.version;
    const std::string text = *write(snapshot, signers["snapshot"]);
    files[str("metadata/", snapshot.version, ".snapshot.json")] = text;
    timestamp.snapshot = meta_of(text, snapshot.version);
  }
  void publish_timestamp() {
    ++timestamp.version;
    files["metadata/timestamp.json"] = *write(timestamp, signers["timestamp"]);
  }
  void publish_all() {
    publish_root();
    for (const auto& [role, content] : std::map(targets)) publish_targets(role);
    publish_snapshot();
    publish_timestamp();
  }

  std::string& file(const std::string& name) { return files.at(name); }

  Root root;
  Timestamp timestamp;
  Snapshot snapshot;
  std::map<std::string, Targets> targets;
  std::map<std::string, std::vector<PrivateKey>> signers;
  std::map<std::string, std::string> files;  // "metadata/1.root.json"
  bool states_hashes = false;                // of metadata, in timestamp and snapshot

 private:
  MetaFile meta_of(const std::string& text, std::uint64_t version) const {
    MetaFile meta;
    meta.version = version;
    if (states_hashes) {
      meta.bytes = text.size();
      meta.hashes = {{"sha256", sha256(text)}};
    }
    return meta;
  }
};

}  // namespace slipway::trust
