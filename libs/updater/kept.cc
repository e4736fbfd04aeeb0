#include "updater/kept.h"

#include "base/str.h"
#include "digest/digest.h"
#include "trust/metadata.h"
#include "trust/trusted_set.h"

namespace slipway::updater {
namespace {

constexpr std::size_t kMostNameBytes = 200;
constexpr std::size_t kMostKeptBytes = std::size_t{64} << 20;
constexpr std::string_view kClock = "clock";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

}  // namespace

std::string quoted(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      text += c;
    } else {
      text += '%';
      text += kDigits[byte >> 4U];
      text += kDigits[byte & 15U];
    }
  }
  return text;
}

std::string file_name(std::string_view name, std::string_view ending) {
  std::string text = quoted(name);
  if (text.size() > kMostNameBytes) text = str("sha256%3A", sha256(name));
  if (text == "." || text == "..") text += '%';  // with an ending of nothing they are folders
  return text + std::string(ending);
}

Status Kept::begin(std::string_view root) {
  TRY(trust::TrustedSet::create(root, 0));
  TRY(disk_->make_folder(folder_));
  const disk::Path parent = folder_.parent_path();
  TRY(disk_->sync_folder(parent.empty() ? "." : parent));
  const disk::Path path = folder_ / "root.json";
  const Result<disk::Entry> entry = disk_->look(path);
  if (entry.ok()) {
    return Error{Code::kUsage, str(path.native(),
                                   " is there: this device trusts a repository already. To trust "
                                   "another one, move ",
                                   folder_.native(), " away first")};
  }
  if (entry.error().code != Code::kNotFound) return entry.error();
  return keep(trust::kRoot, root);
}

std::optional<std::string> Kept::read(std::string_view role) const {
  Result<std::string> text = disk_->read(folder_ / file_name(role, ".json"), kMostKeptBytes);
  if (!text.ok()) return std::nullopt;
  return std::move(text).value();
}

Result<std::string> Kept::read_root() const {
  Result<std::string> text = disk_->read(folder_ / "root.json", trust::kMostRootBytes);
  if (!text.ok() && text.error().code == Code::kNotFound) {
    return Error{Code::kNotFound, str(folder_.native(),
                                      " holds no root.json: this device trusts no repository yet. "
                                      "Give it the root of one first: slipway-tuf --metadata-dir ",
                                      folder_.native(), " init ROOT.json")};
  }
  return text;
}

Status Kept::keep(std::string_view role, std::string_view text) {
  return disk::replace_file(*disk_, folder_ / file_name(role, ".json"), text);
}

Result<std::optional<trust::Seconds>> Kept::floor() const {
  const disk::Path path = folder_ / kClock;
  const Result<std::string> text = disk_->read(path, 64);
  if (!text.ok()) {
    if (text.error().code == Code::kNotFound) return std::optional<trust::Seconds>();
    return text.error();
  }
  std::string_view line = *text;
  if (line.ends_with('\n')) line.remove_suffix(1);
  const std::optional<trust::Seconds> time = trust::parse_time(line);
  if (!time) {
    return Error{Code::kInvalid, str(path.native(),
                                     " is damaged: it should hold a time. If this "
                                     "device's clock is right, remove it")};
  }
  return time;
}

Status Kept::raise_floor(trust::Seconds time) {
  return disk::replace_file(*disk_, folder_ / kClock, trust::time_text(time) + "\n");
}

}  // namespace slipway::updater
