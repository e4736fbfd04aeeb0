// Types of values: element type and shape with known, symbolic or unknown dimensions, and the
// containers ONNX has. Absence of knowledge is part of a type: an unknown element type, no rank, an
// unknown dimension.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tensor/value.h"

namespace slipway {

// One dimension: a known extent, a named symbol (equal names are equal extents), or unknown.
class Dim {
 public:
  Dim() = default;  // unknown
  Dim(std::int64_t extent) : extent_(extent) {}
  static Dim symbol(std::string name) {
    Dim dim;
    dim.symbol_ = std::move(name);
    return dim;
  }

  bool is_known() const { return extent_ >= 0; }
  bool is_symbol() const { return !symbol_.empty(); }
  bool is_unknown() const { return !is_known() && !is_symbol(); }
  std::int64_t extent() const { return extent_; }        // is_known()
  const std::string& symbol() const { return symbol_; }  // is_symbol()

  // Certainly the same extent: equal known extents or equal symbols.
  friend bool operator==(const Dim& a, const Dim& b) {
    return !a.is_unknown() && a.extent_ == b.extent_ && a.symbol_ == b.symbol_;
  }

 private:
  std::int64_t extent_ = -1;
  std::string symbol_;
};

using Dims = std::vector<Dim>;

Dims to_dims(const Shape& shape);
// The extents, when every one is known.
std::optional<Shape> known_shape(const Dims& dims);
// Element count, when every extent is known (and the product fits 63 bits).
std::optional<std::int64_t> known_count(const Dims& dims);

struct Type {
  enum class Kind : std::uint8_t { kUnknown, kTensor, kSparseTensor, kSequence, kOptional, kMap };

  Kind kind = Kind::kUnknown;
  DType dtype = DType::kUndefined;  // of the tensor's elements, or of the map's keys
  std::optional<Dims> dims;         // of a tensor; nullopt: not even the rank is known
  std::vector<Type> element;        // one: of a sequence or optional, or the map's value

  static Type tensor(DType dtype, std::optional<Dims> dims = std::nullopt);
  static Type sequence(Type element);
  static Type optional(Type element);
  static Type map(DType key, Type value);

  bool is_tensor() const { return kind == Kind::kTensor; }
};

// Text as in slipway's graph text form: "float[batch,20,?]", "float" (rank unknown),
// "seq(int64[])", "optional(T)", "map(int64,float[])", "?" (unknown).
std::string to_text(const Dim& dim);
std::string to_text(const Type& type);
// The type of an actual value.
Type type_of(const Value& value);

// What both types say, combined; an error when they contradict each other. Two different symbols,
// or a symbol and an extent, do not contradict: the more definite one wins.
Result<Type> merge(const Type& a, const Type& b);

}  // namespace slipway
