#include "updater/bundles.h"

#include <algorithm>

#include "base/str.h"

namespace slipway::updater {
namespace {

constexpr std::string_view kManifest = "/manifest.json";

}  // namespace

std::string manifest_path(std::string_view name, std::string_view version) {
  return str(name, "/", version, kManifest);
}

std::optional<BundleName> bundle_of(std::string_view path) {
  if (!path.ends_with(kManifest)) return std::nullopt;
  path.remove_suffix(kManifest.size());
  const std::size_t slash = path.find('/');
  if (slash == 0 || slash == std::string_view::npos) return std::nullopt;
  const std::string_view text = path.substr(slash + 1);
  Result<Version> version = Version::parse(text);
  if (!version.ok() || version->text() != text) return std::nullopt;
  return BundleName{std::string(path.substr(0, slash)), std::move(version).value()};
}

std::string object_path(std::string_view sha256) {
  return str("objects/", sha256.substr(0, 2), "/", sha256);
}

std::string delta_path(std::string_view old_sha256, std::string_view new_sha256) {
  return str("deltas/", new_sha256.substr(0, 2), "/", new_sha256, "-from-", old_sha256);
}

std::vector<BundleName> bundles_of(const trust::Targets& targets) {
  std::vector<BundleName> all;
  for (const auto& [path, file] : targets.files) {
    if (std::optional<BundleName> bundle = bundle_of(path)) all.push_back(std::move(*bundle));
  }
  std::ranges::sort(all, [](const BundleName& a, const BundleName& b) {
    if (a.name != b.name) return a.name < b.name;
    const std::strong_ordering order = a.version.compare(b.version);
    return order == 0 ? a.version.build < b.version.build : order < 0;
  });
  return all;
}

std::vector<Version> versions_of(const trust::Targets& targets, std::string_view name) {
  std::vector<Version> versions;
  for (BundleName& bundle : bundles_of(targets)) {
    if (bundle.name == name) versions.push_back(std::move(bundle.version));
  }
  return versions;
}

}  // namespace slipway::updater
