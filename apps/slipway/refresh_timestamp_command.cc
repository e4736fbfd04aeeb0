#include <nlohmann/json.hpp>

#include "base/str.h"
#include "command.h"
#include "console.h"
#include "passphrase.h"
#include "publish/expiry.h"
#include "publish_text.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"--to", "R", "the repository's folder"},
    {"--keys", "DIR", "the folder with timestamp.pem, and root.json to judge the repository by"},
    {"--expires", "TIME", "until when it is good: 12h, 7d (7d)"},
    kPassphraseFileOption,
    {"--json", "", "print versions and expiry of all roles as JSON"},
};

Result<int> run_refresh(const Arguments& arguments) {
  TRY(expect_operands("refresh-timestamp", arguments.positional().size(), 0, "--to R --keys DIR"));
  const std::string folder =
      TRY(needed(arguments, "--to", "slipway refresh-timestamp --to R --keys DIR"));
  const std::string keys =
      TRY(needed(arguments, "--keys", "slipway refresh-timestamp --to R --keys DIR"));
  publish::Lifetimes lifetimes;
  if (arguments.has("--expires"))
    lifetimes.timestamp = TRY(publish::parse_lifetime("--expires", arguments.value("--expires")));
  const Passphrases passphrases = TRY(Passphrases::of(arguments));
  publish::KeyRing ring(keys, passphrases.for_existing());
  TRY(ring.list());
  publish::Repository repository = TRY(open_repository(folder, ring, publish::Access::kWrite));
  publish::Signers signers;
  signers[std::string(trust::kTimestamp)] =
      TRY(ring.open_enough(trust::kTimestamp, repository.root()));
  const trust::Seconds now = current_time();
  TRY(repository.refresh_timestamp(signers, now, lifetimes));
  const publish::State& state = repository.state();
  say(str("timestamp version ", state.timestamp.version, " is good until ",
          expiry_text(state.timestamp.expires, now)));
  if (arguments.has("--json")) {
    const nlohmann::ordered_json json = {{"repository", folder}, {"roles", roles_json(state)}};
    TRY(print_data(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                   "\n"));
  }
  warn_of_expiry(state, now, folder, keys, true);
  return kExitOk;
}

}  // namespace

const Command kRefreshTimestampCommand = {
    .name = "refresh-timestamp",
    .summary = "sign that what a repository holds is still the newest",
    .operands = "",
    .options = kOptions,
    .about =
        "Signs the timestamp of a repository anew, and nothing else: the one thing that has to be "
        "done every few days,\n"
        "for example by a timer, with timestamp.pem alone. Warns of what else will expire, with "
        "the "
        "command for it.",
    .example = "slipway refresh-timestamp --to repository --keys keys",
    .run = run_refresh,
};

}  // namespace slipway
