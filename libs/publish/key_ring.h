// A folder of key files, by role:
//
//   root.pem root-2.pem targets.pem snapshot.pem timestamp.pem
//   root.json     the newest root that is vouched for: what repositories are judged by
//   retired/      keys that were replaced
//
// A file is PKCS #8 as PEM, mode 0600, encrypted or not, after lines that say what it is and the
// public key, so that nobody has to decrypt it to tell. Other tools' PEM files do as well.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "publish/signers.h"

namespace slipway::publish {

// Gives the passphrase of a file; `attempt` counts from 0, and goes on as long as it was wrong and
// no error is returned.
using AskPassphrase = std::function<Result<std::string>(const std::string& file, int attempt)>;

struct KeyFile {
  std::string name;  // "root-2.pem"
  std::string role;
  bool is_encrypted = false;
  bool is_open_to_others = false;  // its mode lets others read it
  trust::KeyText key;              // empty, as `id`: only who has the passphrase can tell
  std::string id;
  std::string fault;  // why it cannot be used; else empty
};

class KeyRing {
 public:
  KeyRing(std::filesystem::path folder, AskPassphrase ask)
      : folder_(std::move(folder)), ask_(std::move(ask)) {}

  const std::filesystem::path& folder() const { return folder_; }

  // Makes the folder, mode 0700. kUsage where it holds keys or a root already.
  Status begin();

  // Makes the folder, mode 0700; fine where it is there, whatever it holds.
  Status make_folder() const;

  // Key files by role and name; kNotFound where there is no such folder.
  Result<std::vector<KeyFile>> list() const;

  // The keys at hand that a root names for a role; maybe none, never one that it does not name.
  Result<Keys> open(std::string_view role, const trust::Root& root);
  // The same, and kUsage where they are fewer than the role takes.
  Result<Keys> open_enough(std::string_view role, const trust::Root& root);
  // Of what was opened: the last passphrase that was right; empty where none was needed.
  const std::string& passphrase() const { return passphrase_; }

  // A new file for the role, on disk when it returns; its name. Encrypted unless the passphrase is
  // empty.
  Result<std::string> add(std::string_view role, const trust::PrivateKey& key,
                          std::string_view passphrase);
  // Puts a file away into retired/, and gives its name to the one that replaces it, if there is
  // one.
  Status replace(const KeyFile& old, const std::string& by);

  // Empty where there is none.
  Result<std::string> trusted_root() const;
  Status keep_root(std::string_view text);

 private:
  Result<trust::PrivateKey> decrypt(const KeyFile& file);

  std::filesystem::path folder_;
  AskPassphrase ask_;
  std::string passphrase_;
};

}  // namespace slipway::publish
