#include <algorithm>

#include "base/str.h"
#include "bundle/copy.h"
#include "bundle/rules.h"
#include "digest/digest.h"
#include "publish/repository.h"
#include "publish/target_path.h"
#include "updater/bundles.h"

namespace slipway::publish {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 18;

class ToFile final : public bundle::Sink {
 public:
  explicit ToFile(disk::File& file) : file_(&file) {}
  Status write(std::span<const std::byte> bytes) override { return file_->write(bytes); }
  Status zeros(std::uint64_t count) override { return file_->zeros(count); }

 private:
  disk::File* file_;
};

class TextBytes final : public bundle::Bytes {
 public:
  explicit TextBytes(std::string_view text) : text_(text) {}
  std::uint64_t size() const override { return text_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> to) override {
    const auto bytes = std::as_bytes(std::span(text_));
    const std::size_t from = std::min<std::uint64_t>(offset, bytes.size());
    const std::size_t count = std::min(to.size(), bytes.size() - from);
    std::ranges::copy(bytes.subspan(from, count), to.begin());
    return count;
  }

 private:
  std::string_view text_;
};

// The bytes as `file` states them, or an error: they may change while they are read.
Status copy_bytes(bundle::Bytes& from, const bundle::FileEntry& file, bundle::Sink& to) {
  Hasher hasher;
  std::vector<std::byte> piece(std::min<std::uint64_t>(kPieceBytes, file.bytes));
  std::uint64_t at = 0;
  while (at < file.bytes) {
    const auto count = std::min<std::uint64_t>(piece.size(), file.bytes - at);
    const std::size_t got = TRY(from.read_at(at, std::span(piece).first(count)));
    if (got == 0) break;
    hasher.update(std::span(piece).first(got));
    TRY(to.write(std::span(piece).first(got)));
    at += got;
  }
  if (at == file.bytes && hasher.finish() == file.sha256) return {};
  return Error{Code::kInvalid, str(shorten(file.path),
                                   " changed while it was read: try again once it is complete")};
}

}  // namespace

Status Repository::make_folders(const disk::Path& below) {
  disk::Path path = folder_ / "targets";
  made_.insert(folder_);
  TRY(disk_->make_folder(path));
  for (const disk::Path& part : below) {
    made_.insert(path);
    path /= part;
    TRY(disk_->make_folder(path));
  }
  made_.insert(path);
  return {};
}

// Parents come first in the order of paths.
Status Repository::sync_payload() {
  for (const disk::Path& folder : made_) TRY(disk_->sync_folder(folder));
  made_.clear();
  return {};
}

Result<bool> Repository::has(const disk::Path& path, const bundle::FileEntry& file) {
  const Result<disk::Entry> entry = disk_->look(path);
  if (!entry.ok() && entry.error().code == Code::kNotFound) return false;
  if (!entry.ok()) return entry.error();
  if (entry->kind != disk::Kind::kFile || entry->bytes != file.bytes) return false;
  Hasher hasher;
  std::vector<std::byte> piece(std::min<std::uint64_t>(kPieceBytes, file.bytes));
  for (std::uint64_t at = 0; at < file.bytes;) {
    const std::size_t got = TRY(disk_->read_at(path, at, piece));
    if (got == 0) return false;
    hasher.update(std::span(piece).first(got));
    at += got;
  }
  return hasher.finish() == file.sha256;
}

// From whichever of the two is there.
Status Repository::place(const disk::Path& relative, const bundle::FileEntry& file,
                         bundle::Source* source, bundle::Bytes* bytes, Added& added) {
  TRY(make_folders(relative.parent_path()));
  const disk::Path path = folder_ / "targets" / relative;
  if (TRY(has(path, file))) return {};
  disk::Path temporary = path;
  temporary += ".new";
  Status done;
  {
    const std::unique_ptr<disk::File> out = TRY(disk_->create(temporary));
    ToFile sink(*out);
    done = source != nullptr ? bundle::copy_object(*source, file, sink)
                             : copy_bytes(*bytes, file, sink);
    if (done.ok()) done = out->sync();
  }
  if (done.ok()) done = disk_->rename(temporary, path);
  if (!done.ok()) {
    [[maybe_unused]] const Status removed = disk_->remove(temporary);
    return done;
  }
  added.bytes_written += file.bytes;
  if (source != nullptr) ++added.objects_written;
  return {};
}

Result<Added> Repository::add_file(bundle::Bytes& from, const std::string& path) {
  TRY(check_target_path(path));
  if (updater::bundle_of(path)) {
    return Error{
        Code::kUsage,
        str("'", shorten(path), "' is where a bundle's manifest belongs: publish the .slip file")};
  }
  const bundle::FileEntry file = TRY(bundle::describe(from, path));
  Added added;
  added.path = path;
  added.sha256 = file.sha256;
  added.bytes = file.bytes;
  TRY(place(payload_path(path, file.sha256), file, nullptr, &from, added));
  trust::TargetFile target;
  target.bytes = file.bytes;
  target.hashes = {{"sha256", file.sha256}};
  const auto found = targets_.files.find(path);
  if (found != targets_.files.end()) {
    const auto hash = found->second.hashes.find("sha256");
    const bool is_same = hash != found->second.hashes.end() && hash->second == file.sha256;
    added.what = is_same ? Added::What::kSame : Added::What::kReplaced;
  }
  targets_.files[path] = std::move(target);
  return added;
}

Result<Added> Repository::add_bundle(bundle::Source& from) {
  const bundle::Manifest& manifest = from.manifest();
  const std::string& text = from.manifest_text();
  Added added;
  added.path = updater::manifest_path(manifest.name, manifest.version.text());
  added.sha256 = sha256(text);
  added.bytes = text.size();
  TRY(check_target_path(added.path));
  for (const auto& [path, file] : targets_.files) {
    const std::optional<updater::BundleName> other = updater::bundle_of(path);
    if (!other || other->name != manifest.name || other->version.compare(manifest.version) != 0)
      continue;
    const auto hash = file.hashes.find("sha256");
    if (path == added.path && hash != file.hashes.end() && hash->second == added.sha256) {
      added.what = Added::What::kSame;
      continue;
    }
    return Error{Code::kUsage,
                 str(manifest.name, " ", other->version.text(),
                     " is published with another content, and devices may have it: give ",
                     from.where(), " a version of its own")};
  }
  const std::vector<bundle::FileEntry> objects = bundle::distinct_objects(manifest);
  added.objects = objects.size();
  for (const bundle::FileEntry& object : objects)
    TRY(place(updater::object_path(object.sha256), object, &from, nullptr, added));
  TextBytes bytes(text);
  const bundle::FileEntry file{added.path, added.sha256, added.bytes};
  TRY(place(payload_path(added.path, added.sha256), file, nullptr, &bytes, added));
  trust::TargetFile target;
  target.bytes = added.bytes;
  target.hashes = {{"sha256", added.sha256}};
  targets_.files[added.path] = std::move(target);
  return added;
}

}  // namespace slipway::publish
