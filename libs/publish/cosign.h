// A new root that several holders of keys sign, each on a machine of its own, before it is
// published: what it changes, and whose signatures it has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "publish/key_ring.h"
#include "publish/signers.h"
#include "trust/metadata.h"

namespace slipway::publish {

// Of the keys that a root names for root.
struct Signatures {
  std::size_t good = 0;
  std::size_t named = 0;
  std::size_t needed = 1;
};

// A device demands both.
struct Standing {
  Signatures by_present;
  Signatures by_next;
  bool is_enough() const {
    return by_present.good >= by_present.needed && by_next.good >= by_next.needed;
  }
};
Standing standing_of(const trust::Root& next, const trust::Root& present);

// "signed by 1 of the 2 keys that root version 1 takes, ..."
std::string standing_text(const Standing& standing, const trust::Root& next,
                          const trust::Root& present);

// kUsage unless `next` follows `present`, kInvalid where no repository of this program could have
// it. Who signed it plays no part.
Status expect_next(const trust::Root& next, const trust::Root& present);

// A line for each thing that is not as it was: keys by the beginnings of their ids, how many have
// to sign, until when it is good.
std::vector<std::string> changes_of(const trust::Root& next, const trust::Root& present);

// The present root with a key of a role replaced, or as it is; of the next version.
trust::Root next_root(const trust::Root& present, trust::Seconds expires);
trust::Root next_root(const trust::Root& present, std::string_view role, const std::string& old_id,
                      const trust::PrivateKey& key, trust::Seconds expires);

// The keys at hand that either root names for a role, each once.
Result<Keys> open_by_both(KeyRing& ring, std::string_view role, const trust::Root& present,
                          const trust::Root& next);

// The text with signatures of the keys at hand that either root names for root; kUsage where there
// are none.
Result<std::string> cosign(std::string_view text, KeyRing& ring, const trust::Root& present);

// Makes a folder of keys follow a repository's root: keys that its own root.json named and that one
// does not go into retired/, and what replaces them takes their names.
Status follow_root(KeyRing& ring, const trust::Root& root, std::string_view root_text);

}  // namespace slipway::publish
