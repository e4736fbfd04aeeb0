#include "publish/target_path.h"

#include "base/str.h"

namespace slipway::publish {
namespace {

constexpr std::size_t kMostPathBytes = 1024;
constexpr std::size_t kMostPartBytes = 180;  // with a hash and ".new" it stays a file's name

bool is_plain(char c) {
  return c >= ' ' && c <= '~' && std::string_view("\\:*?\"<>|%#").find(c) == std::string_view::npos;
}

std::string_view fault_of(std::string_view part) {
  if (part.empty()) return "has an empty part";
  if (part[0] == '.') return "has a part that begins with '.'";
  if (part.size() > kMostPartBytes) return "has a part of more than 180 characters";
  for (const char c : part) {
    if (!is_plain(c))
      return "has a character that servers or file systems read in more than one way";
  }
  return {};
}

}  // namespace

Status check_target_path(std::string_view path) {
  const auto fault = [&](std::string_view what) {
    return Error{Code::kUsage, str("'", shorten(path), "' cannot be a target's path: it ", what,
                                   ". Name it as in boat/model.onnx (--as PATH)")};
  };
  if (path.empty()) return fault("is empty");
  if (path.size() > kMostPathBytes) return fault("has more than 1024 characters");
  if (path.starts_with("objects/") || path.starts_with("deltas/"))
    return fault("begins with objects/ or deltas/, where bundles' files are");
  std::string_view rest = path;
  while (true) {
    const std::size_t slash = rest.find('/');
    const std::string_view what = fault_of(rest.substr(0, slash));
    if (!what.empty()) return fault(what);
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

disk::Path payload_path(std::string_view path, std::string_view sha256) {
  const std::size_t name = path.rfind('/') + 1;  // 0 where there is none
  return disk::Path(str(path.substr(0, name), sha256, ".", path.substr(name)));
}

}  // namespace slipway::publish
