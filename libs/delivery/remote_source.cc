#include "delivery/remote_source.h"

#include <algorithm>

#include "base/str.h"

namespace slipway::delivery {
namespace {

// What a fetch brings from an offset on. Of bytes that never change: where a transfer starts over,
// what was given already is passed over.
class Receiver : public fetch::Sink {
 public:
  Receiver(const Stream::Put& put, std::uint64_t offset) : put_(put), next_(offset) {}

  Status begin(const fetch::Source& source) override {
    if (source.offset > next_) {
      return Error{Code::kIo, str("the transfer begins at byte ", source.offset, " and not at ",
                                  next_, ": try again")};
    }
    passed_over_ = next_ - source.offset;
    return {};
  }

  Status write(std::span<const std::byte> bytes) override {
    const auto known =
        static_cast<std::size_t>(std::min<std::uint64_t>(passed_over_, bytes.size()));
    passed_over_ -= known;
    next_ += bytes.size() - known;
    return put_(bytes.subspan(known));
  }

 private:
  const Stream::Put& put_;
  std::uint64_t next_;             // byte of the file
  std::uint64_t passed_over_ = 0;  // bytes that come once more
};

}  // namespace

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
    stream_ = std::make_unique<Stream>(
        offset, [fetcher = fetcher_, request = std::move(request)](const Stream::Put& put) {
          Receiver receiver(put, request.offset);
          return fetcher->fetch(request, receiver);
        });
  }
  Result<std::size_t> count = stream_->read(to);
  if (!count.ok()) stream_.reset();
  return count;
}

}  // namespace slipway::delivery
