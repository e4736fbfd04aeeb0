#include "bundle/archive.h"

#include <algorithm>

#include "base/str.h"
#include "digest/digest.h"

namespace slipway::bundle {
namespace {

class FileSink final : public Sink {
 public:
  explicit FileSink(AtomicFile& file) : file_(file) {}

  Status write(std::span<const std::byte> bytes) override {
    bytes_ += bytes.size();
    return file_.write(bytes);
  }
  Status zeros(std::uint64_t count) override {
    bytes_ += count;
    return file_.skip(count);
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  AtomicFile& file_;
  std::uint64_t bytes_ = 0;
};

Error of_file(const std::string& name, const Error& error) {
  return Error{error.code, str(name, " ", error.message)};
}

// As many bytes as `to` has, or kInvalid.
Status read_all(Bytes& bytes, const std::string& name, std::uint64_t offset,
                std::span<std::byte> to) {
  if (TRY(bytes.read_at(offset, to)) == to.size()) return {};
  return Error{Code::kInvalid, str(name, " became shorter while it was read: get it again")};
}

Status check_size(const std::string& name, std::uint64_t has, std::uint64_t wants) {
  if (has == wants) return {};
  if (has < wants)
    return Error{Code::kInvalid,
                 str(name, " has ", has, " of ", wants,
                     " bytes: the transfer was cut short, or is not over; get the rest")};
  return Error{Code::kInvalid, str(name, " has ", has - wants, " bytes more than the ", wants,
                                   " that its manifest speaks of: it is damaged, get it again")};
}

}  // namespace

Archive::Archive(std::unique_ptr<Bytes> bytes, std::string name, std::string text,
                 Manifest manifest, Layout layout)
    : Source(std::move(text), std::move(manifest)),
      bytes_(std::move(bytes)),
      name_(std::move(name)),
      layout_(std::move(layout)) {
  for (const FileEntry& file : this->manifest().files) sizes_.emplace(file.sha256, file.bytes);
}

Result<std::unique_ptr<Archive>> Archive::open(std::unique_ptr<Bytes> bytes, std::string name) {
  const std::uint64_t size = bytes->size();
  HeaderBytes head{};
  const auto head_bytes = std::span(head).first(std::min<std::size_t>(head.size(), size));
  TRY(read_all(*bytes, name, 0, head_bytes));
  const Result<Header> header = parse_header(head_bytes);
  if (!header.ok()) return of_file(name, header.error());
  if (header->manifest_bytes > size - kHeaderBytes)
    return Error{Code::kInvalid, str(name, " ends within its manifest, after ", size,
                                     " bytes: ", "the transfer was cut short, get it again")};
  std::string text(header->manifest_bytes, '\0');
  TRY(read_all(*bytes, name, kHeaderBytes, std::as_writable_bytes(std::span(text))));
  if (sha256(text) != header->manifest_sha256)
    return Error{Code::kInvalid,
                 str(name,
                     " is damaged: its manifest has not the hash that its header states; "
                     "get it again")};
  Result<Manifest> manifest = parse_manifest(text);
  if (!manifest.ok())
    return Error{manifest.error().code, str(name, ": ", manifest.error().message)};
  Layout layout = layout_of(*manifest, text.size());
  TRY(check_size(name, size, layout.end));
  return std::unique_ptr<Archive>(new Archive(std::move(bytes), std::move(name), std::move(text),
                                              *std::move(manifest), std::move(layout)));
}

Result<Archive::Place> Archive::find(std::string_view sha256, std::uint64_t offset) const {
  const auto at = layout_.offsets.find(sha256);
  const auto size = sizes_.find(sha256);
  if (at == layout_.offsets.end() || size == sizes_.end())
    return Error{Code::kNotFound, str(name_, " holds no object ", shorten(sha256, 64))};
  const std::uint64_t skipped = std::min(offset, size->second);
  return Place{at->second + skipped, size->second - skipped};
}

Result<std::size_t> Archive::read(std::string_view sha256, std::uint64_t offset,
                                  std::span<std::byte> to) {
  const Place place = TRY(find(sha256, offset));
  to = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), place.left)));
  TRY(read_all(*bytes_, name_, place.at, to));
  return to.size();
}

Run Archive::run_at(std::string_view sha256, std::uint64_t offset) {
  const Result<Place> place = find(sha256, offset);
  if (!place.ok() || place->left == 0) return {};
  Run run = bytes_->run_at(place->at);
  run.bytes = std::min(run.bytes, place->left);
  return run;
}

Status Archive::check_rest() {
  std::uint64_t at = kHeaderBytes + manifest_text().size();
  for (const FileEntry& object : distinct_objects(manifest())) {
    const std::uint64_t offset = layout_.offsets.find(object.sha256)->second;
    std::array<std::byte, kAlignment> gap;
    const auto bytes = std::span(gap).first(static_cast<std::size_t>(offset - at));
    TRY(read_all(*bytes_, name_, at, bytes));
    if (std::ranges::any_of(bytes, [](std::byte byte) { return byte != std::byte{0}; }))
      return Error{Code::kInvalid, str(name_, " is damaged before byte ", offset,
                                       ": there is something between its objects")};
    at = offset + object.bytes;
  }
  return {};
}

Status write_archive(Source& from, const std::filesystem::path& path, const Progress& progress) {
  const std::string& text = from.manifest_text();
  const Header header{static_cast<std::uint32_t>(text.size()), sha256(text)};
  const Layout layout = layout_of(from.manifest(), text.size());
  AtomicFile file = TRY(AtomicFile::create(path));
  FileSink sink(file);
  TRY(sink.write(to_bytes(header)));
  TRY(file.write(text));
  std::uint64_t at = kHeaderBytes + text.size();
  for (const FileEntry& object : distinct_objects(from.manifest())) {
    const std::uint64_t offset = layout.offsets.find(object.sha256)->second;
    TRY(sink.zeros(offset - at));
    TRY(copy_object(from, object, sink, progress));
    at = offset + object.bytes;
  }
  return file.commit();
}

}  // namespace slipway::bundle
