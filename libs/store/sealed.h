// The small files that a store keeps of its own: one line of JSON, and one with its hash, so that a
// byte that changed is seen.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/layout.h"

namespace slipway::store {

// What a store has active of one name. Empty: none.
struct Switch {
  std::string active;
  std::string previous;
  bool operator==(const Switch&) const = default;
};

std::string switch_text(const Switch& state);
// kInvalid when it is damaged, kNotFound when there is none.
Result<Switch> read_switch(Disk& disk, const Path& path);

struct VersionRecord {
  std::string manifest_sha256;
  std::string installed;  // the time
};

std::string record_text(const VersionRecord& record);
Result<VersionRecord> read_record(Disk& disk, const Path& path);

inline constexpr int kFormat = 1;
std::string format_text();
// kUnsupported when it is of a later Slipway.
Status read_format(Disk& disk, const Path& path);

}  // namespace slipway::store
