#include "delivery/remote_source.h"

#include <algorithm>

#include "base/str.h"

namespace slipway::delivery {

std::string object_path(std::string_view sha256) {
  return str("objects/", sha256.substr(0, 2), "/", sha256);
}

std::string RemoteSource::where() const {
  return str(manifest().name, " ", manifest().version.text(), " of the repository");
}

Result<std::size_t> RemoteSource::read(std::string_view sha256, std::uint64_t offset,
                                       std::span<std::byte> to) {
  const auto& files = manifest().files;
  const auto file = std::ranges::find(files, sha256, &bundle::FileEntry::sha256);
  if (file == files.end()) {
    return Error{Code::kNotFound,
                 str(where(), ": its manifest names no object ", shorten(sha256, 80))};
  }
  if (offset >= file->bytes) return std::size_t{0};
  if (stream_ == nullptr || streamed_ != sha256 || stream_->position() != offset) {
    stream_.reset();
    fetch::Request request;
    request.url = fetch::join_url(files_url_, object_path(sha256));
    request.most_bytes = file->bytes;
    request.offset = offset;
    request.never_changes = true;
    streamed_ = sha256;
    stream_ = std::make_unique<Stream>(*fetcher_, std::move(request));
  }
  Result<std::size_t> count = stream_->read(to);
  if (!count.ok()) stream_.reset();
  return count;
}

}  // namespace slipway::delivery
