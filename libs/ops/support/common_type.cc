#include "ops/support/common_type.h"

#include "base/str.h"

namespace slipway {

Result<Type> common_type(const Type& a, const Type& b) {
  if (a.kind == Type::Kind::kUnknown || b.kind == Type::Kind::kUnknown) return Type();
  const bool dtypes_differ =
      a.dtype != b.dtype && a.dtype != DType::kUndefined && b.dtype != DType::kUndefined;
  if (a.kind != b.kind || dtypes_differ) {
    return Error{Code::kInvalid, str(to_text(a), " here and ", to_text(b), " there")};
  }
  Type common = a;
  if (a.dtype != b.dtype) common.dtype = DType::kUndefined;
  if (!a.dims.has_value() || !b.dims.has_value() || a.dims->size() != b.dims->size()) {
    common.dims.reset();
  } else {
    for (std::size_t i = 0; i < common.dims->size(); ++i) {
      if (!((*a.dims)[i] == (*b.dims)[i])) (*common.dims)[i] = Dim();
    }
  }
  if (a.element.empty() || b.element.empty()) {
    common.element.clear();
  } else {
    common.element[0] = TRY(common_type(a.element[0], b.element[0]));
  }
  return common;
}

Type element_of(const Type& container) {
  return container.element.empty() ? Type() : container.element[0];
}

}  // namespace slipway
