#include "samples/labels.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <system_error>

#include "base/mapped_file.h"
#include "base/str.h"
#include "samples/samples.h"
#include "tensor/convert.h"
#include "tensor/npy.h"
#include "tensor/zip.h"

namespace slipway::samples {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxLabelBytes = std::uint64_t{1} << 30;

Result<std::vector<std::int64_t>> whole_numbers(const Tensor& tensor, std::size_t count) {
  const DTypeKind kind = info(tensor.dtype()).kind;
  if (kind != DTypeKind::kFloat && kind != DTypeKind::kSigned && kind != DTypeKind::kUnsigned &&
      kind != DTypeKind::kBool) {
    return Error{Code::kInvalid, str("holds ", name(tensor.dtype()), ": labels are whole numbers")};
  }
  const bool is_list = tensor.rank() == 1 || (tensor.rank() == 2 && tensor.dim(1) == 1);
  if (!is_list || tensor.size() != count) {
    return Error{Code::kInvalid, str("holds ", shape_text(tensor.shape()), ", and there are ",
                                     count, " samples: give one class for each")};
  }
  if (kind == DTypeKind::kFloat) {
    const Tensor doubles = TRY(cast(tensor, DType::kFloat64));
    const auto values = doubles.data<double>();
    const auto odd = std::find_if(values.begin(), values.end(), [](double value) {
      return std::nearbyint(value) != value || std::abs(value) > 1e15;
    });
    if (odd != values.end())
      return Error{Code::kInvalid, str("holds ", *odd, ": labels are whole numbers")};
  }
  const Tensor wide = TRY(cast(tensor, DType::kInt64));
  const auto values = wide.data<std::int64_t>();
  return std::vector<std::int64_t>(values.begin(), values.end());
}

bool is_labels(const ZipEntry& entry) { return entry.name == str(kLabels, ".npy"); }

Result<std::optional<Tensor>> read_entry(const fs::path& path, bool or_only) {
  const std::shared_ptr<const MappedFile> map = TRY(MappedFile::open(path));
  const std::vector<ZipEntry> entries = TRY(read_zip_directory(map->bytes()));
  auto found = std::find_if(entries.begin(), entries.end(), is_labels);
  if (found == entries.end() && or_only && entries.size() == 1) found = entries.begin();
  if (found == entries.end()) return std::optional<Tensor>();
  if (found->size_bytes > kMaxLabelBytes)
    return Error{Code::kTooLarge, "its labels take more than 1 GiB"};
  if (!found->deflated) {
    TRY(check_crc(*found, found->stored));
    return std::optional(TRY(read_npy_bytes(found->stored)));
  }
  const std::vector<std::byte> bytes = TRY(inflate_entry(*found));
  return std::optional(TRY(read_npy_bytes(bytes)));
}

Error in(const fs::path& path, const Error& error) {
  return {error.code, str(path.string(), ": labels: ", error.message)};
}

}  // namespace

Result<std::vector<std::int64_t>> read_labels(const fs::path& path, std::size_t count) {
  const bool is_archive = path.extension() == ".npz";
  if (!is_archive && path.extension() != ".npy") {
    return Error{Code::kUsage,
                 str(path.string(), ": labels are a .npy file, or the array `labels` of an .npz")};
  }
  const auto read = [&]() -> Result<std::vector<std::int64_t>> {
    if (!is_archive) return whole_numbers(TRY(read_npy(path)), count);
    const std::optional<Tensor> tensor = TRY(read_entry(path, /*or_only=*/true));
    if (!tensor.has_value())
      return Error{Code::kInvalid, "holds no array `labels`: numpy.savez(file, labels=...)"};
    return whole_numbers(*tensor, count);
  };
  Result<std::vector<std::int64_t>> labels = read();
  if (labels.ok() || labels.error().code == Code::kNotFound) return labels;
  return in(path, labels.error());
}

Result<std::optional<std::vector<std::int64_t>>> labels_beside(const fs::path& samples,
                                                               std::size_t count) {
  std::error_code error;
  if (samples.extension() != ".npz" || fs::is_directory(samples, error))
    return std::optional<std::vector<std::int64_t>>();
  const auto read = [&]() -> Result<std::optional<std::vector<std::int64_t>>> {
    const std::optional<Tensor> tensor = TRY(read_entry(samples, /*or_only=*/false));
    if (!tensor.has_value()) return std::optional<std::vector<std::int64_t>>();
    return std::optional(TRY(whole_numbers(*tensor, count)));
  };
  Result<std::optional<std::vector<std::int64_t>>> labels = read();
  if (labels.ok()) return labels;
  return in(samples, labels.error());
}

}  // namespace slipway::samples
