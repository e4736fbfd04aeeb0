#include "publish/key_ring.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/files.h"
#include "base/str.h"
#include "publish/private_file.h"
#include "publish/public_key.h"

namespace slipway::publish {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostKeyFileBytes = 65536;
constexpr std::string_view kRootName = "root.json";

// "root-2.pem" is root's second.
struct Slot {
  std::string_view role;
  int number = 1;
};

std::optional<Slot> slot_of(std::string_view name) {
  if (!name.ends_with(".pem")) return std::nullopt;
  name.remove_suffix(4);
  for (const std::string_view role : kRoles) {
    if (name == role) return Slot{role, 1};
    if (!name.starts_with(role) || name.substr(role.size(), 1) != "-") continue;
    const std::string_view digits = name.substr(role.size() + 1);
    int number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size() && number > 1)
      return Slot{role, number};
  }
  return std::nullopt;
}

std::string name_of(std::string_view role, int number) {
  return number == 1 ? str(role, ".pem") : str(role, "-", number, ".pem");
}

std::string file_text(std::string_view role, const trust::PrivateKey& key, std::string_view pem) {
  return str("slipway key for ", role, ": whoever has it signs as ", role, "\n",
             stated_lines(key.public_text()), pem);
}

KeyFile examine(const fs::path& folder, const std::string& name, const Slot& slot) {
  KeyFile file;
  file.name = name;
  file.role = slot.role;
  const Result<std::string> content = read_file(folder / name, kMostKeyFileBytes);
  if (!content.ok()) {
    file.fault = content.error().message;
    return file;
  }
  const Result<bool> is_open = is_open_to_others(folder / name);
  file.is_open_to_others = is_open.ok() && *is_open;
  file.is_encrypted = trust::is_encrypted(*content);
  file.key = stated_key(*content);
  if (file.key.value.empty() && !file.is_encrypted) {
    const Result<trust::PrivateKey> key = trust::PrivateKey::from_pem(*content, {});
    if (key.ok()) {
      file.key = key->public_text();
    } else {
      file.fault = key.error().message;
    }
  }
  if (!file.key.value.empty()) file.id = trust::key_id(file.key);
  return file;
}

bool is_named(const trust::RoleKeys& role, const std::string& id) {
  return std::ranges::find(role.keyids, id) != role.keyids.end();
}

}  // namespace

Status KeyRing::begin() {
  TRY(make_private_folder(folder_));
  const std::vector<KeyFile> files = TRY(list());
  std::error_code error;
  if (files.empty() && !fs::exists(folder_ / kRootName, error)) return {};
  return Error{Code::kUsage, str(folder_.native(),
                                 " holds keys already, and they stay as they are: name another "
                                 "folder, or replace one key by slipway keys rotate")};
}

Status KeyRing::make_folder() const { return make_private_folder(folder_); }

Result<std::vector<KeyFile>> KeyRing::list() const {
  std::error_code error;
  fs::directory_iterator entries(folder_, error);
  if (error == std::errc::no_such_file_or_directory) {
    return Error{Code::kNotFound, str("there is no folder ", folder_.native(),
                                      ": slipway keys new ", folder_.native(), " makes keys")};
  }
  if (error) return Error{Code::kIo, str("cannot list ", folder_.native(), ": ", error.message())};
  struct Found {
    std::string name;
    Slot slot;
  };
  std::vector<Found> found;
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    if (const std::optional<Slot> slot = slot_of(name)) found.push_back({std::move(name), *slot});
    if (error) break;
  }
  std::ranges::sort(found, [](const Found& a, const Found& b) {
    const auto order = [](const Found& f) {
      return std::pair(std::ranges::find(kRoles, f.slot.role), f.slot.number);
    };
    return order(a) < order(b);
  });
  std::vector<KeyFile> files;
  files.reserve(found.size());
  for (const Found& file : found) files.push_back(examine(folder_, file.name, file.slot));
  return files;
}

Result<trust::PrivateKey> KeyRing::decrypt(const KeyFile& file) {
  const fs::path path = folder_ / file.name;
  const std::string content = TRY(read_file(path, kMostKeyFileBytes));
  const auto about = [&](const Error& error) {
    return Error{error.code, str(path.native(), ": ", error.message)};
  };
  Result<trust::PrivateKey> key = trust::PrivateKey::from_pem(content, passphrase_);
  for (int attempt = 0; !key.ok() && file.is_encrypted; ++attempt) {
    std::string given = TRY(ask_(path.native(), attempt));
    key = trust::PrivateKey::from_pem(content, given);
    if (key.ok()) passphrase_ = std::move(given);
  }
  if (!key.ok()) return about(key.error());
  if (!file.id.empty() && key->id() != file.id) {
    return about(
        {Code::kInvalid,
         str("its first lines say that it is the key ", file.id.substr(0, 16), ", and it holds ",
             key->id().substr(0, 16), ": the file was put together from two")});
  }
  return key;
}

Result<Keys> KeyRing::open(std::string_view role, const trust::Root& root) {
  const trust::RoleKeys& named = root.roles.at(std::string(role));
  Keys keys;
  for (const KeyFile& file : TRY(list())) {
    if (file.role != role || !file.fault.empty()) continue;
    if (!file.id.empty() && !is_named(named, file.id)) continue;
    trust::PrivateKey key = TRY(decrypt(file));
    if (is_named(named, key.id())) keys.push_back(std::move(key));
  }
  return keys;
}

Result<Keys> KeyRing::open_enough(std::string_view role, const trust::Root& root) {
  Keys keys = TRY(open(role, root));
  const trust::RoleKeys& named = root.roles.at(std::string(role));
  if (are_enough(keys, named)) return keys;
  const std::string needed = str(named.threshold, " of ", named.keyids.size(), " key",
                                 named.keyids.size() == 1 ? "" : "s");
  for (const KeyFile& file : TRY(list())) {
    if (file.role == role && !file.fault.empty())
      return Error{Code::kInvalid, str((folder_ / file.name).native(), ": ", file.fault)};
  }
  const std::string_view otherwise =
      role == trust::kRoot && named.threshold > 1
          ? ", or let each holder sign on a machine of their own: --draft FILE"
          : "";
  return Error{Code::kUsage, str("signing as ", role, " takes ", needed, ", and ", folder_.native(),
                                 " has ", keys.size(), " of those that root version ", root.version,
                                 " names: bring ", role, ".pem there (slipway keys list ",
                                 folder_.native(), " shows what there is)", otherwise)};
}

Result<std::string> KeyRing::add(std::string_view role, const trust::PrivateKey& key,
                                 std::string_view passphrase) {
  const std::string pem = TRY(key.to_pem(passphrase));
  std::error_code error;
  int number = 1;
  while (fs::exists(fs::symlink_status(folder_ / name_of(role, number), error))) ++number;
  std::string name = name_of(role, number);
  TRY(write_private_file(folder_ / name, file_text(role, key, pem)));
  return name;
}

Status KeyRing::replace(const KeyFile& old, const std::string& by) {
  const fs::path retired = folder_ / "retired";
  TRY(make_private_folder(retired));
  const std::string stem = fs::path(old.name).stem().string();
  std::error_code error;
  fs::rename(folder_ / old.name, retired / str(stem, "-", old.id.substr(0, 8), ".pem"), error);
  if (!error && !by.empty()) fs::rename(folder_ / by, folder_ / old.name, error);
  if (error) {
    return Error{Code::kIo, str("cannot put ", (folder_ / old.name).native(), " away into ",
                                retired.native(), ": ", error.message())};
  }
  TRY(sync_folder(retired));
  return sync_folder(folder_);
}

Result<std::string> KeyRing::trusted_root() const {
  Result<std::string> text = read_file(folder_ / kRootName, trust::kMostRootBytes);
  if (!text.ok() && text.error().code == Code::kNotFound) return std::string();
  return text;
}

Status KeyRing::keep_root(std::string_view text) { return write_file(folder_ / kRootName, text); }

}  // namespace slipway::publish
