#include "tensor/npz.h"

#include <algorithm>
#include <unordered_set>

#include "base/mapped_file.h"
#include "base/str.h"
#include "tensor/npy_header.h"
#include "tensor/zip.h"

namespace slipway {
namespace {

constexpr std::uint64_t kMaxExpansion = 100;
constexpr std::size_t kMaxCompressedStrings = std::size_t{1} << 22;
constexpr std::size_t kHeaderBytes = 4096;
constexpr std::string_view kSuffix = ".npy";

// The header, from the first bytes alone, must account for what the entry declares: nothing of the
// declared size is allocated otherwise.
Status check_declared_size(const ZipEntry& entry) {
  const std::vector<std::byte> start = TRY(inflate_start(entry, kHeaderBytes));
  const NpyHeader header = TRY(parse_npy_header(start));
  const std::uint64_t width = header.kind == 'U' ? std::uint64_t{header.width} * 4 : header.width;
  std::uint64_t needed = 0;
  if (__builtin_mul_overflow(TRY(element_count(header.shape)), width, &needed) ||
      __builtin_add_overflow(needed, header.header_bytes, &needed) || needed != entry.size_bytes) {
    return Error{Code::kInvalid, str("its header and its declared size of ", entry.size_bytes,
                                     " bytes contradict each other")};
  }
  return {};
}

Result<Tensor> read_entry(const ZipEntry& entry, NpyOptions options) {
  if (!entry.deflated) {
    TRY(check_crc(entry, entry.stored));
    return read_npy_bytes(entry.stored, options);
  }
  TRY(check_declared_size(entry));
  options.max_strings = std::min(options.max_strings, kMaxCompressedStrings);
  const std::vector<std::byte> content = TRY(inflate_entry(entry));
  return read_npy_bytes(content, options);
}

Status check_total(const std::vector<ZipEntry>& entries, std::size_t archive_bytes,
                   std::size_t max_expanded_bytes) {
  const std::uint64_t allowed =
      std::max<std::uint64_t>(max_expanded_bytes, kMaxExpansion * archive_bytes);
  std::uint64_t total = 0;
  for (const ZipEntry& entry : entries) {
    if (__builtin_add_overflow(total, entry.size_bytes, &total) || total > allowed) {
      return Error{Code::kTooLarge, str("its arrays decompress to more than ", allowed >> 20,
                                        " MiB: save it without compression")};
    }
  }
  return {};
}

}  // namespace

Result<std::vector<NamedArray>> read_npz_bytes(std::span<const std::byte> bytes,
                                               const NpyOptions& options) {
  const std::vector<ZipEntry> entries = TRY(read_zip_directory(bytes));
  TRY(check_total(entries, bytes.size(), options.max_expanded_bytes));
  std::vector<NamedArray> arrays;
  std::unordered_set<std::string_view> names;
  for (const ZipEntry& entry : entries) {
    std::string_view name = entry.name;
    if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
    if (!names.insert(name).second) {
      return Error{Code::kInvalid, str("two arrays are named ", shorten(name))};
    }
    Result<Tensor> tensor = read_entry(entry, options);
    if (!tensor.ok()) {
      return Error{tensor.error().code, str(shorten(name), ": ", tensor.error().message)};
    }
    arrays.push_back({std::string(name), *std::move(tensor)});
  }
  return arrays;
}

Result<std::vector<NamedArray>> read_npz(const std::filesystem::path& path,
                                         const NpyOptions& options) {
  const std::shared_ptr<const MappedFile> file = TRY(MappedFile::open(path));
  Result<std::vector<NamedArray>> arrays = read_npz_bytes(file->bytes(), options);
  if (arrays.ok()) return arrays;
  return Error{arrays.error().code, str(path.string(), ": ", arrays.error().message)};
}

Status write_npz(const std::filesystem::path& path, std::span<const NamedArray> arrays,
                 NpzCompression compression) {
  AtomicFile file = TRY(AtomicFile::create(path));
  ZipWriter writer(file);
  std::unordered_set<std::string_view> names;
  for (const NamedArray& array : arrays) {
    if (array.name.empty() || array.name.size() > 60000 || !names.insert(array.name).second) {
      return Error{Code::kUsage, str("an array named '", shorten(array.name),
                                     "' cannot be saved: names must differ and not be empty")};
    }
    const std::string content = TRY(npy_bytes(array.tensor));
    TRY(writer.add(str(array.name, kSuffix), content, compression == NpzCompression::kDeflated));
  }
  TRY(writer.finish());
  return file.commit();
}

}  // namespace slipway
