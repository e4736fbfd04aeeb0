#include "graph/type.h"

#include "base/str.h"

namespace slipway {

Dims to_dims(const Shape& shape) { return {shape.begin(), shape.end()}; }

std::optional<Shape> known_shape(const Dims& dims) {
  Shape shape;
  for (const Dim& dim : dims) {
    if (!dim.is_known()) return std::nullopt;
    shape.push_back(dim.extent());
  }
  return shape;
}

std::optional<std::int64_t> known_count(const Dims& dims) {
  const std::optional<Shape> shape = known_shape(dims);
  if (!shape.has_value()) return std::nullopt;
  const Result<std::size_t> count = element_count(*shape);
  if (!count.ok()) return std::nullopt;
  return static_cast<std::int64_t>(*count);
}

Type Type::tensor(DType dtype, std::optional<Dims> dims) {
  return {.kind = Kind::kTensor, .dtype = dtype, .dims = std::move(dims), .element = {}};
}

Type Type::sequence(Type element) {
  return {.kind = Kind::kSequence, .dtype = {}, .dims = {}, .element = {std::move(element)}};
}

Type Type::optional(Type element) {
  return {.kind = Kind::kOptional, .dtype = {}, .dims = {}, .element = {std::move(element)}};
}

Type Type::map(DType key, Type value) {
  return {.kind = Kind::kMap, .dtype = key, .dims = {}, .element = {std::move(value)}};
}

std::string to_text(const Dim& dim) {
  if (dim.is_known()) return str(dim.extent());
  return dim.is_symbol() ? dim.symbol() : "?";
}

namespace {

std::string tensor_text(const Type& type) {
  std::string text(type.dtype == DType::kUndefined ? "?" : name(type.dtype));
  if (!type.dims.has_value()) return text;
  std::vector<std::string> parts;
  for (const Dim& dim : *type.dims) parts.push_back(to_text(dim));
  return str(text, '[', join(parts, ","), ']');
}

std::string element_text(const Type& type) {
  return type.element.empty() ? "?" : to_text(type.element[0]);
}

// The more definite of two dimensions; false when two known extents differ.
bool merge_dim(const Dim& a, const Dim& b, Dim& merged) {
  if (a.is_known() && b.is_known() && a.extent() != b.extent()) return false;
  if (a.is_known() || b.is_unknown()) {
    merged = a;
  } else if (b.is_known() || a.is_unknown()) {
    merged = b;
  } else {
    merged = a;
  }
  return true;
}

Error contradiction(const Type& a, const Type& b) {
  return Error{Code::kInvalid, str(to_text(a), " and ", to_text(b), " contradict each other")};
}

}  // namespace

std::string to_text(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kUnknown:
      return "?";
    case Type::Kind::kTensor:
      return tensor_text(type);
    case Type::Kind::kSparseTensor:
      return str("sparse(", tensor_text(type), ")");
    case Type::Kind::kSequence:
      return str("seq(", element_text(type), ")");
    case Type::Kind::kOptional:
      return str("optional(", element_text(type), ")");
    case Type::Kind::kMap:
      return str("map(", name(type.dtype), ",", element_text(type), ")");
  }
  return "?";
}

Type type_of(const Value& value) {
  if (value.is_tensor()) {
    return Type::tensor(value.tensor().dtype(), to_dims(value.tensor().shape()));
  }
  if (value.is_sequence()) {
    const std::vector<Value>& items = value.sequence().items;
    return Type::sequence(items.empty() ? Type{} : type_of(items[0]));
  }
  if (value.is_optional()) {
    const std::vector<Value>& held = value.optional().held;
    return Type::optional(held.empty() ? Type{} : type_of(held[0]));
  }
  if (value.is_map()) {
    return Type::map(value.map().keys.dtype(), Type::tensor(value.map().values.dtype(), Dims{}));
  }
  return {};
}

Result<Type> merge(const Type& a, const Type& b) {
  if (a.kind == Type::Kind::kUnknown) return b;
  if (b.kind == Type::Kind::kUnknown) return a;
  if (a.kind != b.kind) return contradiction(a, b);
  if (a.dtype != b.dtype && a.dtype != DType::kUndefined && b.dtype != DType::kUndefined) {
    return contradiction(a, b);
  }
  Type merged = a;
  if (a.dtype == DType::kUndefined) merged.dtype = b.dtype;
  if (!a.dims.has_value()) {
    merged.dims = b.dims;
  } else if (b.dims.has_value()) {
    if (a.dims->size() != b.dims->size()) return contradiction(a, b);
    for (std::size_t i = 0; i < a.dims->size(); ++i) {
      if (!merge_dim((*a.dims)[i], (*b.dims)[i], (*merged.dims)[i])) return contradiction(a, b);
    }
  }
  if (merged.element.empty()) {
    merged.element = b.element;
  } else if (!b.element.empty()) {
    merged.element[0] = TRY(merge(a.element[0], b.element[0]));
  }
  return merged;
}

}  // namespace slipway
