#include "compile/lower/view.h"

#include <algorithm>

#include "kernels/move/copy.h"

namespace slipway::compile {

std::vector<plan::ViewAxis> whole_axes(std::size_t rank) {
  std::vector<plan::ViewAxis> axes;
  for (std::size_t axis = 0; axis < rank; ++axis) axes.push_back(whole_axis(axis));
  return axes;
}

bool can_view(const Shape& output) {
  return output.size() <= plan::kMaxRank && std::ranges::count_if(output, [](std::int64_t extent) {
                                              return extent != 1;
                                            }) <= static_cast<std::ptrdiff_t>(kMoveDims);
}

ProgramStep& add_view(Lowering& lowering, std::size_t node, TensorIndex from, TensorIndex to,
                      const std::vector<plan::ViewAxis>& axes) {
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kView, {from}, {to});
  const auto bytes = std::as_bytes(std::span(axes));
  step.params.assign(bytes.begin(), bytes.end());
  return step;
}

namespace {

struct Walk {
  Shape shape;
  std::vector<plan::ViewAxis> axes;
};

Walk walk_of(const Strided& strided) {
  Walk walk;
  const auto add = [&](std::int64_t count, const plan::ViewAxis& axis) {
    walk.shape.push_back(count);
    walk.axes.push_back(axis);
  };
  for (const auto& [extent, at] : strided.fixed()) {
    if (at != 0) add(1, {static_cast<std::int32_t>(extent), 0, at, 1});
  }
  for (const std::vector<Strided::Piece>& axis : strided.axes()) {
    for (const Strided::Piece& piece : axis) {
      if (piece.count == 1 && piece.start == 0) continue;
      if (piece.extent == Strided::kRepeat) {
        add(piece.count, kRepeatedAxis);
      } else {
        add(piece.count, {static_cast<std::int32_t>(piece.extent), 0, piece.start, piece.step});
      }
    }
  }
  return walk;
}

}  // namespace

bool can_view(const Strided& strided) {
  return strided.extents().size() <= plan::kMaxRank && can_view(walk_of(strided).shape);
}

ProgramStep& add_view(Lowering& lowering, std::size_t node, TensorIndex from, TensorIndex to,
                      const Strided& strided) {
  Walk walk = walk_of(strided);
  return add_view(lowering, node, lowering.stored(from, strided.extents()),
                  lowering.view(to, std::move(walk.shape)), walk.axes);
}

Status see(Lowering& lowering, ValueId to, Seen seen) {
  if (std::ranges::count(lowering.shape(to), 0) == 0) {
    lowering.defer(to, std::move(seen));
    return {};
  }
  // Nothing to copy.
  const TensorIndex from = lowering.view(TRY(lowering.read(seen.from)), seen.from_shape);
  const TensorIndex target = lowering.view(lowering.write(to), seen.walk);
  add_view(lowering, seen.node, from, target, seen.axes).note = seen.note;
  return {};
}

}  // namespace slipway::compile
