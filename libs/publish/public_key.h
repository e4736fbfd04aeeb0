// A public key as text: stated at the head of a key file, or in a file of its own that its holder
// hands to whoever names it in a root.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "trust/keys.h"

namespace slipway::publish {

// "key id: ..." and "public key: {...}", each a line.
std::string stated_lines(const trust::KeyText& key);

// What such lines state, whatever stands around them; empty where there are none, or no sound key.
trust::KeyText stated_key(std::string_view content);

// A file to hand on.
std::string public_file_text(std::string_view role, const trust::KeyText& key);

// Of such a file, of a key file (its lines alone: no passphrase is needed), or of a public key in
// PEM as other tools write it.
Result<trust::KeyText> read_public_key(std::string_view content);

}  // namespace slipway::publish
