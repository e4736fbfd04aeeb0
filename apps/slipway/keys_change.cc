// Who holds the keys of a role, and how many of them have to sign: changed in a root that is there.
#include <filesystem>
#include <functional>

#include "base/files.h"
#include "base/str.h"
#include "cli/text.h"
#include "console.h"
#include "keys_command.h"
#include "passphrase.h"
#include "publish/change_role.h"
#include "publish/cosign.h"
#include "publish/expiry.h"
#include "publish/public_key.h"
#include "publish_text.h"
#include "trust/private_key.h"

namespace slipway {
namespace {

namespace fs = std::filesystem;
using publish::KeyRing;
using publish::Repository;

constexpr std::size_t kMostKeyFileBytes = 65536;
constexpr std::size_t kShownDigits = 16;

// What becomes of the present root; the keys' folder is the last operand.
using Change = std::function<Result<trust::Root>(const trust::Root& present,
                                                 const std::vector<publish::KeyFile>& files,
                                                 trust::Seconds expires)>;

// Root's keys, and those of what has to be signed anew.
Result<publish::Signers> open_signers(KeyRing& ring, const Repository& repository,
                                      const trust::Root& next) {
  const std::string_view roles[] = {trust::kTargets, trust::kSnapshot, trust::kTimestamp};
  const std::string_view first = repository.first_to_sign(next);
  publish::Signers signers;
  signers[std::string(trust::kRoot)] =
      TRY(publish::open_by_both(ring, trust::kRoot, repository.root(), next));
  bool is_wanted = false;
  for (const std::string_view role : roles) {
    is_wanted = is_wanted || role == first;
    if (!is_wanted) continue;
    signers[std::string(role)] = TRY(publish::open_by_both(ring, role, repository.root(), next));
  }
  return signers;
}

Result<int> change(const Arguments& arguments, const std::string& usage, const Change& make_next) {
  const std::string& folder = arguments.positional().back();
  const std::string where = TRY(needed(arguments, "--repository", usage));
  const publish::Lifetimes lifetimes = TRY(root_lifetime(arguments));
  const Passphrases passphrases = TRY(Passphrases::of(arguments));
  KeyRing ring(folder, passphrases.for_existing());
  const std::vector<publish::KeyFile> files = TRY(ring.list());
  Repository repository = TRY(open_repository(where, ring, publish::Access::kWrite));
  const trust::Root present = repository.root();
  const trust::Seconds now = current_time();
  const trust::Root next = TRY(make_next(present, files, now + lifetimes.root));
  if (arguments.has("--draft")) {
    TRY(publish::check_clock(now));
    TRY(expect_no_draft(arguments));
    TRY(write_draft(arguments, next, present,
                    TRY(publish::open_by_both(ring, trust::kRoot, present, next))));
    return kExitOk;
  }
  const publish::Signers signers = TRY(open_signers(ring, repository, next));
  TRY(repository.change_root(next, signers, now, lifetimes));
  TRY(publish::follow_root(ring, repository.root(), repository.state().root_text));
  TRY(print_keys(arguments, ring, &repository.state()));
  for (const std::string& line : publish::changes_of(repository.root(), present)) say(line);
  say(str("root version ", repository.root().version, " is published; devices follow"));
  return kExitOk;
}

Result<trust::KeyText> read_key(const std::string& file) {
  const std::string content = TRY(read_file(file, kMostKeyFileBytes));
  Result<trust::KeyText> key = publish::read_public_key(content);
  if (key.ok()) return key;
  return Error{key.error().code,
               str(file, ": ", key.error().message,
                   ": give what slipway keys make wrote for the one who holds the key, or what "
                   "openssl pkey -pubout writes")};
}

}  // namespace

// A key without a root: for who is to be named in one.
Result<int> run_keys_make(const Arguments& arguments) {
  const std::string& role = arguments.positional()[1];
  const fs::path folder = arguments.positional()[2];
  TRY(expect_role(role));
  const trust::KeyKind kind = TRY(key_kind(arguments, trust::KeyKind::kEd25519));
  Passphrases passphrases = TRY(Passphrases::of(arguments));
  KeyRing ring(folder, passphrases.for_existing());
  TRY(ring.make_folder());
  const std::string passphrase = TRY(passphrases.for_new());
  const trust::PrivateKey key = TRY(trust::PrivateKey::generate(kind));
  const std::string name = TRY(ring.add(role, key, passphrase));
  const fs::path public_file = folder / fs::path(name).replace_extension(".pub");
  TRY(write_file(public_file.string(), publish::public_file_text(role, key.public_text())));
  TRY(print_keys(arguments, ring, nullptr));
  say(str("made the key ", key.id().substr(0, kShownDigits), ", which signs nothing yet: keep ",
          (folder / name).string(), ", and give ", public_file.string(),
          " to who runs slipway keys add ", role, " ", public_file.filename().string(),
          " DIR --repository R"));
  return kExitOk;
}

Result<int> run_keys_add(const Arguments& arguments) {
  const std::string role = arguments.positional()[1];
  TRY(expect_role(role));
  const trust::KeyText key = TRY(read_key(arguments.positional()[2]));
  return change(
      arguments, "slipway keys add ROLE PUBLIC DIR --repository R",
      [&](const trust::Root& present, const std::vector<publish::KeyFile>& /*files*/,
          trust::Seconds expires) { return publish::with_key(present, role, key, expires); });
}

Result<int> run_keys_remove(const Arguments& arguments) {
  const std::string role = arguments.positional()[1];
  TRY(expect_role(role));
  return change(arguments, "slipway keys remove ROLE KEY DIR --repository R",
                [&](const trust::Root& present, const std::vector<publish::KeyFile>& files,
                    trust::Seconds expires) -> Result<trust::Root> {
                  const std::string id = TRY(find_key("", arguments.positional()[2], role,
                                                      present.roles.at(role).keyids, files));
                  return publish::without_key(present, role, id, expires);
                });
}

Result<int> run_keys_threshold(const Arguments& arguments) {
  const std::string role = arguments.positional()[1];
  TRY(expect_role(role));
  const auto threshold = static_cast<std::size_t>(
      TRY(parse_number("a threshold", arguments.positional()[2], 1,
                       static_cast<std::int64_t>(publish::kMostKeysOfRole))));
  return change(arguments, "slipway keys threshold ROLE N DIR --repository R",
                [&](const trust::Root& present, const std::vector<publish::KeyFile>& /*files*/,
                    trust::Seconds expires) {
                  return publish::with_threshold(present, role, threshold, expires);
                });
}

}  // namespace slipway
