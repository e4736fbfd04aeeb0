#include "publish_text.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/str.h"
#include "cli/text.h"
#include "console.h"
#include "publish/expiry.h"

namespace slipway {
namespace {

namespace fs = std::filesystem;

// What is in the repository's folder, anybody may be served.
Status expect_apart(const std::string& folder, const fs::path& keys) {
  std::error_code error;
  fs::path outer = fs::weakly_canonical(folder, error);
  if (!outer.has_filename()) outer = outer.parent_path();  // "repository/"
  const fs::path inner = fs::weakly_canonical(keys, error);
  const auto [end, _] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  if (error || end != outer.end()) return {};
  return Error{Code::kUsage, str("the keys in ", keys.string(), " lie inside of the repository ",
                                 folder, ", which is there to be served: move them out of it")};
}

}  // namespace

trust::Seconds current_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Result<std::string> needed(const Arguments& arguments, std::string_view option,
                           std::string_view why) {
  if (arguments.has(option) && !arguments.value(option).empty()) return arguments.value(option);
  return Error{Code::kUsage, str(option, " is missing: ", why)};
}

std::string expiry_text(trust::Seconds expires, trust::Seconds now) {
  const std::string when = trust::time_text(expires);
  if (expires <= now) return str(when, ", expired ", publish::span_text(now - expires), " ago");
  return str(when, ", in ", publish::span_text(expires - now));
}

void warn_of_expiry(const publish::State& state, trust::Seconds now, const std::string& folder,
                    const std::string& keys, bool is_timestamp_new) {
  for (const publish::Due& due : publish::due_soon(state, now)) {
    if (due.role == trust::kTimestamp && is_timestamp_new) continue;
    std::string command;
    if (due.role == trust::kRoot) {
      command = str("slipway keys renew ", shell_word(keys), " --repository ", shell_word(folder),
                    " (needs root's keys)");
    } else if (due.role == trust::kTimestamp) {
      command =
          str("slipway refresh-timestamp --to ", shell_word(folder), " --keys ", shell_word(keys));
    } else {
      command = str("slipway publish --to ", shell_word(folder), " --keys ", shell_word(keys));
    }
    say(str("warning: ", due.role, due.expires <= now ? " has expired" : " will expire", " (",
            expiry_text(due.expires, now), "). Sign it anew: ", command));
  }
}

nlohmann::ordered_json roles_json(const publish::State& state) {
  nlohmann::ordered_json roles;
  const auto add = [&](std::string_view role, const trust::Signed& file) {
    roles[std::string(role)] = {{"version", file.version},
                                {"expires", trust::time_text(file.expires)}};
  };
  add(trust::kRoot, state.root);
  if (!state.is_published) return roles;
  add(trust::kTargets, state.targets);
  add(trust::kSnapshot, state.snapshot);
  add(trust::kTimestamp, state.timestamp);
  return roles;
}

Result<publish::Repository> open_repository(const std::string& folder, const publish::KeyRing& keys,
                                            publish::Access access) {
  TRY(expect_apart(folder, keys.folder()));
  const std::string root = TRY(keys.trusted_root());
  Result<publish::Repository> opened =
      publish::Repository::open(disk::real_disk(), folder, root, access);
  if (opened.ok() || opened.error().code != Code::kInvalid) return opened;
  return Error{Code::kInvalid,
               str(opened.error().message,
                   ". Nothing is signed before the folder is as it was published: take it from a "
                   "copy, or from the server")};
}

}  // namespace slipway
