#include "store/layout.h"

#include <algorithm>

#include "base/version.h"

namespace slipway::store {
namespace {

constexpr std::size_t kMostNameBytes = 100;
constexpr std::size_t kMostVersionBytes = 100;

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_' || c == '.';
}

}  // namespace

Status check_name(std::string_view name) {
  if (!name.empty() && name.size() <= kMostNameBytes && name[0] != '.' &&
      std::ranges::all_of(name, is_plain)) {
    return {};
  }
  return Error{Code::kUsage, str("'", shorten(name),
                                 "' is no name of a bundle: letters, digits, "
                                 "'-', '_' and '.', not first, at most ",
                                 kMostNameBytes)};
}

Status check_id(const Id& id) {
  TRY(check_name(id.name));
  const Result<Version> version = Version::parse(id.version);
  if (version.ok() && version->text() == id.version && id.version.size() <= kMostVersionBytes)
    return {};
  return Error{Code::kUsage, str("'", shorten(id.version),
                                 "' is no version, as 1.2.0 or 1.3.0-rc.1, "
                                 "of at most ",
                                 kMostVersionBytes, " characters")};
}

}  // namespace slipway::store
