#include "tensor/tensor.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/str.h"

namespace slipway {
namespace {

constexpr std::size_t kAlignmentBytes = 64;

std::size_t& limit_bytes() {
  static std::size_t bytes = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                             static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

// In files sub-byte elements form one stream of bits, low bits first: element i starts at bit
// i * bits. In memory each has a byte; signed ones are sign-extended.
void unpack(DType dtype, std::span<const std::byte> packed, std::span<std::byte> out) {
  const unsigned bits = info(dtype).bits;
  const unsigned mask = (1U << bits) - 1;
  const bool is_signed = info(dtype).kind == DTypeKind::kSigned;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t at = i * bits / 8;
    unsigned window = std::to_integer<unsigned>(packed[at]);
    if (at + 1 < packed.size()) window |= std::to_integer<unsigned>(packed[at + 1]) << 8;
    unsigned code = (window >> (i * bits % 8)) & mask;
    if (is_signed && (code >> (bits - 1)) != 0) code |= ~mask;
    out[i] = static_cast<std::byte>(code);
  }
}

void pack(DType dtype, std::span<const std::byte> elements, std::span<std::byte> packed) {
  const unsigned bits = info(dtype).bits;
  const unsigned mask = (1U << bits) - 1;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const unsigned code = (std::to_integer<unsigned>(elements[i]) & mask) << (i * bits % 8);
    const std::size_t at = i * bits / 8;
    packed[at] |= static_cast<std::byte>(code);
    if (at + 1 < packed.size()) packed[at + 1] |= static_cast<std::byte>(code >> 8);
  }
}

}  // namespace

std::size_t tensor_limit_bytes() { return limit_bytes(); }
void set_tensor_limit_bytes(std::size_t bytes) { limit_bytes() = bytes; }

Result<std::size_t> element_count(std::span<const std::int64_t> shape) {
  // A zero anywhere makes the product zero, whatever the other dimensions are.
  std::size_t count = 1;
  bool overflow = false;
  bool zero = false;
  for (const std::int64_t dim : shape) {
    if (dim < 0) {
      return Error{Code::kInvalid, str("shape ", shape_text(shape), " has a negative dimension")};
    }
    if (dim == 0) zero = true;
    overflow = overflow || __builtin_mul_overflow(count, static_cast<std::size_t>(dim), &count);
  }
  if (zero) return std::size_t{0};
  if (overflow || count > std::numeric_limits<std::int64_t>::max()) {
    return Error{Code::kTooLarge,
                 str("shape ", shape_text(shape), " has more elements than 64 bits can count")};
  }
  return count;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  return str('[', join(shape, ","), ']');
}

Tensor::Storage::~Storage() {
  if (lender == nullptr) std::free(bytes);
}

Result<Tensor> Tensor::create(DType dtype, Shape shape) {
  Tensor tensor = TRY(allocate(dtype, std::move(shape)));
  if (dtype != DType::kString) std::memset(tensor.storage_->bytes, 0, tensor.storage_->size_bytes);
  return tensor;
}

Result<Tensor> Tensor::allocate(DType dtype, Shape shape) {
  if (dtype == DType::kUndefined) {
    return Error{Code::kInternal, "a tensor cannot be made of the undefined element type"};
  }
  const std::size_t count = TRY(element_count(shape));
  const std::size_t width = dtype == DType::kString ? sizeof(std::string) : element_bytes(dtype);
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, width, &bytes) || bytes > limit_bytes()) {
    return Error{Code::kTooLarge,
                 str("a tensor ", name(dtype), shape_text(shape), " needs more than ",
                     limit_bytes() >> 20, " MiB, the memory there is for one")};
  }
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.count_ = count;
  tensor.storage_ = std::make_shared<Storage>();
  if (dtype == DType::kString) {
    tensor.storage_->strings.resize(count);
    return tensor;
  }
  void* memory = nullptr;
  if (posix_memalign(&memory, kAlignmentBytes, bytes == 0 ? 1 : bytes) != 0) {
    return Error{Code::kTooLarge, str("no memory for a tensor ", name(dtype),
                                      shape_text(tensor.shape_), " of ", bytes, " bytes")};
  }
  tensor.storage_->bytes = static_cast<std::byte*>(memory);
  tensor.storage_->size_bytes = bytes;
  return tensor;
}

Result<Tensor> Tensor::mapped(DType dtype, Shape shape, std::span<const std::byte> bytes,
                              std::shared_ptr<const void> owner) {
  const std::size_t count = TRY(element_count(shape));
  if (dtype == DType::kUndefined || dtype == DType::kString) {
    return Error{Code::kInvalid, str("raw bytes cannot hold elements of type ", name(dtype))};
  }
  if (count > std::numeric_limits<std::size_t>::max() / 16 ||
      packed_bytes(dtype, count) != bytes.size()) {
    return Error{Code::kInvalid,
                 str(name(dtype), shape_text(shape), " does not fit its ", bytes.size(), " bytes")};
  }
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.count_ = count;
  tensor.has_owner_ = owner != nullptr;
  tensor.mapped_ = owner != nullptr ? std::move(owner) : std::make_shared<int>(0);
  tensor.mapped_bytes_ = bytes;
  return tensor;
}

std::span<const std::byte> Tensor::bytes() const {
  if (mapped_ != nullptr) return mapped_bytes_;
  if (storage_ == nullptr) return {};
  return {storage_->bytes, storage_->size_bytes};
}

std::span<std::byte> Tensor::mutable_bytes() { return mutable_data<std::byte>(); }

std::vector<std::byte> Tensor::file_bytes() const {
  const std::span<const std::byte> stored = bytes();
  if (mapped_ != nullptr || !is_sub_byte(dtype_)) return {stored.begin(), stored.end()};
  std::vector<std::byte> packed(packed_bytes(dtype_, count_));
  pack(dtype_, stored, packed);
  return packed;
}

// A bool may hold only 0 or 1, which files do not promise.
bool Tensor::can_lend() const {
  return has_owner_ && count_ != 0 && !is_sub_byte(dtype_) && dtype_ != DType::kBool &&
         reinterpret_cast<std::uintptr_t>(mapped_bytes_.data()) % element_bytes(dtype_) == 0;
}

Result<Tensor> Tensor::direct() const {
  if (is_direct()) return *this;
  if (can_lend()) {
    Tensor view;
    view.dtype_ = dtype_;
    view.shape_ = shape_;
    view.count_ = count_;
    view.storage_ = std::make_shared<Storage>();
    view.storage_->bytes = const_cast<std::byte*>(mapped_bytes_.data());
    view.storage_->size_bytes = mapped_bytes_.size();
    view.storage_->lender = mapped_;
    return view;
  }
  Tensor copy = TRY(allocate(dtype_, shape_));
  const std::span<std::byte> out = copy.mutable_bytes();
  if (is_sub_byte(dtype_)) {
    unpack(dtype_, mapped_bytes_, out);
  } else if (dtype_ == DType::kBool) {
    // Any non-zero byte is true.
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<std::byte>(mapped_bytes_[i] != std::byte{0});
    }
  } else if (!out.empty()) {
    std::memcpy(out.data(), mapped_bytes_.data(), out.size());
  }
  return copy;
}

Result<Tensor> Tensor::reshaped(Shape shape) const {
  const std::size_t count = TRY(element_count(shape));
  if (count != count_) {
    return Error{Code::kInvalid, str("cannot view ", shape_text(shape_), " (", count_,
                                     " elements) as ", shape_text(shape), " (", count, ")")};
  }
  Tensor view = *this;
  view.shape_ = std::move(shape);
  return view;
}

void Tensor::make_own() {
  if (storage_ == nullptr) return;
  if (storage_.use_count() == 1 && storage_->lender == nullptr) return;
  auto own = std::make_shared<Storage>();
  own->strings = storage_->strings;
  own->size_bytes = storage_->size_bytes;
  if (dtype_ != DType::kString) {
    void* memory = nullptr;
    const std::size_t bytes = own->size_bytes == 0 ? 1 : own->size_bytes;
    if (posix_memalign(&memory, kAlignmentBytes, bytes) != 0) std::abort();
    std::memcpy(memory, storage_->bytes, own->size_bytes);
    own->bytes = static_cast<std::byte*>(memory);
  }
  storage_ = std::move(own);
}

}  // namespace slipway
