#include "store/versions.h"

#include <algorithm>

#include "base/str.h"
#include "base/version.h"
#include "digest/digest.h"
#include "store/objects.h"
#include "store/sealed.h"

namespace slipway::store {
namespace {

using bundle::FileEntry;
using bundle::Manifest;

// Folders in a folder; none where that is not there.
Result<std::vector<std::string>> folders_in(Disk& disk, const Path& path) {
  std::vector<std::string> names;
  const Result<std::vector<disk::Entry>> entries = disk.list(path);
  if (!entries.ok()) {
    if (entries.error().code == Code::kNotFound) return names;
    return entries.error();
  }
  for (const disk::Entry& entry : *entries) {
    if (entry.kind == disk::Kind::kFolder) names.push_back(entry.name);
  }
  return names;
}

void sort(std::vector<Id>& ids) {
  std::ranges::sort(ids, [](const Id& a, const Id& b) {
    if (a.name != b.name) return a.name < b.name;
    const auto order = Version::parse(a.version).value().compare(Version::parse(b.version).value());
    return order == 0 ? a.version < b.version : order < 0;
  });
}

Result<VersionManifest> parse(std::string text, const Id& id, const Path& path) {
  Result<Manifest> manifest = bundle::parse_manifest(text);
  if (!manifest.ok())
    return Error{Code::kInvalid, str(path.string(), ": ", manifest.error().message)};
  if (manifest->name != id.name || manifest->version.text() != id.version) {
    return Error{Code::kInvalid, str(path.string(), " is of ", manifest->name, " ",
                                     manifest->version.text(), ", not of ", id.text())};
  }
  std::string sha = sha256(text);
  return VersionManifest{*std::move(manifest), std::move(text), std::move(sha)};
}

}  // namespace

bool is_there(Disk& disk, const Path& path) { return disk.look(path).ok(); }

Result<std::vector<Id>> installed_versions(Disk& disk, const Layout& at) {
  std::vector<Id> ids;
  for (const std::string& name : TRY(folders_in(disk, at.versions()))) {
    for (const std::string& version : TRY(folders_in(disk, at.versions_of(name)))) {
      Id id{name, version};
      if (check_id(id).ok()) ids.push_back(std::move(id));
    }
  }
  sort(ids);
  return ids;
}

Result<std::vector<Id>> staged_versions(Disk& disk, const Layout& at) {
  std::vector<Id> ids;
  for (const std::string& part : TRY(folders_in(disk, at.staging()))) {
    const std::size_t sign = part.find('@');
    if (sign == std::string::npos) continue;
    Id id{part.substr(0, sign), part.substr(sign + 1)};
    if (check_id(id).ok()) ids.push_back(std::move(id));
  }
  sort(ids);
  return ids;
}

Result<std::vector<std::string>> active_names(Disk& disk, const Layout& at) {
  std::vector<std::string> names = TRY(folders_in(disk, at.active()));
  std::erase_if(names, [](const std::string& name) { return !check_name(name).ok(); });
  return names;
}

Path bundle_folder(const Layout& at, const Id& id) { return at.version(id) / kBundle; }

Path file_path(const Layout& at, const Id& id, std::string_view path) {
  return bundle_folder(at, id) / path;
}

Result<VersionManifest> read_version(Disk& disk, const Layout& at, const Id& id) {
  if (!is_there(disk, at.version(id))) {
    return Error{Code::kNotFound, str(id.text(), " is not installed in ", at.root.string(),
                                      ": slipway store ", at.root.string(), " list tells what is")};
  }
  const auto damaged = [&](const Error& error) {
    return Error{Code::kInvalid, str(id.text(), " is damaged: ", error.message,
                                     "; install it again, or repair it: slipway store ",
                                     at.root.string(), " verify --repair BUNDLE")};
  };
  const Result<VersionRecord> record = read_record(disk, at.version(id) / kRecord);
  if (!record.ok()) return damaged(record.error());
  const Path path = file_path(at, id, bundle::kManifestName);
  Result<std::string> text = disk.read(path, bundle::kMostManifestBytes);
  if (!text.ok()) return damaged(text.error());
  if (sha256(*text) != record->manifest_sha256)
    return damaged({Code::kInvalid, str(path.string(), " has another hash")});
  Result<VersionManifest> parsed = parse(*std::move(text), id, path);
  if (!parsed.ok()) return damaged(parsed.error());
  return parsed;
}

Result<VersionManifest> read_staged(Disk& disk, const Layout& at, const Id& id) {
  const Path path = at.staged(id) / bundle::kManifestName;
  return parse(TRY(disk.read(path, bundle::kMostManifestBytes)), id, path);
}

std::vector<Path> inner_folders(const Manifest& manifest) {
  std::set<Path> folders;  // a folder comes before what it holds
  for (const FileEntry& file : manifest.files) {
    for (Path folder = Path(file.path).parent_path(); !folder.empty();
         folder = folder.parent_path()) {
      folders.insert(folder);
    }
  }
  return {folders.begin(), folders.end()};
}

Result<Needed> needed_objects(Disk& disk, const Layout& at) {
  Needed needed;
  const auto add = [&](const Result<VersionManifest>& version) {
    if (!version.ok()) {
      needed.is_all = false;
      return;
    }
    for (const FileEntry& file : version->manifest.files) needed.objects.insert(file.sha256);
  };
  for (const Id& id : TRY(installed_versions(disk, at))) add(read_version(disk, at, id));
  for (const Id& id : TRY(staged_versions(disk, at))) add(read_staged(disk, at, id));
  return needed;
}

Result<std::uint64_t> collect_objects(Disk& disk, const Layout& at) {
  const Needed needed = TRY(needed_objects(disk, at));
  std::uint64_t bytes = 0;
  // What is in the trash may be a version again after a power cut.
  if (!needed.is_all || !TRY(disk.list(at.trash())).empty()) return bytes;
  for (const disk::Entry& entry : TRY(disk.list(at.objects()))) {
    if (needed.objects.contains(entry.name)) continue;
    TRY(remove_tree(disk, at.object(entry.name)));
    bytes += entry.bytes;
  }
  return bytes;
}

}  // namespace slipway::store
