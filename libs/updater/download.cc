#include "updater/download.h"

#include <array>
#include <memory>
#include <optional>

#include "base/str.h"

namespace slipway::updater {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 18;

std::optional<Hash> hash_named(std::string_view algorithm) {
  if (algorithm == "sha256") return Hash::kSha256;
  if (algorithm == "sha512") return Hash::kSha512;
  return std::nullopt;
}

Status check_file(disk::Disk& disk, const disk::Path& path, const Found& target) {
  auto check = TRY(TargetCheck::create(target));
  std::vector<std::byte> piece(kPieceBytes);
  for (std::uint64_t at = 0;;) {
    const std::size_t count = TRY(disk.read_at(path, at, piece));
    if (count == 0) return check.finish();
    TRY(check.add(std::span(piece).first(count)));
    at += count;
  }
}

class ToFile : public fetch::Sink {
 public:
  ToFile(disk::Disk& disk, disk::Path path, const Found& target)
      : disk_(&disk), path_(std::move(path)), target_(&target) {}

  Status begin(const fetch::Source&) override {
    check_ = TRY(TargetCheck::create(*target_));
    file_ = TRY(disk_->create(path_));
    return {};
  }
  Status write(std::span<const std::byte> bytes) override {
    TRY(check_->add(bytes));
    return file_->write(bytes);
  }
  Status finish() {
    if (!check_) TRY(begin({}));  // a file of no bytes
    TRY(check_->finish());
    return file_->sync();
  }

 private:
  disk::Disk* disk_;
  disk::Path path_;
  const Found* target_;
  std::optional<TargetCheck> check_;
  std::unique_ptr<disk::File> file_;
};

}  // namespace

Result<TargetCheck> TargetCheck::create(const Found& target) {
  TargetCheck check;
  check.path_ = target.path;
  check.left_ = target.file.bytes;
  for (const auto& [algorithm, hex] : target.file.hashes) {
    const std::optional<Hash> hash = hash_named(algorithm);
    if (hash) check.hashes_.push_back({hex, Hasher(*hash)});
  }
  if (check.hashes_.empty()) {
    return Error{Code::kUnsupported, str(shorten(target.path),
                                         " has no hash of a kind that is known "
                                         "here: sha256 and sha512 are")};
  }
  return check;
}

Status TargetCheck::add(std::span<const std::byte> bytes) {
  if (bytes.size() > left_)
    return Error{Code::kInvalid, str(shorten(path_), " has more bytes than were signed for")};
  left_ -= bytes.size();
  for (Expected& expected : hashes_) expected.hasher.update(bytes);
  return {};
}

Status TargetCheck::finish() {
  if (left_ > 0) {
    return Error{Code::kInvalid,
                 str(shorten(path_), " has ", left_, " bytes less than were signed for")};
  }
  for (Expected& expected : hashes_) {
    if (expected.hasher.finish() != expected.hex) {
      return Error{Code::kInvalid, str(shorten(path_),
                                       " is not what was signed for: its bytes were "
                                       "changed on their way, or where they are kept")};
    }
  }
  return {};
}

Result<std::string> target_url(std::string_view base_url, const Found& target, bool is_consistent) {
  if (!is_consistent) return fetch::join_url(base_url, target.path);
  const auto& hashes = target.file.hashes;
  auto hash = hashes.find("sha256");
  if (hash == hashes.end()) hash = hashes.find("sha512");
  if (hash == hashes.end() || !from_hex(hash->second)) {
    return Error{
        Code::kUnsupported,
        str(shorten(target.path), " has no sha256 or sha512 that its name could begin with")};
  }
  const std::size_t name = target.path.rfind('/') + 1;  // 0 where there is none
  return fetch::join_url(base_url, str(std::string_view(target.path).substr(0, name), hash->second,
                                       ".", std::string_view(target.path).substr(name)));
}

Result<disk::Path> download(disk::Disk& disk, fetch::Fetcher& fetcher, std::string_view base_url,
                            const Found& target, bool is_consistent, const disk::Path& folder) {
  disk::Path path = folder / file_name(target.path, "");
  if (disk.look(path).ok() && check_file(disk, path, target).ok()) return path;
  disk::Path part = path;
  part += ".part";
  fetch::Request request;
  request.url = TRY(target_url(base_url, target, is_consistent));
  request.most_bytes = target.file.bytes;
  request.never_changes = is_consistent;
  Status done;
  {
    ToFile sink(disk, part, target);
    done = fetcher.fetch(request, sink);
    if (done.ok()) done = sink.finish();
  }
  if (done.ok()) done = disk.rename(part, path);
  if (!done.ok()) {
    if (disk.look(part).ok()) static_cast<void>(disk.remove(part));
    return done.error();
  }
  TRY(disk.sync_folder(folder));
  return path;
}

}  // namespace slipway::updater
