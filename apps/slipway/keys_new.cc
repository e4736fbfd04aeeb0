#include <algorithm>
#include <filesystem>

#include "base/str.h"
#include "cli/text.h"
#include "console.h"
#include "keys_command.h"
#include "passphrase.h"
#include "publish/change_role.h"
#include "publish/expiry.h"
#include "publish_text.h"
#include "trust/write.h"

namespace slipway {
namespace {

constexpr auto kMostRoots = static_cast<std::int64_t>(publish::kMostKeysOfRole);

struct Plan {
  trust::KeyKind kind = trust::KeyKind::kEd25519;
  std::size_t roots = 1;
  std::size_t threshold = 1;
  trust::Seconds lifetime = publish::Lifetimes().root;
};

Result<Plan> parse_plan(const Arguments& arguments) {
  Plan plan;
  plan.kind = TRY(key_kind(arguments, plan.kind));
  if (arguments.has("--roots")) {
    plan.roots = static_cast<std::size_t>(
        TRY(parse_number("--roots", arguments.value("--roots"), 1, kMostRoots)));
  }
  if (arguments.has("--threshold")) {
    plan.threshold = static_cast<std::size_t>(
        TRY(parse_number("--threshold", arguments.value("--threshold"), 1, kMostRoots)));
  }
  if (plan.threshold > plan.roots) {
    return Error{Code::kUsage, str("--threshold ", plan.threshold, " with --roots ", plan.roots,
                                   ": no root could ever be signed")};
  }
  if (arguments.has("--expires"))
    plan.lifetime = TRY(publish::parse_lifetime("--expires", arguments.value("--expires")));
  return plan;
}

// Key files, whose names are added to `made`, and root.json, which they sign.
Result<trust::Root> make_keys(publish::KeyRing& ring, const Plan& plan,
                              const std::string& passphrase, std::vector<std::string>& made) {
  trust::Root root;
  root.version = 1;
  root.is_consistent = true;
  root.expires = current_time() + plan.lifetime;
  publish::Keys root_keys;
  for (const std::string_view role : publish::kRoles) {
    const std::size_t count = role == trust::kRoot ? plan.roots : 1;
    for (std::size_t i = 0; i < count; ++i) {
      const trust::PrivateKey key = TRY(trust::PrivateKey::generate(plan.kind));
      made.push_back(TRY(ring.add(role, key, passphrase)));
      publish::give_role(root, role, key);
      if (role == trust::kRoot) root_keys.push_back(key);
    }
  }
  root.roles[std::string(trust::kRoot)].threshold = plan.threshold;
  TRY(ring.keep_root(TRY(trust::write(root, root_keys))));
  return root;
}

void say_what_is_next(const Plan& plan, const std::string& folder) {
  say(str("made the keys in ", folder, ", and root.json, signed by root's"));
  say(plan.roots == 1
          ? str("root.pem belongs offline: copy it to a medium that you lock away, and remove it "
                "from here. Publishing does not need it; losing it means visiting every device")
          : str("root's ", plan.roots, " keys belong offline, apart from each other: ",
                plan.threshold, " of them can replace every key. Publishing does not need them"));
  say(str("next: slipway publish FILE --to REPOSITORY --keys ", shell_word(folder)));
}

}  // namespace

Result<int> run_keys_new(const Arguments& arguments) {
  const std::string& folder = arguments.positional()[1];
  const Plan plan = TRY(parse_plan(arguments));
  TRY(publish::check_clock(current_time()));
  Passphrases passphrases = TRY(Passphrases::of(arguments));
  publish::KeyRing ring(folder, passphrases.for_existing());
  TRY(ring.begin());
  const std::string passphrase = TRY(passphrases.for_new());
  std::vector<std::string> made;
  Result<trust::Root> root = make_keys(ring, plan, passphrase, made);
  if (!root.ok()) {
    // Nothing names them, and they would be in the way of trying again.
    std::error_code ignored;
    for (const std::string& name : made) std::filesystem::remove(ring.folder() / name, ignored);
    return root.error();
  }
  publish::State state;
  state.root = *std::move(root);
  TRY(print_keys(arguments, ring, &state));
  say_what_is_next(plan, folder);
  return kExitOk;
}

}  // namespace slipway
