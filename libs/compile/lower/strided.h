// Values that are another value's elements in another order: transposes, slices, reshapes, one
// after the other. As long as nobody reads such a value as it stands no step copies it, and what
// reads it may walk over the elements where they lie.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "plan/format.h"
#include "plan/params.h"
#include "tensor/tensor.h"

namespace slipway::compile {

// How a value sees another, `from`: that under the shape `from_shape`, then an axis of `walk` for
// each of `axes`, then all of it under the value's own shape. As kernel `view` does it.
struct Seen {
  std::size_t node = 0;
  ValueId from = kNoValue;
  Shape from_shape;
  Shape walk;
  std::vector<plan::ViewAxis> axes;
  std::string note;

  // Nothing but another shape.
  bool is_reshape() const { return walk.empty() && axes.empty(); }
};

// A view of a base: its storage as extents, outermost first, and what walks over them.
class Strided {
 public:
  static constexpr std::int64_t kRepeat = -1;

  // Elements start, start + step, ... of an extent of the base; of kRepeat: `count` times the same.
  struct Piece {
    std::int64_t extent = 0;  // its place in extents()
    std::int64_t start = 0;
    std::int64_t step = 1;
    std::int64_t count = 1;
  };

  // A base as it is stored. Blocked ones have whole blocks of channels.
  Strided(const Shape& shape, plan::Layout layout);

  // False where what it becomes is no view of this kind.
  bool regroup(const Shape& shape);
  bool see(const Seen& seen);

  const Shape& extents() const { return extents_; }
  // For each axis of the view the pieces that are its digits, outermost first.
  const std::vector<std::vector<Piece>>& axes() const { return axes_; }
  // Places in extents that no piece walks over, and the index at which they stand.
  std::vector<std::pair<std::size_t, std::int64_t>> fixed() const;

  // Whether the elements are all those of the base in their order.
  bool is_whole() const;

  // Takes the pieces off the axis that repeat each of its elements, as many times as it returns.
  std::int64_t take_repeats(std::size_t axis);

  // The extents that pieces walk over as one become one. False where an axis is still not one
  // piece that walks over a whole extent.
  bool merge();

 private:
  bool split(Piece& piece, std::int64_t inner, Piece& rest);
  bool cut(std::vector<Piece>& pieces, const plan::ViewAxis& axis, std::int64_t count);
  void split_extent(std::size_t at, std::int64_t inner);
  void merge_extents(std::size_t at);

  Shape extents_;
  std::vector<std::int64_t> at_;  // of each extent, where no piece walks over it
  std::vector<std::vector<Piece>> axes_;
};

struct ValueView {
  ValueId base = kNoValue;
  plan::Layout layout = plan::Layout::kPlain;
  Strided strided;
};

}  // namespace slipway::compile
