#include "samples/array_stream.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "base/str.h"
#include "tensor/npy.h"

namespace slipway::samples {
namespace {

constexpr std::size_t kLeadBytes = 12;  // magic, version, length of the header: at most
constexpr std::size_t kMaxHeaderBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxSampleBytes = std::size_t{1} << 31;

// The bytes up to the first element.
Result<std::vector<std::byte>> read_header(ByteSource& source, std::uint64_t total_bytes) {
  if (total_bytes < kLeadBytes) return Error{Code::kInvalid, "is no .npy array: it is too short"};
  std::vector<std::byte> bytes(kLeadBytes);
  TRY(source.read(bytes));
  const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(bytes[i]); };
  std::size_t needed = at(6) <= 1 ? 10 + at(8) + (at(9) << 8U)
                                  : 12 + at(8) + (at(9) << 8U) + (at(10) << 16U) + (at(11) << 24U);
  if (needed < kLeadBytes || needed > total_bytes || needed > kMaxHeaderBytes)
    return Error{Code::kInvalid, "is no .npy array, or its header is damaged"};
  bytes.resize(needed);
  TRY(source.read(std::span(bytes).subspan(kLeadBytes)));
  return bytes;
}

bool fits(std::span<const std::int64_t> shape, std::span<const std::int64_t> wanted) {
  return std::ranges::equal(shape, wanted, [](std::int64_t extent, std::int64_t want) {
    return want < 0 || extent == want;
  });
}

bool is_sample(std::span<const std::int64_t> shape, std::span<const std::int64_t> wanted) {
  return fits(shape, wanted) ||
         (!wanted.empty() && wanted.front() == 1 && fits(shape, wanted.subspan(1)));
}

std::string wanted_text(const Wanted& wanted) {
  std::string extents;
  for (const std::int64_t extent : wanted.shape) {
    if (!extents.empty()) extents += ',';
    extents += extent < 0 ? std::string("?") : str(extent);
  }
  return str(name(wanted.dtype), "[", extents, "]");
}

std::string descr_text(const NpyHeader& header) {
  const std::string type = str(header.byte_order, header.kind, header.width);
  return header.field.empty() ? str("'", type, "'") : str("[('", header.field, "', '", type, "')]");
}

Error wrong_shape(const NpyHeader& header, const Wanted& wanted) {
  return {Code::kInvalid,
          str("holds ", shape_text(header.shape), ", and a sample of input ", wanted.name, " is ",
              wanted_text(wanted), ": the first axis counts samples, the others are a sample's")};
}

}  // namespace

Result<ArrayStream> ArrayStream::open(std::unique_ptr<ByteSource> source, std::uint64_t total_bytes,
                                      const Wanted& wanted) {
  const std::vector<std::byte> head = TRY(read_header(*source, total_bytes));
  const NpyHeader header = TRY(parse_npy_header(head));
  const std::span<const std::int64_t> shape = header.shape;

  ArrayStream stream;
  Shape slice;
  if (!shape.empty() && is_sample(shape.subspan(1), wanted.shape)) {
    stream.count_ = static_cast<std::size_t>(shape.front());
    slice.assign(shape.begin() + 1, shape.end());
  } else if (is_sample(shape, wanted.shape)) {
    stream.count_ = 1;
    slice.assign(shape.begin(), shape.end());
  } else {
    return wrong_shape(header, wanted);
  }
  if (header.fortran_order && shape.size() > 1)
    return Error{Code::kUnsupported,
                 "is in Fortran order, which cannot be read sample by sample: save "
                 "numpy.ascontiguousarray(array)"};

  const std::size_t width = header.kind == 'U' ? header.width * 4 : header.width;
  std::uint64_t slice_bytes = 0;
  std::uint64_t needed = 0;
  if (__builtin_mul_overflow(TRY(element_count(slice)), width, &slice_bytes) ||
      __builtin_mul_overflow(slice_bytes, stream.count_, &needed) ||
      needed != total_bytes - head.size()) {
    return Error{Code::kInvalid, str("its header states ", shape_text(header.shape), ", and ",
                                     total_bytes - head.size(),
                                     " bytes of elements follow: it is incomplete or damaged")};
  }
  if (slice_bytes > kMaxSampleBytes)
    return Error{Code::kTooLarge, str("a sample has ", slice_bytes, " bytes, more than 2 GiB")};

  stream.slice_ = npy_header_text(descr_text(header), slice);
  stream.header_bytes_ = stream.slice_.size();
  // The type is known before any element is read.
  const std::string no_elements = npy_header_text(descr_text(header), {0});
  const NpyOptions options = {.void_type = wanted.dtype};
  const Tensor none = TRY(read_npy_bytes(std::as_bytes(std::span(no_elements)), options));
  if (none.dtype() != wanted.dtype) {
    return Error{Code::kInvalid, str("holds ", name(none.dtype()), ", and input ", wanted.name,
                                     " is ", wanted_text(wanted), ": ",
                                     "convert it, in NumPy with "
                                     "array.astype(...)")};
  }
  // Shapes that samples have in the end: the wanted one, its open extents as in the array.
  stream.shape_ = slice.size() == wanted.shape.size() ? slice : Shape{1};
  if (slice.size() != wanted.shape.size())
    stream.shape_.insert(stream.shape_.end(), slice.begin(), slice.end());
  stream.dtype_ = wanted.dtype;
  stream.slice_bytes_ = slice_bytes;
  stream.source_ = std::move(source);
  return stream;
}

Result<Tensor> ArrayStream::next() {
  slice_.resize(header_bytes_ + slice_bytes_);
  TRY(source_->read(std::as_writable_bytes(std::span(slice_)).subspan(header_bytes_)));
  if (++taken_ == count_) TRY(source_->finish());
  const NpyOptions options = {.void_type = dtype_};
  const Tensor tensor = TRY(read_npy_bytes(std::as_bytes(std::span(slice_)), options));
  return tensor.reshaped(shape_);
}

}  // namespace slipway::samples
