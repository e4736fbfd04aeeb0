#include "trust/metadata.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/str.h"
#include "trust/fields.h"
#include "trust/json.h"

namespace slipway::trust {
namespace {

constexpr std::size_t kMostSignatures = 1024;
constexpr std::size_t kMostKeyids = 1024;
constexpr std::size_t kMostDelegations = 4096;
constexpr std::size_t kMostPatterns = 65536;
constexpr std::uint32_t kMostBinBits = 32;

// Every version of the specification whose first number is ours says the same of what we read.
bool is_known_specification(std::string_view version) {
  if (!version.starts_with("1.")) return false;
  std::size_t dots = 0;
  for (std::size_t i = 0; i < version.size(); ++i) {
    const bool is_dot = version[i] == '.';
    if (!is_dot && (version[i] < '0' || version[i] > '9')) return false;
    if (is_dot && (i + 1 == version.size() || version[i + 1] == '.')) return false;
    dots += is_dot ? 1 : 0;
  }
  return dots <= 2;
}

Result<std::vector<Signature>> read_signatures(const Fields& file) {
  const Json* list = TRY(file.array("signatures"));
  if (list->size() > kMostSignatures)
    return file.fault("signatures", str("are more than ", kMostSignatures));
  std::vector<Signature> signatures;
  std::set<std::string> met;
  for (const Json& element : *list) {
    const Fields signature = TRY(Fields::of(element, str(file.where(), ": a signature")));
    std::string keyid = TRY(signature.text("keyid"));
    std::string hex = TRY(signature.text("sig"));
    if (!met.insert(keyid).second)
      return file.fault("signatures", str("have the key ", shorten(keyid, 80), " twice"));
    signatures.push_back({std::move(keyid), std::move(hex)});
  }
  return signatures;
}

// What is around every kind; `body` is called with the part that is signed.
template <typename Kind, typename Body>
Result<Kind> read(std::string_view text, std::string_view type, std::string_view name,
                  const Body& body) {
  const std::string what(name);
  const Json json = TRY(parse_json(text, what));
  const Fields file = TRY(Fields::of(json, what));
  Kind kind;
  kind.signatures = TRY(read_signatures(file));
  const Fields part = TRY(file.object("signed"));
  kind.bytes = TRY(canonical_json(part.json()));
  const Fields fields = TRY(Fields::of(part.json(), what));
  const std::string stated = TRY(fields.text("_type"));
  if (stated != type)
    return fields.fault("_type", str("is '", shorten(stated, 40), "', not '", type, "'"));
  const std::string specification = TRY(fields.text("spec_version"));
  if (!is_known_specification(specification)) {
    return fields.fault("spec_version", str("is '", shorten(specification, 40),
                                            "': this program reads version 1 of TUF"));
  }
  kind.version = TRY(fields.number("version", 1));
  const std::string expires = TRY(fields.text("expires"));
  const std::optional<Seconds> time = parse_time(expires);
  if (!time) {
    return fields.fault(
        "expires", str("is '", shorten(expires, 40), "', not a time such as 2027-01-31T00:00:00Z"));
  }
  kind.expires = *time;
  TRY(body(fields, kind));
  return kind;
}

Result<RoleKeys> read_role(const Fields& role) {
  RoleKeys keys;
  keys.keyids = TRY(role.texts("keyids", kMostKeyids));
  keys.threshold = TRY(role.number("threshold", 1));
  return keys;
}

Result<Keys> read_keys(const Fields& holder) {
  const Fields object = TRY(holder.object("keys"));
  Keys keys;
  for (const auto& [keyid, value] : object.json().items()) {
    const Fields key = TRY(Fields::of(value, str(object.where(), ": ", shorten(keyid, 80))));
    KeyText text;
    text.type = TRY(key.text("keytype"));
    text.scheme = TRY(key.text("scheme"));
    const Fields keyval = TRY(key.object("keyval"));
    // Kinds of keys that nobody here knows may have no such member: they sign nothing here.
    if (keyval.has("public")) text.value = TRY(keyval.text("public"));
    keys[keyid] = std::move(text);
  }
  return keys;
}

Result<std::map<std::string, std::string>> read_hashes(const Fields& holder) {
  const Fields object = TRY(holder.object("hashes"));
  std::map<std::string, std::string> hashes;
  for (const auto& [algorithm, value] : object.json().items())
    hashes[algorithm] = TRY(object.text(algorithm));
  if (hashes.empty()) return holder.fault("hashes", "are none");
  return hashes;
}

Result<MetaFile> read_meta(const Fields& meta) {
  MetaFile file;
  file.version = TRY(meta.number("version", 1));
  if (meta.has("length")) file.bytes = TRY(meta.number("length", 1));
  if (meta.has("hashes")) file.hashes = TRY(read_hashes(meta));
  return file;
}

Result<Delegation> read_delegation(const Fields& fields) {
  Delegation delegation;
  delegation.name = TRY(fields.text("name"));
  for (const std::string_view top : {kRoot, kTimestamp, kSnapshot, kTargets}) {
    if (delegation.name == top)
      return fields.fault("name", str("is '", top, "', a role of root's"));
  }
  if (delegation.name.empty()) return fields.fault("name", "is empty");
  delegation.keys = TRY(read_role(fields));
  delegation.is_terminating = TRY(fields.flag("terminating"));
  const bool has_paths = fields.has("paths");
  if (has_paths == fields.has("path_hash_prefixes"))
    return fields.fault("paths", "or path_hash_prefixes: one of them, and not both, is needed");
  if (has_paths) {
    delegation.paths = TRY(fields.texts("paths", kMostPatterns));
  } else {
    delegation.hash_prefixes = TRY(fields.texts("path_hash_prefixes", kMostPatterns));
  }
  return delegation;
}

Result<Bins> read_bins(const Fields& fields) {
  Bins bins;
  bins.keys = TRY(read_role(fields));
  const std::uint64_t bits = TRY(fields.number("bit_length", 1));
  if (bits > kMostBinBits) return fields.fault("bit_length", str("is above ", kMostBinBits));
  bins.bits = static_cast<std::uint32_t>(bits);
  bins.prefix = TRY(fields.text("name_prefix"));
  if (bins.prefix.empty()) return fields.fault("name_prefix", "is empty");
  return bins;
}

Status read_delegations(const Fields& fields, Targets& targets) {
  targets.keys = TRY(read_keys(fields));
  const bool has_roles = fields.has("roles");
  if (has_roles == fields.has("succinct_roles"))
    return fields.fault("roles", "or succinct_roles: one of them, and not both, is needed");
  if (!has_roles) {
    const Fields succinct = TRY(fields.object("succinct_roles"));
    targets.bins = TRY(read_bins(succinct));
    return {};
  }
  const Json* roles = TRY(fields.array("roles"));
  if (roles->size() > kMostDelegations)
    return fields.fault("roles", str("are more than ", kMostDelegations));
  std::set<std::string> met;
  for (const Json& element : *roles) {
    const Fields role = TRY(Fields::of(element, str(fields.where(), ": a role")));
    targets.delegations.push_back(TRY(read_delegation(role)));
    const std::string& name = targets.delegations.back().name;
    if (!met.insert(name).second)
      return fields.fault("roles", str("have '", shorten(name, 80), "' twice"));
  }
  return {};
}

}  // namespace

Result<Root> parse_root(std::string_view text) {
  return read<Root>(text, kRoot, kRoot, [](const Fields& fields, Root& root) -> Status {
    root.keys = TRY(read_keys(fields));
    const Fields roles = TRY(fields.object("roles"));
    for (const auto& [name, value] : roles.json().items()) {
      const Fields role = TRY(roles.object(name));
      root.roles[name] = TRY(read_role(role));
    }
    for (const std::string_view name : {kRoot, kTimestamp, kSnapshot, kTargets}) {
      if (!root.roles.contains(std::string(name))) return roles.fault(name, "is missing");
    }
    if (fields.has("consistent_snapshot"))
      root.is_consistent = TRY(fields.flag("consistent_snapshot"));
    return {};
  });
}

Result<Timestamp> parse_timestamp(std::string_view text) {
  return read<Timestamp>(text, kTimestamp, kTimestamp,
                         [](const Fields& fields, Timestamp& timestamp) -> Status {
                           const Fields meta = TRY(fields.object("meta"));
                           const Fields snapshot = TRY(meta.object("snapshot.json"));
                           timestamp.snapshot = TRY(read_meta(snapshot));
                           return {};
                         });
}

Result<Snapshot> parse_snapshot(std::string_view text) {
  return read<Snapshot>(text, kSnapshot, kSnapshot,
                        [](const Fields& fields, Snapshot& snapshot) -> Status {
                          const Fields meta = TRY(fields.object("meta"));
                          for (const auto& [name, value] : meta.json().items()) {
                            const Fields file = TRY(meta.object(name));
                            snapshot.files[name] = TRY(read_meta(file));
                          }
                          if (!snapshot.files.contains("targets.json"))
                            return meta.fault("targets.json", "is missing");
                          return {};
                        });
}

Result<Targets> parse_targets(std::string_view text, std::string_view role) {
  return read<Targets>(text, kTargets, role, [](const Fields& fields, Targets& targets) -> Status {
    const Fields files = TRY(fields.object("targets"));
    for (const auto& [path, value] : files.json().items()) {
      const Fields file = TRY(files.object(path));
      TargetFile& target = targets.files[path];
      target.bytes = TRY(file.number("length", 0));
      target.hashes = TRY(read_hashes(file));
      if (file.has("custom")) target.custom = file.json().at("custom").dump();
    }
    if (!fields.has("delegations")) return {};
    const Fields delegations = TRY(fields.object("delegations"));
    return read_delegations(delegations, targets);
  });
}

}  // namespace slipway::trust
