#include "compile/lower/strided.h"

#include <algorithm>

namespace slipway::compile {
namespace {

constexpr std::int64_t kLanes = 16;

std::int64_t product_of(const std::vector<Strided::Piece>& pieces) {
  std::int64_t product = 1;
  for (const Strided::Piece& piece : pieces) product *= piece.count;
  return product;
}

}  // namespace

Strided::Strided(const Shape& shape, plan::Layout layout) {
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    extents_.push_back(shape[axis]);
    axes_.push_back({{static_cast<std::int64_t>(axis), 0, 1, shape[axis]}});
  }
  if (layout == plan::Layout::kBlocked16) {
    extents_[1] /= kLanes;
    axes_[1] = {{1, 0, 1, extents_[1]}, {static_cast<std::int64_t>(shape.size()), 0, 1, kLanes}};
    extents_.push_back(kLanes);
  }
  at_.resize(extents_.size());
}

void Strided::split_extent(std::size_t at, std::int64_t inner) {
  extents_[at] /= inner;
  extents_.insert(extents_.begin() + static_cast<std::ptrdiff_t>(at) + 1, inner);
  at_.insert(at_.begin() + static_cast<std::ptrdiff_t>(at) + 1, 0);
  for (std::vector<Piece>& axis : axes_) {
    for (Piece& piece : axis) {
      if (piece.extent > static_cast<std::int64_t>(at)) ++piece.extent;
    }
  }
}

// The piece keeps its outer digits, `rest` gets `inner` of them. The piece is in no axis.
bool Strided::split(Piece& piece, std::int64_t inner, Piece& rest) {
  if (piece.extent == kRepeat) {
    rest = {kRepeat, 0, 0, inner};
    piece.count /= inner;
    return true;
  }
  const auto at = static_cast<std::size_t>(piece.extent);
  if (piece.step != 1 || piece.start % inner != 0 || extents_[at] % inner != 0) return false;
  split_extent(at, inner);
  rest = {piece.extent + 1, 0, 1, inner};
  piece.start /= inner;
  piece.count /= inner;
  return true;
}

bool Strided::regroup(const Shape& shape) {
  if (is_whole()) {  // any shape will do, with digits of its own
    *this = Strided(shape, plan::Layout::kPlain);
    return true;
  }
  std::vector<Piece> pieces;
  for (const std::vector<Piece>& axis : axes_)
    pieces.insert(pieces.end(), axis.begin(), axis.end());
  axes_.clear();
  for (const std::int64_t extent : shape) {
    std::vector<Piece> axis;
    std::int64_t done = 1;
    while (done != extent || (extent == 1 && axis.empty())) {
      if (pieces.empty()) break;
      Piece piece = pieces.front();
      if (extent == 1 && piece.count != 1) break;
      const std::int64_t need = extent / done;
      if (extent % done != 0) return false;
      pieces.erase(pieces.begin());
      if (piece.count > need) {
        if (piece.count % need != 0) return false;
        // Where a split of an extent finds them and gives them new numbers.
        axes_.push_back(std::move(pieces));
        axes_.push_back(std::move(axis));
        Piece rest;
        if (!split(piece, piece.count / need, rest)) return false;
        axis = std::move(axes_.back());
        axes_.pop_back();
        pieces = std::move(axes_.back());
        axes_.pop_back();
        pieces.insert(pieces.begin(), rest);
      }
      done *= piece.count;
      axis.push_back(piece);
    }
    if (done != extent) return false;
    axes_.push_back(std::move(axis));
  }
  return product_of(pieces) == 1;
}

// Elements start, start + step, ... of the digits.
bool Strided::cut(std::vector<Piece>& pieces, const plan::ViewAxis& axis, std::int64_t count) {
  std::erase_if(pieces, [](const Piece& piece) { return piece.count == 1 && piece.start == 0; });
  if (axis.start == 0 && axis.step == 1 && count == product_of(pieces)) return true;
  if (count == 1) {
    std::int64_t index = axis.start;
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
      if (piece->extent != kRepeat) {
        at_[static_cast<std::size_t>(piece->extent)] =
            piece->start + piece->step * (index % piece->count);
      }
      index /= piece->count;
    }
    pieces.clear();
    return true;
  }
  if (pieces.empty() || pieces[0].extent == kRepeat) return false;
  // A range of the outermost digit, all of the others.
  Piece& piece = pieces[0];
  const std::int64_t inner = product_of(pieces) / piece.count;
  if (inner != 1 && (axis.step != 1 || axis.start % inner != 0 || count % inner != 0)) return false;
  piece.start += piece.step * (axis.start / inner);
  piece.step *= axis.step;
  piece.count = count / inner;
  const auto at = static_cast<std::size_t>(piece.extent);
  if (piece.step != 1 || piece.start % piece.count != 0 || extents_[at] % piece.count != 0)
    return true;
  // One of several equal parts.
  const std::int64_t part = piece.start / piece.count;
  split_extent(at, piece.count);
  at_[at] = part;
  for (Piece& digit : pieces) {
    if (digit.extent > static_cast<std::int64_t>(at)) ++digit.extent;
  }
  piece = {static_cast<std::int64_t>(at) + 1, 0, 1, piece.count};
  return true;
}

bool Strided::see(const Seen& seen) {
  if (!regroup(seen.from_shape)) return false;
  if (seen.is_reshape()) return true;
  std::vector<std::vector<Piece>> walked;
  const std::size_t inputs = axes_.size();
  for (std::size_t i = 0; i < seen.axes.size(); ++i) {
    const plan::ViewAxis& axis = seen.axes[i];
    if (axis.axis == plan::kRepeated) {
      axes_.push_back({{kRepeat, 0, 0, seen.walk[i]}});
      continue;
    }
    // Moved to the back, so that a split of an extent finds every piece in axes_.
    axes_.push_back(std::move(axes_[static_cast<std::size_t>(axis.axis)]));
    axes_[static_cast<std::size_t>(axis.axis)].clear();
    std::vector<Piece> pieces = axes_.back();
    axes_.back().clear();
    if (!cut(pieces, axis, seen.walk[i])) return false;
    axes_.back() = std::move(pieces);
  }
  for (std::size_t i = 0; i < inputs; ++i) {  // axes of which only the first element is seen
    for (const Piece& piece : axes_[i]) {
      if (piece.extent != kRepeat) at_[static_cast<std::size_t>(piece.extent)] = piece.start;
    }
  }
  axes_.erase(axes_.begin(), axes_.begin() + static_cast<std::ptrdiff_t>(inputs));
  return true;
}

std::vector<std::pair<std::size_t, std::int64_t>> Strided::fixed() const {
  std::vector<bool> is_walked(extents_.size(), false);
  for (const std::vector<Piece>& axis : axes_) {
    for (const Piece& piece : axis) {
      if (piece.extent != kRepeat) is_walked[static_cast<std::size_t>(piece.extent)] = true;
    }
  }
  std::vector<std::pair<std::size_t, std::int64_t>> fixed;
  for (std::size_t i = 0; i < extents_.size(); ++i) {
    if (!is_walked[i] && extents_[i] != 1) fixed.emplace_back(i, at_[i]);
  }
  return fixed;
}

bool Strided::is_whole() const {
  std::size_t next = 0;
  for (const std::vector<Piece>& axis : axes_) {
    for (const Piece& piece : axis) {
      if (piece.count == 1 &&
          (piece.extent == kRepeat || extents_[static_cast<std::size_t>(piece.extent)] == 1)) {
        continue;
      }
      while (next < extents_.size() && extents_[next] == 1) ++next;
      if (piece.extent != static_cast<std::int64_t>(next) || piece.start != 0 || piece.step != 1 ||
          piece.count != extents_[next]) {
        return false;
      }
      ++next;
    }
  }
  while (next < extents_.size() && extents_[next] == 1) ++next;
  return next == extents_.size();
}

void Strided::merge_extents(std::size_t at) {
  if (extents_[at] == 1) at_[at] = at_[at + 1];
  extents_[at] *= extents_[at + 1];
  extents_.erase(extents_.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  at_.erase(at_.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  for (std::vector<Piece>& axis : axes_) {
    for (Piece& piece : axis) {
      if (piece.extent > static_cast<std::int64_t>(at)) --piece.extent;
    }
  }
}

std::int64_t Strided::take_repeats(std::size_t axis) {
  std::vector<Piece>& pieces = axes_[axis];
  std::int64_t repeats = 1;
  while (!pieces.empty() && pieces.back().extent == kRepeat) {
    repeats *= pieces.back().count;
    pieces.pop_back();
  }
  return repeats;
}

bool Strided::merge() {
  const auto is_walked = [&](std::int64_t extent) {
    return std::ranges::any_of(axes_, [&](const std::vector<Piece>& axis) {
      return std::ranges::find(axis, extent, &Piece::extent) != axis.end();
    });
  };
  for (std::vector<Piece>& axis : axes_) {
    for (const Piece& piece : axis) {
      if (piece.extent == kRepeat || piece.start != 0 || piece.step != 1 ||
          piece.count != extents_[static_cast<std::size_t>(piece.extent)]) {
        return false;
      }
    }
    const auto is_one = [](const Piece& piece) { return piece.count == 1; };
    if (std::ranges::all_of(axis, is_one)) {
      axis.resize(std::min<std::size_t>(axis.size(), 1));
    } else {
      std::erase_if(axis, is_one);
    }
    while (axis.size() > 1) {
      const std::int64_t outer = axis[0].extent;
      if (axis[1].extent == outer + 1) {
        const std::int64_t inner_count = axis[1].count;
        axis.erase(axis.begin() + 1);
        axis[0].count *= inner_count;
        merge_extents(static_cast<std::size_t>(outer));
        continue;
      }
      const auto between = static_cast<std::size_t>(outer) + 1;
      if (between >= extents_.size() || extents_[between] != 1 ||
          is_walked(static_cast<std::int64_t>(between))) {
        return false;
      }
      merge_extents(static_cast<std::size_t>(outer));
    }
  }
  for (std::size_t i = extents_.size(); i-- > 0 && extents_.size() > 1;) {
    if (extents_[i] != 1 || is_walked(static_cast<std::int64_t>(i))) continue;
    merge_extents(i == 0 ? 0 : i - 1);
  }
  return true;
}

}  // namespace slipway::compile
