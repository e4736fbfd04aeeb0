#include "engines/cache_file.h"

#include <bit>
#include <cstring>
#include <limits>

#include "base/files.h"
#include "base/mapped_file.h"
#include "base/str.h"
#include "plan/plan.h"
#include "tensor/tensor.h"

namespace slipway::engines {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian");

constexpr char kMagic[8] = {'S', 'L', 'I', 'P', 'E', 'N', 'G', 'N'};
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kChecksummedFrom = 32;
constexpr std::uint32_t kMostParts = 64;
constexpr std::uint32_t kMostTextBytes = 1U << 16U;
constexpr std::uint32_t kMostPorts = 4096;
constexpr std::uint32_t kMostRank = 64;

struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t zero;
  std::uint64_t file_bytes;
  std::uint64_t checksum;  // of everything behind it
  std::uint64_t payload_offset;
  std::uint64_t payload_bytes;
  std::uint64_t zeros[2];
};
static_assert(sizeof(Header) == kHeaderBytes);

Error damaged(std::string_view what) {
  return {Code::kInvalid, str("this built engine is damaged: ", what)};
}

class Writer {
 public:
  void number(std::uint32_t value) { raw(&value, sizeof value); }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    raw(value.data(), value.size());
  }
  void raw(const void* data, std::size_t size) {
    const auto* const from = static_cast<const char*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
  }
  void pad(std::size_t alignment) {
    while (bytes_.size() % alignment != 0) bytes_.push_back(0);
  }
  std::vector<char>& bytes() { return bytes_; }

 private:
  std::vector<char> bytes_;
};

void put_values(Writer& to, const std::vector<NamedValue>& values) {
  to.number(static_cast<std::uint32_t>(values.size()));
  for (const NamedValue& value : values) {
    const Tensor& tensor = value.value.tensor();
    to.text(value.name);
    to.number(static_cast<std::uint32_t>(tensor.dtype()));
    to.number(static_cast<std::uint32_t>(tensor.rank()));
    for (const std::int64_t extent : tensor.shape()) to.raw(&extent, sizeof extent);
    to.raw(tensor.bytes().data(), tensor.bytes().size());
  }
}

// Takes from the front what is there, and fails where it is not.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  Result<std::span<const std::byte>> raw(std::size_t size) {
    if (size > rest_.size()) return damaged("it ends too early");
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  Result<std::uint32_t> number(std::uint32_t most, std::string_view what) {
    std::uint32_t value = 0;
    std::memcpy(&value, TRY(raw(sizeof value)).data(), sizeof value);
    if (value > most) return damaged(str(what, " is ", value, ", the most is ", most));
    return value;
  }
  Result<std::string> text() {
    const auto bytes = TRY(raw(TRY(number(kMostTextBytes, "a text's size"))));
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  Result<std::vector<NamedValue>> values() {
    std::vector<NamedValue> values;
    const std::uint32_t count = TRY(number(kMostPorts, "the number of ports"));
    for (std::uint32_t i = 0; i < count; ++i) {
      std::string name = TRY(text());
      Tensor value = TRY(tensor());  // a TRY inside the braces would lose the name with g++ 12
      values.push_back({std::move(name), std::move(value)});
    }
    return values;
  }

 private:
  Result<Tensor> tensor() {
    const auto dtype = dtype_from_number(TRY(number(255, "an element type")));
    if (!dtype || element_bytes(*dtype) == 0) return damaged("an element type is unknown");
    Shape shape(TRY(number(kMostRank, "a rank")));
    for (std::int64_t& extent : shape)
      std::memcpy(&extent, TRY(raw(sizeof extent)).data(), sizeof extent);
    const Result<std::size_t> count = element_count(shape);
    // Nothing is allocated before the file is known to hold it.
    if (!count.ok() || *count > rest_.size() / element_bytes(*dtype))
      return damaged(str("a tensor", shape_text(shape), " is larger than the file"));
    const auto bytes = TRY(raw(*count * element_bytes(*dtype)));
    Tensor tensor = TRY(Tensor::create(*dtype, std::move(shape)));
    if (!bytes.empty()) std::memcpy(tensor.mutable_bytes().data(), bytes.data(), bytes.size());
    return tensor;
  }

  std::span<const std::byte> rest_;
};

Result<Header> read_header(std::span<const std::byte> bytes) {
  Header header{};
  if (bytes.size() < sizeof header) return damaged("it is too short");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0)
    return Error{Code::kInvalid, "it is no built engine"};
  if (header.version != kFormatVersion) {
    return Error{Code::kUnsupported,
                 str("this built engine has format ", header.version, ", not ", kFormatVersion)};
  }
  if (header.file_bytes != bytes.size()) return damaged("its size is not what it says");
  if (header.payload_offset % kAlignment != 0 || header.payload_offset < kHeaderBytes ||
      header.payload_offset > bytes.size() ||
      header.payload_bytes != bytes.size() - header.payload_offset)
    return damaged("the engine is not where it says");
  if (header.checksum != plan::checksum_of(bytes.subspan(kChecksummedFrom)))
    return damaged("its checksum does not fit");
  return header;
}

}  // namespace

Result<CacheEntry> parse_entry(std::span<const std::byte> bytes,
                               std::shared_ptr<const void> owner) {
  const Header header = TRY(read_header(bytes));
  Reader reader(bytes.subspan(kHeaderBytes, header.payload_offset - kHeaderBytes));
  CacheEntry entry;
  const std::uint32_t parts = TRY(reader.number(kMostParts, "the number of the key's parts"));
  for (std::uint32_t i = 0; i < parts; ++i) {
    std::string name = TRY(reader.text());
    std::string value = TRY(reader.text());
    entry.key.push_back({std::move(name), std::move(value)});
  }
  entry.golden.inputs = TRY(reader.values());
  entry.golden.outputs = TRY(reader.values());
  entry.payload = bytes.subspan(header.payload_offset);
  entry.owner = std::move(owner);
  return entry;
}

Result<CacheEntry> read_entry(const std::filesystem::path& file) {
  std::shared_ptr<const MappedFile> map = TRY(MappedFile::open(file));
  const std::span<const std::byte> bytes = map->bytes();
  return parse_entry(bytes, std::move(map));
}

Status write_entry(const std::filesystem::path& file, const CacheKey& key, const Golden& golden,
                   std::span<const std::byte> payload) {
  Writer writer;
  Header header{};
  writer.raw(&header, sizeof header);
  writer.number(static_cast<std::uint32_t>(key.parts.size()));
  for (const KeyPart& part : key.parts) {
    writer.text(part.name);
    writer.text(part.value);
  }
  put_values(writer, golden.inputs);
  put_values(writer, golden.outputs);
  writer.pad(kAlignment);
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kFormatVersion;
  header.payload_offset = writer.bytes().size();
  header.payload_bytes = payload.size();
  header.file_bytes = writer.bytes().size() + payload.size();
  writer.raw(payload.data(), payload.size());
  std::vector<char>& bytes = writer.bytes();
  std::memcpy(bytes.data(), &header, sizeof header);
  header.checksum = plan::checksum_of(std::as_bytes(std::span(bytes)).subspan(kChecksummedFrom));
  std::memcpy(bytes.data(), &header, sizeof header);
  return write_file(file, std::string_view(bytes.data(), bytes.size()));
}

}  // namespace slipway::engines
