// An archive of any bytes: an error, or objects of the sizes that the manifest states, read from
// any offset. The manifest's hash in the header is made to fit, so that what lies behind is
// reached.
#include "bundle/archive.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "digest/digest.h"

namespace {

using namespace slipway;

class Memory final : public bundle::Bytes {
 public:
  explicit Memory(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> to) override {
    const std::size_t from = std::min<std::uint64_t>(offset, bytes_.size());
    const std::size_t count = std::min(to.size(), bytes_.size() - from);
    if (count > 0) std::memcpy(to.data(), bytes_.data() + from, count);
    return count;
  }

 private:
  std::string_view bytes_;
};

void read(std::string_view bytes) {
  const auto archive = bundle::Archive::open(std::make_unique<Memory>(bytes), "x.slip");
  if (!archive.ok()) return;
  if ((*archive)->layout().end != bytes.size()) std::abort();
  std::array<std::byte, 7> some;
  for (const bundle::FileEntry& file : (*archive)->manifest().files) {
    for (const std::uint64_t offset :
         {std::uint64_t{0}, file.bytes / 2, file.bytes, ~std::uint64_t{0}}) {
      const auto got = (*archive)->read(file.sha256, offset, some);
      const std::uint64_t left = file.bytes - std::min(offset, file.bytes);
      if (!got.ok() || *got != std::min<std::uint64_t>(left, some.size())) std::abort();
    }
  }
  static_cast<void>(bundle::check_objects(**archive));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  std::string bytes(reinterpret_cast<const char*>(data), size_bytes);
  read(bytes);
  const auto header = bundle::parse_header(std::as_bytes(std::span(bytes)));
  if (!header.ok()) return 0;
  const std::string_view behind = std::string_view(bytes).substr(bundle::kHeaderBytes);
  const std::string_view manifest = behind.substr(0, header->manifest_bytes);
  const bundle::HeaderBytes fitting =
      bundle::to_bytes({static_cast<std::uint32_t>(manifest.size()), sha256(manifest)});
  std::memcpy(bytes.data(), fitting.data(), fitting.size());
  read(bytes);
  const auto parsed = bundle::parse_manifest(manifest);
  if (!parsed.ok()) return 0;
  const std::uint64_t end = bundle::layout_of(*parsed, manifest.size()).end;
  if (end > bytes.size() && end < (std::uint64_t{1} << 20)) {
    bytes.resize(static_cast<std::size_t>(end), '\0');
    read(bytes);
  }
  return 0;
}
