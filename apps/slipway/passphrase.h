// Passphrases of key files: from a file, the environment or a terminal; never from the command
// line, where everybody on the machine can read them.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/options.h"
#include "publish/key_ring.h"

namespace slipway {

// Rows for the options of commands that take one.
inline constexpr Option kPassphraseFileOption = {
    "--passphrase-file", "FILE",
    "its first line is the keys' passphrase (SLIPWAY_PASSPHRASE, else you are asked)"};
inline constexpr Option kNoPassphraseOption = {
    "--no-passphrase", "", "new keys are not encrypted: whoever reads the files can sign"};

class Passphrases {
 public:
  // Reads the file or the environment where one of them is named; kUsage for an empty passphrase.
  static Result<Passphrases> of(const Arguments& arguments);

  // For a key that is made: asked for twice on a terminal; empty only with --no-passphrase.
  Result<std::string> for_new();
  // For keys that are there.
  publish::AskPassphrase for_existing() const;

 private:
  bool is_none_wanted_ = false;
  std::optional<std::string> given_;
  std::string from_;  // where the given one is from
};

}  // namespace slipway
