// The file system as what must survive a power cut uses it: every effect is a call that a test can
// let fail, or let be the last.
//
// What a crash leaves: bytes written to a file are on disk after File::sync(), in part or not at
// all before. Names (created, linked, renamed, removed) are on disk after sync_folder() of the
// folder that holds them (of a rename: that of the new name), in any order or not at all before; a
// rename is either done or not, never half. What a failed sync left unwritten stays so, whatever a
// later sync says: write it to another file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway::disk {

using Path = std::filesystem::path;

// A file that is being written, from its beginning or its end on.
class File {
 public:
  virtual ~File() = default;
  // After a failure a part of the bytes may be in the file.
  virtual Status write(std::span<const std::byte> bytes) = 0;
  Status write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  // So many zeros, as a hole that costs no space where the file system has those.
  virtual Status zeros(std::uint64_t count) = 0;
  virtual Status sync() = 0;
};

// Held until it is destroyed; the operating system ends that of a process that dies.
class Lock {
 public:
  virtual ~Lock() = default;
};

enum class Kind : std::uint8_t { kFile, kFolder, kOther };  // kOther: links, devices, pipes

struct Entry {
  std::string name;
  Kind kind = Kind::kFile;
  std::uint64_t bytes = 0;  // of a file
  std::uint64_t id = 0;     // the same for two names of one file, other for every other file
};

// Paths are absolute or relative to the working folder. No call follows a symbolic link in the last
// part of its path. Failures name the path and the reason: kNotFound, kTooLarge when the disk is
// full, kIo for the rest. A call that failed changed nothing, but for File::write().
class Disk {
 public:
  virtual ~Disk() = default;

  // A new file. What had the name before loses it, and keeps its other names and its bytes.
  virtual Result<std::unique_ptr<File>> create(const Path& path) = 0;
  virtual Result<std::unique_ptr<File>> append(const Path& path) = 0;  // creates what is not there
  virtual Status make_folder(const Path& path) = 0;  // fine if it is there; its parent must be
  // A file replaces a file, a folder takes a name that is free. Where both are names of one file,
  // nothing happens and both stay.
  virtual Status rename(const Path& from, const Path& to) = 0;
  // One more name, which must be free, for a file.
  virtual Status link(const Path& file, const Path& name) = 0;
  virtual Status remove(const Path& path) = 0;  // a file or an empty folder
  virtual Status sync_folder(const Path& path) = 0;
  // Takes space for a file that is there, in advance, so that it can grow to so many bytes without
  // more; its size stays. Where the file system cannot, it only compares with what is free.
  virtual Status reserve(const Path& path, std::uint64_t bytes) = 0;
  // Cuts a file to its first so many bytes. On disk when it returns; a crash before that leaves all
  // of the file or what it was cut to.
  virtual Status shorten(const Path& path, std::uint64_t bytes) = 0;

  // Keeps out whoever else asks for the lock of this path, in any process; kIo if it is held. It
  // may leave a file there, which is nobody else's.
  virtual Result<std::unique_ptr<Lock>> lock(const Path& path) = 0;

  virtual Result<Entry> look(const Path& path) = 0;  // kNotFound where there is nothing
  virtual Result<std::vector<Entry>> list(const Path& folder) = 0;  // by name
  // All of a file; kTooLarge, before anything is read, when it has more than max_bytes.
  virtual Result<std::string> read(const Path& path, std::size_t max_bytes) = 0;
  // How many bytes there were from `offset` on, at most as many as `to` takes.
  virtual Result<std::size_t> read_at(const Path& path, std::uint64_t offset,
                                      std::span<std::byte> to) = 0;
  // Forgets what memory holds of a file and the disk has, so that the next reading tells what is on
  // disk: bytes that rotted, or that a failed sync did not write. A wish, which may come to
  // nothing.
  virtual void read_anew(const Path& path) = 0;
  virtual Result<std::uint64_t> free_bytes(const Path& folder) = 0;
};

// The machine's own.
Disk& real_disk();

// Makes `content` the file's in one step: after a crash it has all of the old or all of the new.
// Its folder is there; when this returns, the name is on disk as well. One writer at a time: it
// writes path.new first, and a crash may leave that file, which the next call replaces.
Status replace_file(Disk& disk, const Path& path, std::string_view content);

inline Path folder_of(const Path& path) {
  const Path folder = path.parent_path();
  return folder.empty() ? Path(".") : folder;
}

}  // namespace slipway::disk
