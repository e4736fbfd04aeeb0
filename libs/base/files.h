// Reading and writing whole files. A write is atomic: after a crash at any moment the file has its
// old content or all of the new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace slipway {

// "what: why" from errno, as kNotFound or kIo.
Error system_error(std::string_view what);

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

struct OpenFile {
  Descriptor descriptor;
  std::size_t size_bytes = 0;
};

// Opens a regular file. A folder, a pipe or a device is kUsage; never blocks on them.
Result<OpenFile> open_to_read(const std::filesystem::path& path);

// All of a file; kTooLarge, before anything is read, when it has more than max_bytes.
Result<std::string> read_file(const std::filesystem::path& path,
                              std::size_t max_bytes = std::size_t{1} << 31);

// Writes a new file beside the target; commit() makes it the target in one step and on disk.
// Without commit() the target stays as it was and the new file is removed.
class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::filesystem::path& path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Status write(std::span<const std::byte> bytes);
  Status write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  // So many zeros, as a hole where the file system has such.
  Status skip(std::uint64_t bytes);
  Status commit();

 private:
  AtomicFile(std::filesystem::path target, std::string temporary, Descriptor descriptor);

  std::filesystem::path target_;
  std::string temporary_;  // empty once renamed
  Descriptor descriptor_;
};

Status write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace slipway
