#include "delivery/delta_source.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include "base/files.h"
#include "base/str.h"
#include "updater/bundles.h"

namespace slipway::delivery {
namespace {

// Deltas of small objects cost a request and spare nothing.
constexpr std::uint64_t kLeastBytes = 4096;

class ToFile : public fetch::Sink {
 public:
  explicit ToFile(std::filesystem::path path) : path_(std::move(path)) {}

  Status begin(const fetch::Source& source) override {
    if (source.offset != 0) return Error{Code::kIo, "a delta begins at its first byte"};
    bytes_ = 0;
    file_.emplace(TRY(AtomicFile::create(path_)));
    return {};
  }
  Status write(std::span<const std::byte> bytes) override {
    bytes_ += bytes.size();
    return file_->write(bytes);
  }
  Status commit() {
    if (!file_) return Error{Code::kInvalid, "a delta of no bytes is none"};
    return file_->commit();
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::filesystem::path path_;
  std::optional<AtomicFile> file_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

struct DeltaSource::Applied {
  delta::FileSource old;
  delta::FileSource changes;
  std::unique_ptr<Stream> stream = nullptr;  // ends before what it reads
};

DeltaSource::DeltaSource(std::unique_ptr<RemoteSource> remote, fetch::Fetcher& fetcher,
                         std::string files_url, const bundle::Manifest& old,
                         std::filesystem::path old_files, std::filesystem::path scratch)
    : Source(remote->manifest_text(), remote->manifest()),
      remote_(std::move(remote)),
      fetcher_(&fetcher),
      files_url_(std::move(files_url)),
      old_files_(std::move(old_files)),
      scratch_(std::move(scratch)) {
  for (const bundle::FileEntry& file : old.files) old_hashes_[file.path] = file.sha256;
}

DeltaSource::~DeltaSource() {
  applied_.reset();
  std::error_code ignored;
  std::filesystem::remove(scratch_ / "delta", ignored);
}

std::string DeltaSource::old_path(std::string_view sha256) const {
  for (const bundle::FileEntry& file : manifest().files) {
    if (file.sha256 == sha256 && old_hashes_.contains(file.path)) return file.path;
  }
  return {};
}

Status DeltaSource::prepare(const bundle::FileEntry& wanted) {
  applied_.reset();
  prepared_ = wanted.sha256;
  const std::string path = old_path(wanted.sha256);
  if (path.empty() || wanted.bytes < kLeastBytes) return {};
  ToFile sink(scratch_ / "delta");
  fetch::Request request;
  request.url =
      fetch::join_url(files_url_, updater::delta_path(old_hashes_.at(path), wanted.sha256));
  request.most_bytes = wanted.bytes;  // a longer one is of no use
  const Status fetched = fetcher_->fetch(request, sink);
  if (!fetched.ok()) {
    const Code code = fetched.error().code;
    return code == Code::kNotFound || code == Code::kTooLarge ? Status() : fetched;
  }
  TRY(sink.commit());
  const auto is_good = [&]() -> Status {
    auto old = TRY(delta::FileSource::open(old_files_ / path));
    auto changes = TRY(delta::FileSource::open(scratch_ / "delta"));
    auto applied = std::make_unique<Applied>(Applied{std::move(old), std::move(changes)});
    auto applier = TRY(delta::Applier::open(applied->old, applied->changes));
    if (applier.header().new_sha256 != wanted.sha256)
      return Error{Code::kInvalid, "the delta is for another object"};
    TRY(applier.run([](std::span<const std::byte>) { return Status(); }));
    applied_ = std::move(applied);
    return {};
  };
  if (is_good().ok()) {
    traffic_.delta_bytes += sink.bytes();
    traffic_.spared_bytes += wanted.bytes;
  } else {
    traffic_.useless_bytes += sink.bytes();
  }
  return {};
}

Result<std::size_t> DeltaSource::read_applied(std::uint64_t offset, std::span<std::byte> to) {
  std::unique_ptr<Stream>& stream = applied_->stream;
  if (stream == nullptr || stream->position() != offset) {
    stream.reset();
    // Deltas have no way in but from their beginning.
    stream = std::make_unique<Stream>(
        offset, [applied = applied_.get(), offset](const Stream::Put& put) -> Status {
          auto applier = TRY(delta::Applier::open(applied->old, applied->changes));
          std::uint64_t before = offset;
          return applier.run([&](std::span<const std::byte> bytes) {
            const auto known =
                static_cast<std::size_t>(std::min<std::uint64_t>(before, bytes.size()));
            before -= known;
            return put(bytes.subspan(known));
          });
        });
  }
  return stream->read(to);
}

Result<std::size_t> DeltaSource::read(std::string_view sha256, std::uint64_t offset,
                                      std::span<std::byte> to) {
  const auto& files = manifest().files;
  const auto wanted = std::ranges::find(files, sha256, &bundle::FileEntry::sha256);
  if (wanted == files.end()) return remote_->read(sha256, offset, to);
  if (offset >= wanted->bytes) return std::size_t{0};
  if (prepared_ != sha256) {
    TRY(prepare(*wanted));
    if (applied_ == nullptr) traffic_.plain_bytes += wanted->bytes - offset;
  }
  return applied_ != nullptr ? read_applied(offset, to) : remote_->read(sha256, offset, to);
}

}  // namespace slipway::delivery
