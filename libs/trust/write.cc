#include "trust/write.h"

#include <nlohmann/json.hpp>

#include "base/str.h"
#include "trust/json.h"

namespace slipway::trust {
namespace {

constexpr std::string_view kSpecification = "1.0.34";

Json common(const Signed& file, std::string_view type) {
  return {{"_type", type},
          {"spec_version", kSpecification},
          {"version", file.version},
          {"expires", time_text(file.expires)}};
}

Json json_of(const RoleKeys& role) {
  return {{"keyids", role.keyids}, {"threshold", role.threshold}};
}

Json json_of(const Keys& keys) {
  Json object = Json::object();
  for (const auto& [id, key] : keys) {
    object[id] = {{"keytype", key.type},
                  {"scheme", key.scheme},
                  {"keyval", Json::object({{"public", key.value}})}};
  }
  return object;
}

Json json_of(const MetaFile& file) {
  Json object = {{"version", file.version}};
  if (file.bytes) object["length"] = *file.bytes;
  if (!file.hashes.empty()) object["hashes"] = file.hashes;
  return object;
}

Json json_of(const Delegation& delegation) {
  Json object = json_of(delegation.keys);
  object["name"] = delegation.name;
  object["terminating"] = delegation.is_terminating;
  if (delegation.hash_prefixes.empty()) {
    object["paths"] = delegation.paths;
  } else {
    object["path_hash_prefixes"] = delegation.hash_prefixes;
  }
  return object;
}

Json delegations_of(const Targets& targets) {
  Json object = {{"keys", json_of(targets.keys)}};
  if (targets.bins) {
    object["succinct_roles"] = json_of(targets.bins->keys);
    object["succinct_roles"]["bit_length"] = targets.bins->bits;
    object["succinct_roles"]["name_prefix"] = targets.bins->prefix;
    return object;
  }
  object["roles"] = Json::array();
  for (const Delegation& delegation : targets.delegations)
    object["roles"].push_back(json_of(delegation));
  return object;
}

Result<std::string> text_of(const Json& file) {
  try {
    return file.dump(1) + "\n";
  } catch (const Json::exception&) {
    return Error{Code::kInvalid, "a name or a path is not UTF-8: metadata cannot hold it"};
  }
}

bool is_by(const Json& signature, const std::string& keyid) {
  const auto found = signature.find("keyid");
  return found != signature.end() && *found == keyid;
}

Result<std::string> sign(const Json& part, std::span<const PrivateKey> signers) {
  const std::string bytes = TRY(canonical_json(part));
  Json signatures = Json::array();
  for (const PrivateKey& signer : signers) {
    std::string hex = TRY(signer.sign(bytes));
    signatures.push_back({{"keyid", signer.id()}, {"sig", std::move(hex)}});
  }
  const Json file = {{"signatures", std::move(signatures)}, {"signed", part}};
  return text_of(file);
}

}  // namespace

Result<std::string> write(const Root& root, std::span<const PrivateKey> signers) {
  Json part = common(root, kRoot);
  part["consistent_snapshot"] = root.is_consistent;
  part["keys"] = json_of(root.keys);
  part["roles"] = Json::object();
  for (const auto& [name, role] : root.roles) part["roles"][name] = json_of(role);
  return sign(part, signers);
}

Result<std::string> write(const Timestamp& timestamp, std::span<const PrivateKey> signers) {
  Json part = common(timestamp, kTimestamp);
  part["meta"] = Json::object({{"snapshot.json", json_of(timestamp.snapshot)}});
  return sign(part, signers);
}

Result<std::string> write(const Snapshot& snapshot, std::span<const PrivateKey> signers) {
  Json part = common(snapshot, kSnapshot);
  part["meta"] = Json::object();
  for (const auto& [name, file] : snapshot.files) part["meta"][name] = json_of(file);
  return sign(part, signers);
}

Result<std::string> write(const Targets& targets, std::span<const PrivateKey> signers) {
  Json part = common(targets, kTargets);
  part["targets"] = Json::object();
  for (const auto& [path, file] : targets.files) {
    Json& object = part["targets"][path];
    object = {{"length", file.bytes}, {"hashes", file.hashes}};
    if (!file.custom.empty()) object["custom"] = TRY(parse_json(file.custom, "custom"));
  }
  if (!targets.keys.empty() || targets.bins || !targets.delegations.empty())
    part["delegations"] = delegations_of(targets);
  return sign(part, signers);
}

Result<std::string> add_signature(std::string_view text, const PrivateKey& signer) {
  Json file = TRY(parse_json(text, "metadata"));
  if (!file.is_object() || !file.contains("signed") || !file.contains("signatures") ||
      !file["signatures"].is_array())
    return Error{Code::kInvalid, "this is no metadata: it has no 'signed' and 'signatures'"};
  const std::string bytes = TRY(canonical_json(file["signed"]));
  std::string hex = TRY(signer.sign(bytes));
  Json kept = Json::array();
  for (const Json& signature : file["signatures"]) {
    if (!is_by(signature, signer.id())) kept.push_back(signature);
  }
  kept.push_back({{"keyid", signer.id()}, {"sig", std::move(hex)}});
  file["signatures"] = std::move(kept);
  return text_of(file);
}

}  // namespace slipway::trust
