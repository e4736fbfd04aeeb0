#include "publish/repository.h"

#include "base/str.h"
#include "digest/digest.h"
#include "publish/expiry.h"
#include "trust/signatures.h"
#include "trust/write.h"

namespace slipway::publish {
namespace {

Error too_few(std::string_view role, const trust::RoleKeys& keys) {
  return {Code::kUsage,
          str("the keys at hand are not enough to sign for ", role, ": the root names ",
              keys.keyids.size(), keys.keyids.size() == 1 ? " key" : " keys", " for it and takes ",
              keys.threshold)};
}

Result<const Keys*> signers_of(const Signers& signers, std::string_view role,
                               const trust::Root& root) {
  const auto found = signers.find(role);
  const trust::RoleKeys& keys = root.roles.at(std::string(role));
  if (found == signers.end() || !are_enough(found->second, keys)) return too_few(role, keys);
  return &found->second;
}

trust::MetaFile meta_of(const std::string& text, std::uint64_t version) {
  trust::MetaFile meta;
  meta.version = version;
  meta.bytes = text.size();
  meta.hashes = {{"sha256", sha256(text)}};
  return meta;
}

}  // namespace

Result<Repository> Repository::create(disk::Disk& disk, disk::Path folder, std::string_view text) {
  State state;
  state.root = TRY(trust::parse_root(text));
  state.root_text = text;
  TRY(trust::check_signatures(state.root, state.root.roles.at(std::string(trust::kRoot)),
                              state.root.keys, trust::kRoot));
  TRY(disk.make_folder(folder));
  TRY(disk.sync_folder(disk::folder_of(folder)));
  Repository repository(disk, std::move(folder), std::move(state));
  repository.lock_ = TRY(disk.lock(repository.folder_ / ".lock"));
  TRY(disk.make_folder(repository.folder_ / "metadata"));
  TRY(disk.make_folder(repository.folder_ / "targets"));
  TRY(disk.sync_folder(repository.folder_));
  for (const disk::Entry& entry : TRY(disk.list(repository.folder_ / "metadata"))) {
    if (root_version(entry.name) > 0)
      return Error{Code::kUsage, str(repository.folder_.native(), " holds a repository already")};
  }
  TRY(repository.write_root(repository.state_.root, repository.state_.root_text));
  return repository;
}

Result<Repository> Repository::open(disk::Disk& disk, disk::Path folder,
                                    std::string_view trusted_root, Access access) {
  std::unique_ptr<disk::Lock> lock;
  if (access == Access::kWrite && disk.look(folder / "metadata").ok())
    lock = TRY(disk.lock(folder / ".lock"));
  State state = TRY(read_state(disk, folder, trusted_root));
  Repository repository(disk, std::move(folder), std::move(state));
  repository.lock_ = std::move(lock);
  repository.targets_ = repository.state_.targets;
  return repository;
}

Status Repository::read_again() {
  state_ = TRY(read_state(*disk_, folder_, state_.root_text));
  targets_ = state_.targets;
  return {};
}

Result<Repository::Draft> Repository::sign_targets(const Keys& signers, trust::Seconds expires) {
  trust::Targets next = targets_;
  next.version = state_.targets.version + 1;
  next.expires = expires;
  std::string text = TRY(trust::write(next, signers));
  trust::MetaFile meta = meta_of(text, next.version);
  return Draft{str(next.version, ".targets.json"), std::move(text), std::move(meta)};
}

Result<Repository::Draft> Repository::sign_snapshot(const Keys& signers,
                                                    const trust::MetaFile& targets,
                                                    trust::Seconds expires) {
  trust::Snapshot next = state_.snapshot;
  next.version = state_.snapshot.version + 1;
  next.expires = expires;
  next.files["targets.json"] = targets;
  std::string text = TRY(trust::write(next, signers));
  trust::MetaFile meta = meta_of(text, next.version);
  return Draft{str(next.version, ".snapshot.json"), std::move(text), std::move(meta)};
}

Result<Repository::Draft> Repository::sign_timestamp(const Keys& signers,
                                                     const trust::MetaFile& snapshot,
                                                     trust::Seconds expires) {
  trust::Timestamp next;
  next.version = state_.timestamp.version + 1;
  next.expires = expires;
  next.snapshot = snapshot;
  std::string text = TRY(trust::write(next, signers));
  return Draft{"timestamp.json", std::move(text), {}};
}

Status Repository::sign_from(std::string_view from, const Signers& signers, trust::Seconds now,
                             const Lifetimes& lifetimes) {
  TRY(check_clock(now));
  if (state_.root.expires <= now) {
    return Error{Code::kInvalid, str("the root expired at ", trust::time_text(state_.root.expires),
                                     ": no device would take what is published under it. Sign it "
                                     "anew first: slipway keys renew")};
  }
  std::vector<Draft> drafts;
  trust::MetaFile targets;
  if (from == trust::kTargets) {
    const Keys* keys = TRY(signers_of(signers, trust::kTargets, state_.root));
    drafts.push_back(TRY(sign_targets(*keys, now + lifetimes.targets)));
    targets = drafts.back().meta;
  } else {
    targets = state_.snapshot.files.at("targets.json");
  }
  trust::MetaFile snapshot = state_.timestamp.snapshot;
  if (from != trust::kTimestamp) {
    const Keys* keys = TRY(signers_of(signers, trust::kSnapshot, state_.root));
    drafts.push_back(TRY(sign_snapshot(*keys, targets, now + lifetimes.targets)));
    snapshot = drafts.back().meta;
  }
  const Keys* keys = TRY(signers_of(signers, trust::kTimestamp, state_.root));
  drafts.push_back(TRY(sign_timestamp(*keys, snapshot, now + lifetimes.timestamp)));
  TRY(sync_payload());
  for (const Draft& draft : drafts)
    TRY(disk::replace_file(*disk_, metadata(draft.name), draft.text));
  return read_again();
}

Status Repository::publish(const Signers& signers, trust::Seconds now, const Lifetimes& lifetimes) {
  return sign_from(trust::kTargets, signers, now, lifetimes);
}

Status Repository::refresh_timestamp(const Signers& signers, trust::Seconds now,
                                     const Lifetimes& lifetimes) {
  if (!state_.is_published) {
    return Error{Code::kUsage, str(folder_.native(),
                                   " was never published: there is nothing that a timestamp could "
                                   "name. slipway publish comes first")};
  }
  return sign_from(trust::kTimestamp, signers, now, lifetimes);
}

Status Repository::withdraw(const std::string& path) {
  if (targets_.files.erase(path) > 0) return {};
  return Error{Code::kNotFound, str("there is no target '", shorten(path),
                                    "' to withdraw: slipway publish --list shows what there is")};
}

}  // namespace slipway::publish
