#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/str.h"
#include "cli/text.h"
#include "console.h"
#include "keys_command.h"
#include "passphrase.h"
#include "publish/cosign.h"
#include "publish/expiry.h"
#include "publish_text.h"

namespace slipway {
namespace {

using publish::KeyFile;
using publish::KeyRing;
using publish::Repository;

// Which of the keys that root names for the role goes.
Result<std::string> old_key(const Arguments& arguments, const std::string& role,
                            const std::vector<std::string>& named,
                            const std::vector<KeyFile>& files) {
  if (!arguments.has("--key")) {
    if (named.size() == 1) return named[0];
    return Error{Code::kUsage, str("root names ", named.size(), " keys for ", role,
                                   ": say which to replace, --key FILE (slipway keys list shows "
                                   "them)")};
  }
  return find_key("--key ", arguments.value("--key"), role, named, files);
}

// What signs when a key of the role is replaced.
Result<publish::Signers> open_signers(KeyRing& ring, const std::string& role,
                                      const Repository& repository, bool is_lost) {
  const trust::Root& root = repository.root();
  publish::Signers signers;
  signers[std::string(trust::kRoot)] = TRY(ring.open_enough(trust::kRoot, root));
  if (role == trust::kRoot || !repository.state().is_published) return signers;
  signers[role] = is_lost ? TRY(ring.open(role, root)) : TRY(ring.open_enough(role, root));
  if (role == trust::kTargets)
    signers[std::string(trust::kSnapshot)] = TRY(ring.open_enough(trust::kSnapshot, root));
  if (role != trust::kTimestamp)
    signers[std::string(trust::kTimestamp)] = TRY(ring.open_enough(trust::kTimestamp, root));
  return signers;
}

trust::KeyKind kind_of(const trust::KeyText& key) {
  if (key.type == "rsa") return trust::KeyKind::kRsa;
  return key.type == "ed25519" ? trust::KeyKind::kEd25519 : trust::KeyKind::kEcdsa;
}

Result<std::string> new_passphrase(const Arguments& arguments, Passphrases& passphrases,
                                   const KeyRing& ring) {
  if (!arguments.has(kNoPassphraseOption.name) && !ring.passphrase().empty())
    return ring.passphrase();
  return passphrases.for_new();
}

// The folder of keys as the repository is now.
Status tidy(KeyRing& ring, const std::string& old_id, const std::string& added,
            const Repository& repository) {
  TRY(ring.keep_root(repository.state().root_text));
  for (KeyFile& file : TRY(ring.list())) {
    if (file.id == old_id) return ring.replace(file, added);
  }
  return {};
}

}  // namespace

Status expect_role(const std::string& role) {
  if (std::ranges::find(publish::kRoles, role) != std::end(publish::kRoles)) return {};
  return Error{Code::kUsage,
               str("'", shorten(role), "' is no role: root, targets, snapshot and timestamp are")};
}

Result<publish::Lifetimes> root_lifetime(const Arguments& arguments) {
  publish::Lifetimes lifetimes;
  if (arguments.has("--expires"))
    lifetimes.root = TRY(publish::parse_lifetime("--expires", arguments.value("--expires")));
  return lifetimes;
}

Result<std::string> find_key(std::string_view option, const std::string& given,
                             const std::string& role, const std::vector<std::string>& named,
                             const std::vector<KeyFile>& files) {
  std::string id = given;
  const std::string name = std::filesystem::path(given).filename().string();
  for (const KeyFile& file : files) {
    if (file.name == name && !file.id.empty()) id = file.id;
  }
  std::vector<std::string> matching;
  std::ranges::copy_if(named, std::back_inserter(matching), [&](const std::string& candidate) {
    return !id.empty() && candidate.starts_with(id);
  });
  if (matching.size() == 1) return matching[0];
  std::vector<std::string> ids;
  for (const std::string& each : named) ids.push_back(each.substr(0, 16));
  return Error{Code::kUsage,
               str(option, shorten(given),
                   matching.empty() ? " is none of the keys" : " is more than one of the keys",
                   " that root names for ", role, ": ", join(ids))};
}

Result<int> run_keys_rotate(const Arguments& arguments) {
  const std::string role = arguments.positional()[1];
  const std::string& folder = arguments.positional()[2];
  TRY(expect_role(role));
  const std::string where =
      TRY(needed(arguments, "--repository", "slipway keys rotate ROLE DIR --repository R"));
  const publish::Lifetimes lifetimes = TRY(root_lifetime(arguments));
  Passphrases passphrases = TRY(Passphrases::of(arguments));
  KeyRing ring(folder, passphrases.for_existing());
  const std::vector<KeyFile> files = TRY(ring.list());
  Repository repository = TRY(open_repository(where, ring, publish::Access::kWrite));
  const std::string old_id =
      TRY(old_key(arguments, role, repository.root().roles.at(role).keyids, files));
  const trust::KeyKind kind = TRY(key_kind(arguments, kind_of(repository.root().keys.at(old_id))));
  const bool is_draft = arguments.has("--draft");
  if (is_draft) TRY(expect_no_draft(arguments));
  const publish::Signers signers =
      is_draft ? publish::Signers()
               : TRY(open_signers(ring, role, repository, arguments.has("--lost")));
  publish::Keys cosigners =
      is_draft ? TRY(ring.open(trust::kRoot, repository.root())) : publish::Keys();
  const std::string passphrase = TRY(new_passphrase(arguments, passphrases, ring));
  const trust::PrivateKey key = TRY(trust::PrivateKey::generate(kind));
  // On disk before anything names it.
  const std::string added = TRY(ring.add(role, key, passphrase));
  Status done;
  if (is_draft) {
    if (role == trust::kRoot) cosigners.push_back(key);
    done = write_draft(
        arguments,
        publish::next_root(repository.root(), role, old_id, key, current_time() + lifetimes.root),
        repository.root(), cosigners);
  } else {
    done = repository.rotate(role, old_id, key, signers, current_time(), lifetimes);
  }
  if (!done.ok()) {
    std::error_code ignored;
    if (is_draft || done.error().code == Code::kUsage)
      std::filesystem::remove(ring.folder() / added, ignored);
    return done.error();
  }
  if (is_draft) {
    say(str("the new key of ", role, " is ", (ring.folder() / added).string(),
            ", and signs nothing before the new root is published"));
    return kExitOk;
  }
  TRY(tidy(ring, old_id, added, repository));
  TRY(print_keys(arguments, ring, &repository.state()));
  say(str("root version ", repository.root().version, " names the new key of ", role,
          "; the old one, ", old_id.substr(0, 16), ", signs nothing any more and lies in ",
          (ring.folder() / "retired").string()));
  if (role == trust::kRoot) say("the new root.pem belongs offline, as the old one did");
  say("devices follow with their next refresh");
  return kExitOk;
}

Result<int> run_keys_renew(const Arguments& arguments) {
  const std::string& folder = arguments.positional()[1];
  const std::string where =
      TRY(needed(arguments, "--repository", "slipway keys renew DIR --repository R"));
  const publish::Lifetimes lifetimes = TRY(root_lifetime(arguments));
  const Passphrases passphrases = TRY(Passphrases::of(arguments));
  KeyRing ring(folder, passphrases.for_existing());
  Repository repository = TRY(open_repository(where, ring, publish::Access::kWrite));
  const trust::Seconds now = current_time();
  if (arguments.has("--draft")) {
    TRY(expect_no_draft(arguments));
    TRY(write_draft(arguments, publish::next_root(repository.root(), now + lifetimes.root),
                    repository.root(), TRY(ring.open(trust::kRoot, repository.root()))));
    return kExitOk;
  }
  publish::Signers signers;
  signers[std::string(trust::kRoot)] = TRY(ring.open_enough(trust::kRoot, repository.root()));
  TRY(repository.renew_root(signers, now, lifetimes));
  TRY(ring.keep_root(repository.state().root_text));
  TRY(print_keys(arguments, ring, &repository.state()));
  say(str("root version ", repository.root().version, " is good until ",
          expiry_text(repository.root().expires, now)));
  return kExitOk;
}

}  // namespace slipway
