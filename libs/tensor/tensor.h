// Tensor: an element type, a shape and its elements in row-major order.
//
// A Tensor is a value: copies share their storage, and mutable access makes the storage its own
// first (copy on write), so no copy ever sees another's writes. Not synchronised: one thread at a
// time may touch tensors that share storage mutably.
//
// Storage is either direct (one aligned element after the other, sub-byte types one per byte) or
// mapped (bytes as a file holds them: possibly unaligned, sub-byte types packed). Only readers of
// files make mapped tensors; direct() turns one into the other. Typed access needs a direct tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/element.h"

namespace slipway {

using Shape = std::vector<std::int64_t>;

// Number of elements, or an error when a dimension is negative or the product overflows.
Result<std::size_t> element_count(std::span<const std::int64_t> shape);

// The most bytes that one tensor made by Tensor::create may take: the machine's memory unless set
// lower here, for the whole process. Set it before other threads make tensors.
std::size_t tensor_limit_bytes();
void set_tensor_limit_bytes(std::size_t bytes);

// "[2,3]", for messages.
std::string shape_text(std::span<const std::int64_t> shape);

class Tensor {
 public:
  Tensor() = default;  // undefined type, shape [0], no elements

  // Zero-filled (strings empty). Fails on negative or overflowing dimensions, and when the elements
  // would not fit in the machine's memory; nothing is allocated before these checks.
  static Result<Tensor> create(DType dtype, Shape shape);

  // Bytes in file layout that `owner` keeps alive and unchanged: raw_data, external data. Without
  // an owner the caller keeps them until direct() has copied them. `bytes` must be exactly
  // packed_bytes(dtype, count). Not for strings.
  static Result<Tensor> mapped(DType dtype, Shape shape, std::span<const std::byte> bytes,
                               std::shared_ptr<const void> owner);

  // From values at hand; the shape must hold exactly as many. For constants and tests.
  template <typename T>
  static Tensor of(const Shape& shape, const std::vector<T>& values);
  template <typename T>
  static Tensor of(const std::vector<T>& values) {
    return of<T>({static_cast<std::int64_t>(values.size())}, values);
  }
  template <typename T>
  static Tensor scalar(T value);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  std::size_t rank() const { return shape_.size(); }
  std::int64_t dim(std::size_t axis) const { return shape_[axis]; }
  std::size_t size() const { return count_; }  // number of elements
  bool is_direct() const { return mapped_ == nullptr; }

  // The elements. T must be the dtype's type, or any trivially copyable type of the same width
  // (data movers); the tensor must be direct.
  template <typename T>
  std::span<const T> data() const;
  template <typename T>
  std::span<T> mutable_data();

  // All bytes as stored (not for strings): packed for a mapped tensor, one per element otherwise.
  std::span<const std::byte> bytes() const;
  std::span<std::byte> mutable_bytes();

  // Bytes in file layout whatever the storage (packs sub-byte types). Not for strings.
  std::vector<std::byte> file_bytes() const;

  // The same elements with aligned, one-per-element storage. Free when the tensor is direct, or
  // mapped with an owner and laid out and aligned as memory is; a copy otherwise.
  Result<Tensor> direct() const;

  // The same elements under another shape with as many elements.
  Result<Tensor> reshaped(Shape shape) const;

 private:
  struct Storage;
  static Result<Tensor> allocate(DType dtype, Shape shape);  // the elements are not yet written
  bool can_lend() const;
  void make_own();

  DType dtype_ = DType::kUndefined;
  Shape shape_ = {0};
  std::size_t count_ = 0;
  std::shared_ptr<Storage> storage_;    // direct
  std::shared_ptr<const void> mapped_;  // keeps mapped bytes alive
  std::span<const std::byte> mapped_bytes_;
  bool has_owner_ = false;  // of the mapped bytes
};

struct Tensor::Storage {
  std::byte* bytes = nullptr;  // 64-byte aligned; lent ones to the width of an element
  std::size_t size_bytes = 0;
  std::vector<std::string> strings;
  std::shared_ptr<const void> lender;  // of bytes that are not the storage's own and never written

  Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  ~Storage();
};

template <typename T>
std::span<const T> Tensor::data() const {
  if (storage_ == nullptr) return {};
  if constexpr (std::is_same_v<T, std::string>) {
    return storage_->strings;
  } else {
    return {reinterpret_cast<const T*>(storage_->bytes), storage_->size_bytes / sizeof(T)};
  }
}

template <typename T>
std::span<T> Tensor::mutable_data() {
  make_own();
  if (storage_ == nullptr) return {};
  if constexpr (std::is_same_v<T, std::string>) {
    return storage_->strings;
  } else {
    return {reinterpret_cast<T*>(storage_->bytes), storage_->size_bytes / sizeof(T)};
  }
}

template <typename T>
Tensor Tensor::of(const Shape& shape, const std::vector<T>& values) {
  Result<Tensor> tensor = create(dtype_of<T>, shape);
  if (!tensor.ok() || tensor->size() != values.size()) return {};
  std::span<T> out = tensor->template mutable_data<T>();
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = values[i];
  return *std::move(tensor);
}

template <typename T>
Tensor Tensor::scalar(T value) {
  return of<T>(Shape{}, std::vector<T>{std::move(value)});
}

}  // namespace slipway
