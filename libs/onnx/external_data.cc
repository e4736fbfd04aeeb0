// Where the elements of a tensor are when they are in a file beside the model.
#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

#include "base/str.h"
#include "onnx/tensor_reader.h"

namespace slipway {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return count;
}

Error outside(std::string_view location) {
  return Error{Code::kInvalid, str("external data ", location,
                                   " is outside the model's folder: put it beside the model")};
}

// The real path of the data, links followed; an error when it leaves the folder.
Result<fs::path> locate(const fs::path& folder, std::string_view location) {
  const fs::path relative = fs::path(location);
  if (location.find('\0') != std::string_view::npos || relative.is_absolute()) {
    return outside(location);
  }
  for (const fs::path& part : relative) {
    if (part == "..") return outside(location);
  }
  std::error_code failed;
  const fs::path root = fs::canonical(folder, failed);
  if (failed) return Error{Code::kNotFound, str("cannot find the folder ", folder.string())};
  fs::path target = fs::canonical(root / relative, failed);
  if (failed) {
    return Error{Code::kNotFound, str("external data ", location, " is not in ", root.string(),
                                      ": copy it there, beside the model")};
  }
  const auto [root_end, ignored] =
      std::mismatch(root.begin(), root.end(), target.begin(), target.end());
  if (root_end != root.end()) return outside(location);
  return target;
}

Result<std::shared_ptr<const MappedFile>> open_external(ReadContext& context,
                                                        std::string_view location) {
  const auto known = context.external_files.find(location);
  if (known != context.external_files.end()) return known->second;
  const fs::path path = TRY(locate(context.folder, location));
  std::shared_ptr<const MappedFile> file = TRY(MappedFile::open(path));
  context.external_files.emplace(location, file);
  return file;
}

}  // namespace

Result<Bytes> external_bytes(ReadContext& context, const ExternalLocation& where,
                             std::size_t needed_bytes, std::shared_ptr<const void>& owner) {
  if (where.location.empty()) {
    return Error{Code::kInvalid, "external data without a location"};
  }
  if (context.folder.empty()) {
    return Error{Code::kUnsupported,
                 str("external data ", where.location, " of a model that is not in a folder")};
  }
  const std::optional<std::uint64_t> offset =
      where.offset.empty() ? std::optional<std::uint64_t>(0) : parse_count(where.offset);
  const std::optional<std::uint64_t> length =
      where.length.empty() ? std::optional<std::uint64_t>(needed_bytes) : parse_count(where.length);
  if (!offset.has_value() || !length.has_value()) {
    return Error{Code::kInvalid, str("external data ", where.location, " at offset ", where.offset,
                                     " of length ", where.length, ": not numbers of bytes")};
  }
  if (*length != needed_bytes) {
    return Error{Code::kInvalid, str("external data ", where.location, " of ", *length,
                                     " bytes; type and shape need ", needed_bytes)};
  }
  const std::shared_ptr<const MappedFile> file = TRY(open_external(context, where.location));
  const Bytes all = file->bytes();
  if (*offset > all.size() || *length > all.size() - *offset) {
    return Error{Code::kInvalid, str("external data ", where.location, " has ", all.size(),
                                     " bytes; the tensor is ", *length, " bytes at ", *offset,
                                     ": the file is incomplete or of another model")};
  }
  owner = file;
  return all.subspan(*offset, *length);
}

}  // namespace slipway
