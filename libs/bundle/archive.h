// A bundle as one file.
#pragma once

#include <memory>

#include "bundle/copy.h"
#include "bundle/layout.h"
#include "bundle/source.h"

namespace slipway::bundle {

class Archive final : public Source {
 public:
  // Reads the header and the manifest, nothing else; `name` is for messages. kInvalid unless the
  // size is to the byte what the manifest implies.
  static Result<std::unique_ptr<Archive>> open(std::unique_ptr<Bytes> bytes, std::string name);

  std::string where() const override { return name_; }
  Result<std::size_t> read(std::string_view sha256, std::uint64_t offset,
                           std::span<std::byte> to) override;
  Run run_at(std::string_view sha256, std::uint64_t offset) override;

  const Layout& layout() const { return layout_; }

  // Between the objects, where no hash covers it, there are zeros.
  Status check_rest() override;

 private:
  Archive(std::unique_ptr<Bytes> bytes, std::string name, std::string text, Manifest manifest,
          Layout layout);

  // Of an object, what lies between an offset in it and its end.
  struct Place {
    std::uint64_t at = 0;
    std::uint64_t left = 0;
  };
  Result<Place> find(std::string_view sha256, std::uint64_t offset) const;

  std::unique_ptr<Bytes> bytes_;
  std::string name_;
  Layout layout_;
  std::map<std::string, std::uint64_t, std::less<>> sizes_;
};

// Writes what a source holds as an archive, in one step: the file is there whole and checked, or is
// as it was. Of the same manifest and objects it is the same bytes, whoever writes it and when.
Status write_archive(Source& from, const std::filesystem::path& path,
                     const Progress& progress = {});

}  // namespace slipway::bundle
