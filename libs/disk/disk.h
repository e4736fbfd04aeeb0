// The file system as what must survive a power cut uses it: every effect is a call that a test can
// let fail, or let be the last.
//
// What a crash leaves: bytes written to a file are on disk after File::sync(), in part or not at
// all before. Names (created, renamed, removed) are on disk after sync_folder() of the folder that
// holds them, in any order or not at all before; a rename is either done or not, never half.
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
  virtual Status write(std::span<const std::byte> bytes) = 0;
  Status write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  virtual Status sync() = 0;
};

enum class Kind : std::uint8_t { kFile, kFolder, kOther };  // kOther: links, devices, pipes

struct Entry {
  std::string name;
  Kind kind = Kind::kFile;
  std::uint64_t bytes = 0;  // of a file
};

// Paths are absolute or relative to the working folder. No call follows a symbolic link in the last
// part of its path. Failures are kNotFound or kIo and name the path, the reason and, where there is
// one, the way out.
class Disk {
 public:
  virtual ~Disk() = default;

  virtual Result<std::unique_ptr<File>> create(const Path& path) = 0;  // replaces what was there
  virtual Result<std::unique_ptr<File>> append(const Path& path) = 0;  // creates what is not there
  virtual Status make_folder(const Path& path) = 0;  // fine if it is there; its parent must be
  virtual Status rename(const Path& from, const Path& to) = 0;  // a file replaces a file
  virtual Status remove(const Path& path) = 0;                  // a file or an empty folder
  virtual Status sync_folder(const Path& path) = 0;
  // Takes space for a file in advance, so that writing so much cannot fail for want of it.
  virtual Status reserve(const Path& path, std::uint64_t bytes) = 0;

  virtual Result<Entry> look(const Path& path) = 0;  // kNotFound where there is nothing
  virtual Result<std::vector<Entry>> list(const Path& folder) = 0;  // by name
  // All of a file; kTooLarge, before anything is read, when it has more than max_bytes.
  virtual Result<std::string> read(const Path& path, std::size_t max_bytes) = 0;
  // How many bytes there were from `offset` on, at most as many as `to` takes.
  virtual Result<std::size_t> read_at(const Path& path, std::uint64_t offset,
                                      std::span<std::byte> to) = 0;
  virtual Result<std::uint64_t> free_bytes(const Path& folder) = 0;
};

// The machine's own.
Disk& real_disk();

// Makes `content` the file's in one step: after a crash it has all of the old or all of the new.
// Its folder is there; when this returns, the name is on disk as well.
Status replace_file(Disk& disk, const Path& path, std::string_view content);

}  // namespace slipway::disk
