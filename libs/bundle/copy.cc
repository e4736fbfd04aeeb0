#include "bundle/copy.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/str.h"
#include "digest/digest.h"

namespace slipway::bundle {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::array<std::byte, std::size_t{64} << 10> kZeros{};

class Nowhere final : public Sink {
 public:
  Status write(std::span<const std::byte> /*bytes*/) override { return {}; }
  Status zeros(std::uint64_t /*count*/) override { return {}; }
};

template <typename Take>
Status for_zeros(std::uint64_t count, const Take& take) {
  while (count > 0) {
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(count, kZeros.size()));
    TRY(take(std::span(kZeros).first(now)));
    count -= now;
  }
  return {};
}

Run clipped(Run run, std::uint64_t left) {
  run.bytes = std::clamp<std::uint64_t>(run.bytes, 1, left);
  return run;
}

// Hashes what passes through, and says how far it has come.
class Meter {
 public:
  explicit Meter(const Progress& progress) : progress_(progress) {}

  void take(std::span<const std::byte> bytes) {
    hasher_.update(bytes);
    if (progress_) progress_(bytes.size());
  }
  void take_zeros(std::uint64_t count) {
    Status ignored = for_zeros(count, [&](std::span<const std::byte> zeros) -> Status {
      take(zeros);
      return {};
    });
  }
  std::string finish() { return hasher_.finish(); }

 private:
  const Progress& progress_;
  Hasher hasher_;
};

}  // namespace

Status Sink::zeros(std::uint64_t count) {
  return for_zeros(count, [&](std::span<const std::byte> zeros) { return write(zeros); });
}

Status copy_object(Source& source, const FileEntry& file, Sink& sink, const Progress& progress) {
  Meter meter(progress);
  std::vector<std::byte> piece(
      static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, file.bytes)));
  for (std::uint64_t done = 0; done < file.bytes;) {
    const std::uint64_t left = file.bytes - done;
    const Run run = clipped(source.run_at(file.sha256, done), left);
    if (run.is_zeros) {
      meter.take_zeros(run.bytes);
      TRY(sink.zeros(run.bytes));
      done += run.bytes;
      continue;
    }
    const std::span<std::byte> into = std::span(piece).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), run.bytes)));
    const std::size_t got = TRY(source.read(file.sha256, done, into));
    if (got == 0 || got > into.size()) {
      return Error{Code::kInvalid, str(source.where(), ": ", file.path, " ends after ", done,
                                       " of ", file.bytes, " bytes: it is damaged, get it again")};
    }
    meter.take(into.first(got));
    TRY(sink.write(into.first(got)));
    done += got;
  }
  if (meter.finish() == file.sha256) return {};
  return Error{Code::kInvalid,
               str(source.where(), ": ", file.path,
                   " is not what the manifest says, its hash is another: it was damaged or "
                   "exchanged, get the bundle again")};
}

Status check_object(Source& source, const FileEntry& file, const Progress& progress) {
  Nowhere nowhere;
  return copy_object(source, file, nowhere, progress);
}

Status check_objects(Source& source, const Progress& progress) {
  for (const FileEntry& file : distinct_objects(source.manifest()))
    TRY(check_object(source, file, progress));
  return source.check_rest();
}

Result<FileEntry> describe(Bytes& bytes, std::string path, const Progress& progress) {
  Meter meter(progress);
  FileEntry file{.path = std::move(path), .sha256 = {}, .bytes = bytes.size()};
  std::vector<std::byte> piece(
      static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, file.bytes)));
  for (std::uint64_t done = 0; done < file.bytes;) {
    const Run run = clipped(bytes.run_at(done), file.bytes - done);
    if (run.is_zeros) {
      meter.take_zeros(run.bytes);
      done += run.bytes;
      continue;
    }
    const std::size_t got =
        TRY(bytes.read_at(done, std::span(piece).first(static_cast<std::size_t>(
                                    std::min<std::uint64_t>(piece.size(), run.bytes)))));
    if (got == 0)
      return Error{Code::kIo, str(file.path, " became shorter while it was read: pack again")};
    meter.take(std::span(piece).first(got));
    done += got;
  }
  file.sha256 = meter.finish();
  return file;
}

std::vector<FileEntry> distinct_objects(const Manifest& manifest) {
  std::vector<FileEntry> objects = manifest.files;
  std::ranges::stable_sort(objects, {}, &FileEntry::sha256);
  const auto same = [](const FileEntry& a, const FileEntry& b) { return a.sha256 == b.sha256; };
  objects.erase(std::unique(objects.begin(), objects.end(), same), objects.end());
  return objects;
}

}  // namespace slipway::bundle
