// Makes the new file from the old one and a delta: docs/formats/delta.md.
//
// Nothing here depends on how large the files are: at most kMostApplyBytes of memory are in use.
// The delta may be anything; what comes out is the new file, by its SHA-256, or an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/files.h"
#include "base/result.h"
#include "delta/format.h"

namespace slipway::delta {

inline constexpr std::size_t kMostApplyBytes = std::size_t{16} << 20;

// Bytes that can be read anywhere: a file, a part of one, memory.
class Source {
 public:
  virtual ~Source() = default;
  virtual std::uint64_t size_bytes() const = 0;
  // Fills `to`; an error when the source ends before, too.
  virtual Status read_at(std::uint64_t offset, std::span<std::byte> to) const = 0;
};

class FileSource final : public Source {
 public:
  static Result<FileSource> open(const std::filesystem::path& path);
  std::uint64_t size_bytes() const override { return file_.size_bytes; }
  Status read_at(std::uint64_t offset, std::span<std::byte> to) const override;

 private:
  FileSource(std::filesystem::path path, OpenFile file)
      : path_(std::move(path)), file_(std::move(file)) {}
  std::filesystem::path path_;
  OpenFile file_;
};

class MemorySource final : public Source {
 public:
  // Borrows the bytes.
  explicit MemorySource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::uint64_t size_bytes() const override { return bytes_.size(); }
  Status read_at(std::uint64_t offset, std::span<std::byte> to) const override;

 private:
  std::span<const std::byte> bytes_;
};

struct Header {
  std::uint64_t old_bytes = 0;
  std::uint64_t new_bytes = 0;
  std::string old_sha256_start;  // hexadecimal, of the first kOldHashBytes
  std::string new_sha256;
};

// kInvalid: not a delta; kUnsupported: one of a later format.
Result<Header> read_header(const Source& delta);

// Takes the new file's bytes in order.
using Sink = std::function<Status(std::span<const std::byte>)>;

class Applier {
 public:
  // Borrows both, which outlive it. An old file of another size than the delta was made for is
  // kInvalid.
  static Result<Applier> open(const Source& old, const Source& delta);
  Applier(Applier&&) noexcept;
  Applier& operator=(Applier&&) noexcept;
  ~Applier();

  const Header& header() const;

  // Before run(): `written` is what an earlier run gave to its sink before it was interrupted. The
  // answer is how many bytes of it are right, up to the end of a frame: cut it there, and run()
  // goes on from there.
  Result<std::uint64_t> resume(const Source& written);

  // Gives the rest of the new file to `sink`, and is ok only if all of it, with what resume()
  // found, has the hash of the header; else what the sink was given is to be thrown away. kInvalid
  // says whether the old file is another one or the delta is damaged; errors of the sink and the
  // sources are passed on, and what was written stays good for resume().
  Status run(const Sink& sink);

 private:
  class State;
  explicit Applier(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace slipway::delta
