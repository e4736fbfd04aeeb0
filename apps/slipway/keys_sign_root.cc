#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/str.h"
#include "cli/text.h"
#include "console.h"
#include "keys_command.h"
#include "passphrase.h"
#include "publish/cosign.h"
#include "publish_text.h"
#include "trust/write.h"

namespace slipway {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const publish::Signatures& signatures) {
  return {{"good", signatures.good}, {"needed", signatures.needed}, {"named", signatures.named}};
}

void say_what_is_next(const std::string& file, const publish::Standing& standing) {
  if (standing.is_enough()) {
    say(str("that is enough: slipway publish --root ", shell_word(file),
            " --to REPOSITORY --keys DIR takes it into the repository"));
  } else {
    say(str("it takes more: hand the file to another holder, slipway keys sign-root ",
            shell_word(file), " DIR"));
  }
}

Status tell(const Arguments& arguments, const std::string& file, const std::string& text,
            const trust::Root& present) {
  const trust::Root next = TRY(trust::parse_root(text));
  const publish::Standing standing = publish::standing_of(next, present);
  if (arguments.has("--json")) {
    const Json json = {{"file", file},
                       {"version", next.version},
                       {"expires", trust::time_text(next.expires)},
                       {"changes", publish::changes_of(next, present)},
                       {"signatures_by_present", to_json(standing.by_present)},
                       {"signatures_by_next", to_json(standing.by_next)},
                       {"is_enough", standing.is_enough()}};
    return print_data(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  say(str(file, ": root version ", next.version, ", after version ", present.version));
  for (const std::string& line : publish::changes_of(next, present)) say("  " + line);
  say(publish::standing_text(standing, next, present));
  say_what_is_next(file, standing);
  return {};
}

// By what the new root is judged: the newest root that the keys' folder vouches for.
Result<trust::Root> present_root(const Arguments& arguments, const publish::KeyRing& ring) {
  if (arguments.has("--repository")) {
    return TRY(open_repository(arguments.value("--repository"), ring, publish::Access::kRead))
        .root();
  }
  const std::string text = TRY(ring.trusted_root());
  if (!text.empty()) return trust::parse_root(text);
  return Error{Code::kNotFound,
               str(ring.folder().string(),
                   " has no root.json to judge a new root by: bring it there, or name the "
                   "repository, --repository R")};
}

}  // namespace

Status expect_no_draft(const Arguments& arguments) {
  const std::string file = arguments.value("--draft");
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(file, error))) return {};
  return Error{Code::kUsage, str(file,
                                 " is there already, and may hold signatures: name another "
                                 "file, or remove it")};
}

Status write_draft(const Arguments& arguments, const trust::Root& next, const trust::Root& present,
                   const publish::Keys& signers) {
  const std::string file = arguments.value("--draft");
  const std::string text = TRY(trust::write(next, signers));
  TRY(write_file(file, text));
  return tell(arguments, file, text, present);
}

Result<int> run_keys_sign_root(const Arguments& arguments) {
  const std::string& file = arguments.positional()[1];
  const Passphrases passphrases = TRY(Passphrases::of(arguments));
  publish::KeyRing ring(arguments.positional()[2], passphrases.for_existing());
  TRY(ring.list());
  std::string text = TRY(read_file(file, trust::kMostRootBytes));
  const Result<trust::Root> next = trust::parse_root(text);
  if (!next.ok()) return Error{next.error().code, str(file, ": ", next.error().message)};
  const trust::Root present = TRY(present_root(arguments, ring));
  TRY(publish::expect_next(*next, present));
  if (!arguments.has("--show")) {
    text = TRY(publish::cosign(text, ring, present));
    TRY(write_file(file, text));
  }
  TRY(tell(arguments, file, text, present));
  return kExitOk;
}

}  // namespace slipway
