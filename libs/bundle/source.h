// Where a bundle comes from: one file, a folder, later a server. Nothing that takes a Source may
// assume that reading is local or fast, or that what it reads is what the manifest says: that is
// shown by copy_object() of copy.h, or by hashing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "bundle/bytes.h"
#include "bundle/manifest.h"

namespace slipway::bundle {

class Source {
 public:
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // What parse_manifest() made of the text. Nobody has vouched for either: where bundles are
  // signed, the hash of the text is compared with the signed one before any object is read.
  const Manifest& manifest() const { return manifest_; }
  const std::string& manifest_text() const { return text_; }

  // For messages: "autopilot-1.2.0.slip".
  virtual std::string where() const = 0;

  // Bytes of the object with this hash (an object is what files of one hash have in common), from
  // an offset on: fills `to` but at the object's end; returns how many there were, 0 at the end and
  // beyond. Not verified. kNotFound where the manifest names no such object, kInvalid where it is
  // not there as the manifest says, kIo where it cannot be read now.
  virtual Result<std::size_t> read(std::string_view sha256, std::uint64_t offset,
                                   std::span<std::byte> to) = 0;
  // What is known of its bytes from there on without reading them.
  virtual Run run_at(std::string_view /*sha256*/, std::uint64_t /*offset*/) { return {}; }

  // kInvalid where it holds what the manifest does not speak of.
  virtual Status check_rest() { return {}; }

 protected:
  Source(std::string text, Manifest manifest)
      : text_(std::move(text)), manifest_(std::move(manifest)) {}

 private:
  std::string text_;
  Manifest manifest_;
};

// A .slip file, an unpacked bundle's folder, or a manifest alone, whose objects are not there
// (kNotFound). Sizes of files are those of the manifest, else kInvalid; hashes are not looked at.
Result<std::unique_ptr<Source>> open_source(const std::filesystem::path& path);

}  // namespace slipway::bundle
