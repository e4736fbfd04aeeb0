// The axes that a reduction works on, from its attribute or, later, its input; and the rows of
// elements that fall together.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/function_ref.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"

namespace slipway {

// Which dimensions are reduced, as a flag for each. No axes at all means every one, unless
// noop_with_empty_axes is set.
Result<std::vector<bool>> reduced_axes(const NodeView& view, const std::vector<std::int64_t>& axes,
                                       std::size_t rank);

// `shape` with its reduced dimensions 1, or gone.
Shape reduced_shape(const Shape& shape, const std::vector<bool>& reduced, bool keep_dims);

// The shape rule: type `dtype`, axes from attribute or input 1.
Status infer_reduced(InferContext& ctx, DType dtype);

// The rows of a tensor that reduce to one element each. The tensor must have elements.
class ReducedRows {
 public:
  ReducedRows(const Shape& shape, const std::vector<bool>& reduced);

  std::size_t length() const { return length_; }  // of each row

  // Calls f(row index, elements) for all rows, in the order of the result's elements; a row's
  // elements are in row-major order of the reduced dimensions, gathered where they are not so
  // already.
  template <typename T>
  void for_each(
      const T* data,
      std::type_identity_t<FunctionRef<void(std::size_t row, const T* elements)>> f) const {
    std::vector<T> gathered(offsets_.size());
    std::vector<std::size_t> at(kept_.size(), 0);
    const T* base = data;
    for (std::size_t row = 0; row < count_; ++row) {
      for (std::size_t i = 0; i < gathered.size(); ++i) gathered[i] = base[offsets_[i]];
      f(row, gathered.empty() ? base : gathered.data());
      for (std::size_t d = kept_.size(); d-- > 0;) {
        base += kept_[d].stride;
        if (++at[d] < kept_[d].extent) break;
        base -= kept_[d].stride * at[d];
        at[d] = 0;
      }
    }
  }

 private:
  struct Loop {
    std::size_t extent;
    std::size_t stride;
  };
  std::size_t length_ = 1;
  std::size_t count_ = 1;
  std::vector<Loop> kept_;
  std::vector<std::size_t> offsets_;  // of a row's elements; empty: consecutive
};

}  // namespace slipway
