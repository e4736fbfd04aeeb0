#include "delivery/delivery.h"

#include <algorithm>
#include <optional>
#include <span>

#include "base/str.h"
#include "delivery/remote_source.h"
#include "updater/download.h"

namespace slipway::delivery {
namespace {

constexpr std::string_view kFile = "/manifest.json";

// The version that a path of the manifest of a bundle of that name holds.
std::optional<Version> version_in(std::string_view path, std::string_view name) {
  if (!path.starts_with(name)) return std::nullopt;
  path.remove_prefix(name.size());
  if (!path.starts_with('/') || !path.ends_with(kFile)) return std::nullopt;
  path.remove_prefix(1);
  if (path.size() <= kFile.size()) return std::nullopt;
  path.remove_suffix(kFile.size());
  Result<Version> version = Version::parse(path);
  if (!version.ok()) return std::nullopt;
  return std::move(version).value();
}

Result<std::string> newest(const trust::Targets& targets, std::string_view name) {
  const std::vector<Version> all = versions_of(targets, name);
  if (all.empty()) {
    return Error{Code::kNotFound, str("the repository has no bundle called ", shorten(name),
                                      ": ask for it with its version if another role signs it")};
  }
  const auto release = std::find_if(
      all.rbegin(), all.rend(), [](const Version& version) { return version.pre_release.empty(); });
  return release == all.rend() ? all.back().text() : release->text();
}

Result<std::string> fetch_manifest(updater::Updater& updater, fetch::Fetcher& fetcher,
                                   std::string_view files_url, const std::string& path) {
  const updater::Found found = TRY(updater.find(path));
  const bool is_consistent = updater.trusted().root().is_consistent;
  const std::string url = TRY(updater::target_url(files_url, found, is_consistent));
  const std::uint64_t most = std::min<std::uint64_t>(found.file.bytes, bundle::kMostManifestBytes);
  std::string text = TRY(fetch::fetch_text(fetcher, url, most));
  auto check = TRY(updater::TargetCheck::create(found));
  TRY(check.add(std::as_bytes(std::span(text))));
  TRY(check.finish());
  return text;
}

}  // namespace

std::string manifest_path(std::string_view name, std::string_view version) {
  return str(name, "/", version, kFile);
}

std::vector<Version> versions_of(const trust::Targets& targets, std::string_view name) {
  std::vector<Version> all;
  for (const auto& [path, file] : targets.files) {
    std::optional<Version> version = version_in(path, name);
    if (version) all.push_back(*std::move(version));
  }
  std::ranges::sort(all, [](const Version& a, const Version& b) { return a.compare(b) < 0; });
  return all;
}

Result<std::unique_ptr<bundle::Source>> open_bundle(updater::Updater& updater,
                                                    fetch::Fetcher& fetcher,
                                                    std::string_view files_url,
                                                    std::string_view name,
                                                    std::string_view version) {
  std::string wanted(version);
  if (wanted.empty()) {
    const trust::Targets* const top = updater.trusted().targets("targets");
    if (top == nullptr) return Error{Code::kUsage, "bundles are found once the metadata is fresh"};
    wanted = TRY(newest(*top, name));
  }
  const std::string path = manifest_path(name, wanted);
  std::string text = TRY(fetch_manifest(updater, fetcher, files_url, path));
  bundle::Manifest manifest = TRY(bundle::parse_manifest(text));
  if (manifest.name != name || manifest.version.text() != wanted) {
    return Error{Code::kInvalid,
                 str("the repository has ", shorten(manifest.name), " ", manifest.version.text(),
                     " where ", path, " has to be: whoever published it has to mend that")};
  }
  return std::unique_ptr<bundle::Source>(std::make_unique<RemoteSource>(
      std::move(text), std::move(manifest), fetcher, std::string(files_url)));
}

}  // namespace slipway::delivery
