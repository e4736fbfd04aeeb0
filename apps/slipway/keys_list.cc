#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "console.h"
#include "keys_command.h"
#include "passphrase.h"
#include "publish_text.h"

namespace slipway {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownDigits = 16;

bool is_named(const publish::KeyFile& file, const publish::State* state) {
  if (state == nullptr || file.id.empty()) return false;
  const auto role = state->root.roles.find(file.role);
  return role != state->root.roles.end() &&
         std::ranges::find(role->second.keyids, file.id) != role->second.keyids.end();
}

std::string named_text(const publish::KeyFile& file, const publish::State* state) {
  if (state == nullptr || file.id.empty()) return "-";
  return is_named(file, state) ? "yes" : "no";
}

std::string keys_text(const std::vector<publish::KeyFile>& files, const publish::State* state) {
  std::vector<std::vector<std::string>> rows;
  for (const publish::KeyFile& file : files) {
    rows.push_back({file.role, file.name, file.key.value.empty() ? "-" : kind_text(file.key),
                    file.id.empty() ? "-" : file.id.substr(0, kShownDigits),
                    file.is_encrypted ? "yes" : "no", named_text(file, state)});
  }
  return table_text(
      {{"role"}, {"file", false, true}, {"kind"}, {"key id"}, {"encrypted"}, {"root names it"}},
      rows, width_columns(stdout));
}

// Roles whose keys are elsewhere, offline maybe.
void say_what_is_elsewhere(const std::vector<publish::KeyFile>& files,
                           const publish::State* state) {
  for (const publish::KeyFile& file : files) {
    if (!file.fault.empty()) say(str("warning: ", file.name, ": ", file.fault));
    if (file.is_open_to_others) {
      say(str("warning: others on this machine can read ", file.name, ": chmod 600 ", file.name));
    }
    if (state != nullptr && !file.id.empty() && !is_named(file, state)) {
      say(str("note: ", file.name, " signs nothing: root version ", state->root.version,
              " does not name it for ", file.role));
    }
  }
  if (state == nullptr) return;
  for (const std::string_view role : publish::kRoles) {
    const trust::RoleKeys& keys = state->root.roles.at(std::string(role));
    const auto here = std::ranges::count_if(files, [&](const publish::KeyFile& file) {
      return file.role == role && is_named(file, state);
    });
    if (static_cast<std::size_t>(here) >= keys.threshold) continue;
    say(str("note: ", here, " of the ", keys.threshold, " keys that signing as ", role,
            " takes are here", role == trust::kRoot ? ", as it should be for root" : ""));
  }
}

std::string expiry_table(const publish::State& state) {
  const trust::Seconds now = current_time();
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](std::string_view role, const trust::Signed& file) {
    rows.push_back({std::string(role), str(file.version), expiry_text(file.expires, now)});
  };
  add(trust::kRoot, state.root);
  if (state.is_published) {
    add(trust::kTargets, state.targets);
    add(trust::kSnapshot, state.snapshot);
    add(trust::kTimestamp, state.timestamp);
  }
  return table_text({{"role"}, {"version", true}, {"expires"}}, rows, width_columns(stdout));
}

Json keys_json(const publish::KeyRing& ring, const std::vector<publish::KeyFile>& files,
               const publish::State* state) {
  Json keys = Json::array();
  for (const publish::KeyFile& file : files) {
    Json key = {{"role", file.role},
                {"file", file.name},
                {"kind", file.key.value.empty() ? Json() : Json(file.key.type)},
                {"key_id", file.id.empty() ? Json() : Json(file.id)},
                {"encrypted", file.is_encrypted},
                {"open_to_others", file.is_open_to_others}};
    if (state != nullptr && !file.id.empty()) key["root_names_it"] = is_named(file, state);
    if (!file.fault.empty()) key["fault"] = file.fault;
    keys.push_back(std::move(key));
  }
  Json root = {{"folder", ring.folder().string()}, {"keys", std::move(keys)}};
  if (state == nullptr) return root;
  root["root_threshold"] = state->root.roles.at("root").threshold;
  root["roles"] = roles_json(*state);
  return root;
}

}  // namespace

std::string kind_text(const trust::KeyText& key) {
  if (key.type == "ed25519") return "ed25519";
  return key.type == "rsa" ? "RSA" : "ECDSA P-256";
}

Status print_keys(const Arguments& arguments, const publish::KeyRing& ring,
                  const publish::State* state) {
  const std::vector<publish::KeyFile> files = TRY(ring.list());
  if (arguments.has("--json")) {
    return print_data(
        keys_json(ring, files, state).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  TRY(print_data(keys_text(files, state)));
  if (state != nullptr) TRY(print_data("\n" + expiry_table(*state)));
  say_what_is_elsewhere(files, state);
  return {};
}

Result<int> run_keys_list(const Arguments& arguments) {
  const std::string& folder = arguments.positional()[1];
  const publish::KeyRing ring(folder, {});
  if (TRY(ring.list()).empty())
    return Error{Code::kNotFound, str(folder, " holds no keys: slipway keys new ", folder)};
  if (arguments.has("--repository")) {
    const std::string repository = arguments.value("--repository");
    const publish::Repository opened =
        TRY(open_repository(repository, ring, publish::Access::kRead));
    TRY(print_keys(arguments, ring, &opened.state()));
    if (!arguments.has("--json"))
      warn_of_expiry(opened.state(), current_time(), repository, folder, false);
    return kExitOk;
  }
  const std::string root = TRY(ring.trusted_root());
  if (root.empty()) {
    TRY(print_keys(arguments, ring, nullptr));
    return kExitOk;
  }
  publish::State state;
  state.root = TRY(trust::parse_root(root));
  TRY(print_keys(arguments, ring, &state));
  return kExitOk;
}

}  // namespace slipway
