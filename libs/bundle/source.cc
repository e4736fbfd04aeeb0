#include "bundle/source.h"

#include <array>

#include "base/files.h"
#include "base/str.h"
#include "bundle/archive.h"
#include "bundle/below.h"

namespace slipway::bundle {
namespace {

namespace fs = std::filesystem;

Result<Manifest> parse_named(const std::string& name, std::string_view text) {
  Result<Manifest> manifest = parse_manifest(text);
  if (manifest.ok()) return manifest;
  return Error{manifest.error().code, str(name, ": ", manifest.error().message)};
}

// A bundle as slipway unpack leaves it.
class Folder final : public Source {
 public:
  static Result<std::unique_ptr<Source>> open(const fs::path& path) {
    Below below = TRY(Below::open(path));
    std::string text = TRY(read_manifest(below, path));
    Manifest manifest = TRY(parse_named((path / kManifestName).string(), text));
    for (const FileEntry& file : manifest.files) {
      const OpenFile opened = TRY(below.open_file(file.path));
      if (opened.size_bytes != file.bytes)
        return Error{Code::kInvalid,
                     str((path / file.path).string(), " has ", opened.size_bytes,
                         " bytes where the manifest says ", file.bytes, ": get the bundle again")};
    }
    return std::unique_ptr<Source>(
        new Folder(std::move(below), path, std::move(text), std::move(manifest)));
  }

  std::string where() const override { return path_.string(); }

  Result<std::size_t> read(std::string_view sha256, std::uint64_t offset,
                           std::span<std::byte> to) override {
    return TRY(object(sha256))->read_at(offset, to);
  }

  Run run_at(std::string_view sha256, std::uint64_t offset) override {
    const Result<Bytes*> bytes = object(sha256);
    return bytes.ok() ? (*bytes)->run_at(offset) : Run();
  }

 private:
  Folder(Below below, fs::path path, std::string text, Manifest manifest)
      : Source(std::move(text), std::move(manifest)),
        below_(std::move(below)),
        path_(std::move(path)) {
    for (const FileEntry& file : this->manifest().files) paths_.emplace(file.sha256, file.path);
  }

  static Result<std::string> read_manifest(const Below& below, const fs::path& path) {
    Result<OpenFile> file = below.open_file(std::string(kManifestName));
    if (!file.ok() && file.error().code == Code::kNotFound)
      return Error{Code::kNotFound,
                   str(path.string(), " is no unpacked bundle: it has no ", kManifestName,
                       "; slipway pack makes a bundle of artifacts")};
    OpenFile opened = TRY(std::move(file));
    const std::string name = (path / kManifestName).string();
    if (opened.size_bytes > kMostManifestBytes)
      return Error{Code::kTooLarge, str(name, " has ", opened.size_bytes, " bytes, more than the ",
                                        kMostManifestBytes, " accepted")};
    std::string text(opened.size_bytes, '\0');
    const auto bytes = bytes_of(std::move(opened), name);
    text.resize(TRY(bytes->read_at(0, std::as_writable_bytes(std::span(text)))));
    return text;
  }

  // The object that was read last stays open.
  Result<Bytes*> object(std::string_view sha256) {
    if (opened_ != nullptr && opened_hash_ == sha256) return opened_.get();
    const auto path = paths_.find(sha256);
    if (path == paths_.end())
      return Error{Code::kNotFound, str(where(), " holds no object ", shorten(sha256, 64))};
    opened_ = bytes_of(TRY(below_.open_file(path->second)), (path_ / path->second).string());
    opened_hash_ = sha256;
    return opened_.get();
  }

  Below below_;
  fs::path path_;
  std::map<std::string, std::string, std::less<>> paths_;  // by hash
  std::unique_ptr<Bytes> opened_;
  std::string opened_hash_;
};

// A manifest that came first, or alone.
class ManifestAlone final : public Source {
 public:
  ManifestAlone(std::string name, std::string text, Manifest manifest)
      : Source(std::move(text), std::move(manifest)), name_(std::move(name)) {}

  std::string where() const override { return name_; }
  Result<std::size_t> read(std::string_view /*sha256*/, std::uint64_t /*offset*/,
                           std::span<std::byte> /*to*/) override {
    return Error{Code::kNotFound, str(name_,
                                      " is a manifest alone, without its files: take the "
                                      ".slip file or the folder of the bundle")};
  }

 private:
  std::string name_;
};

Result<std::unique_ptr<Source>> open_file_source(const fs::path& path) {
  const std::string name = path.string();
  std::unique_ptr<Bytes> bytes = TRY(open_bytes(path));
  std::array<std::byte, 16> head{};
  const std::size_t got = TRY(bytes->read_at(0, head));
  const bool is_manifest = got > 0 && head[0] == std::byte{'{'};
  if (!is_manifest) {
    std::unique_ptr<Archive> archive = TRY(Archive::open(std::move(bytes), name));
    return std::unique_ptr<Source>(std::move(archive));
  }
  std::string text = TRY(read_file(path, kMostManifestBytes));
  Manifest manifest = TRY(parse_named(name, text));
  return std::unique_ptr<Source>(
      std::make_unique<ManifestAlone>(name, std::move(text), std::move(manifest)));
}

}  // namespace

Result<std::unique_ptr<Source>> open_source(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return Folder::open(path);
  Result<std::unique_ptr<Source>> opened = open_file_source(path);
  if (opened.ok() || opened.error().code != Code::kNotFound) return opened;
  return Error{Code::kNotFound, str(opened.error().message, "; name a .slip file or its folder")};
}

}  // namespace slipway::bundle
