#include "store/objects.h"

#include <algorithm>
#include <vector>

#include "base/str.h"
#include "digest/digest.h"

namespace slipway::store {
namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;
constexpr std::size_t kMostDepth = 1000;  // of folders that a path of a bundle can have

std::vector<std::byte> piece_for(std::uint64_t bytes) {
  return std::vector<std::byte>(static_cast<std::size_t>(std::min(kPieceBytes, bytes)));
}

// As much of `piece` as is left of `bytes` behind `done`.
std::span<std::byte> rest_of(std::vector<std::byte>& piece, std::uint64_t done,
                             std::uint64_t bytes) {
  return std::span(piece).first(
      static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), bytes - done)));
}

// The first so many bytes of a file.
Status hash_start(Disk& disk, const Path& path, std::uint64_t bytes, Hasher& hasher,
                  const Bytes& progress) {
  std::vector<std::byte> piece = piece_for(bytes);
  for (std::uint64_t done = 0; done < bytes;) {
    const std::size_t got = TRY(disk.read_at(path, done, rest_of(piece, done, bytes)));
    if (got == 0) return Error{Code::kInvalid, str(path.string(), " ends too early")};
    hasher.update(std::span(piece).first(got));
    if (progress) progress(got);
    done += got;
  }
  return {};
}

// A file that is written from a source, and hashed as it is.
class Receiver {
 public:
  Receiver(Disk& disk, bundle::Source& source, const bundle::FileEntry& file, Path part)
      : disk_(disk), source_(source), file_(file), part_(std::move(part)) {}

  // From `begin` on, where the hash of what is before it is in `hasher`. Whether the hash is right.
  Result<bool> receive(std::uint64_t begin, Hasher& hasher, const Bytes& progress) {
    const std::unique_ptr<disk::File> out = TRY(disk_.append(part_));
    std::vector<std::byte> piece = piece_for(file_.bytes - begin);
    for (std::uint64_t done = begin; done < file_.bytes;) {
      const std::span<std::byte> into = rest_of(piece, done, file_.bytes);
      const bundle::Run run = source_.run_at(file_.sha256, done);
      std::uint64_t got = 0;
      if (run.is_zeros && run.bytes >= kPieceBytes) {
        got = TRY(take_zeros(*out, std::min(run.bytes, file_.bytes - done), into, hasher));
      } else {
        got = TRY(take_piece(*out, done, into, hasher));
      }
      if (progress) progress(got);
      done += got;
    }
    if (hasher.finish() != file_.sha256) return false;
    const Status synced = out->sync();
    // What a failed sync did not write no later one will.
    if (!synced.ok()) remove_if_possible(disk_, part_);
    if (!synced.ok()) return synced.error();
    return true;
  }

 private:
  Result<std::uint64_t> take_piece(disk::File& out, std::uint64_t done, std::span<std::byte> into,
                                   Hasher& hasher) {
    const std::size_t got = TRY(source_.read(file_.sha256, done, into));
    if (got == 0 || got > into.size()) {
      return Error{Code::kInvalid, str(source_.where(), ": ", file_.path, " ends after ", done,
                                       " of ", file_.bytes, " bytes: it is damaged, get it again")};
    }
    hasher.update(into.first(got));
    TRY(out.write(into.first(got)));
    return got;
  }

  // A hole of the source is one here, too.
  static Result<std::uint64_t> take_zeros(disk::File& out, std::uint64_t count,
                                          std::span<std::byte> into, Hasher& hasher) {
    std::ranges::fill(into, std::byte{0});
    for (std::uint64_t done = 0; done < count;) {
      const std::span<std::byte> now =
          into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), count - done)));
      hasher.update(now);
      done += now.size();
    }
    TRY(out.zeros(count));
    return count;
  }

  Disk& disk_;
  bundle::Source& source_;
  const bundle::FileEntry& file_;
  Path part_;
};

Status remove_tree(Disk& disk, const Path& path, std::size_t depth) {
  const Result<disk::Entry> entry = disk.look(path);
  if (!entry.ok()) return entry.error().code == Code::kNotFound ? Status() : entry.error();
  if (entry->kind == disk::Kind::kFolder && depth < kMostDepth) {
    const std::vector<disk::Entry> children = TRY(disk.list(path));
    for (const disk::Entry& child : children) TRY(remove_tree(disk, path / child.name, depth + 1));
  }
  return disk.remove(path);
}

}  // namespace

Status check_file(Disk& disk, const Path& path, const bundle::FileEntry& file,
                  const Bytes& progress) {
  const disk::Entry entry = TRY(disk.look(path));
  if (entry.kind != disk::Kind::kFile) {
    return Error{Code::kInvalid, str(path.string(), " is no regular file")};
  }
  if (entry.bytes != file.bytes) {
    return Error{Code::kInvalid,
                 str(path.string(), " has ", entry.bytes, " bytes instead of ", file.bytes)};
  }
  Hasher hasher;
  const Status read = hash_start(disk, path, file.bytes, hasher, progress);
  // A sector that cannot be read is damage, too.
  if (!read.ok()) return Error{Code::kInvalid, read.error().message};
  if (hasher.finish() == file.sha256) return {};
  return Error{Code::kInvalid, str(path.string(), " is damaged: its hash is another")};
}

Result<Received> receive_object(Disk& disk, bundle::Source& source, const bundle::FileEntry& file,
                                const Path& part, const Bytes& progress) {
  Receiver receiver(disk, source, file, part);
  const std::uint64_t there = TRY(disk.look(part)).bytes;
  if (there > 0 && there <= file.bytes) {
    disk.read_anew(part);
    Hasher hasher;
    const Status hashed = hash_start(disk, part, there, hasher, {});
    if (hashed.ok() && TRY(receiver.receive(there, hasher, progress))) {
      if (progress) progress(there);
      return Received{.copied_bytes = file.bytes - there, .resumed_bytes = there};
    }
  }
  if (there > 0) {
    TRY(disk.create(part));
    TRY(disk.reserve(part, file.bytes));
  }
  Hasher hasher;
  if (TRY(receiver.receive(0, hasher, progress))) return Received{.copied_bytes = file.bytes};
  remove_if_possible(disk, part);
  return Error{Code::kInvalid,
               str(source.where(), ": ", file.path,
                   " is not what the manifest says, its hash is another: it was damaged or "
                   "exchanged, get the bundle again")};
}

Status remove_tree(Disk& disk, const Path& path) { return remove_tree(disk, path, 0); }

void remove_if_possible(Disk& disk, const Path& path) {
  [[maybe_unused]] const Status removed = remove_tree(disk, path);
}

}  // namespace slipway::store
