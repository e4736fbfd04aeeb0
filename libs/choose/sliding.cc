#include "choose/sliding.h"

#include <algorithm>
#include <cstring>

#include "base/str.h"
#include "choose/buffers.h"

namespace slipway::choose {
namespace {

// Positions [begin, begin + count) of an axis; zeros where begin is below 0.
Result<Tensor> cut(const Tensor& whole, std::size_t axis, std::int64_t begin, std::int64_t count) {
  Shape shape = whole.shape();
  if (axis >= shape.size() || begin + count > shape[axis])
    return Error{Code::kInternal, "a window is cut beyond its end"};
  std::size_t outer = 1;
  std::size_t inner = element_bytes(whole.dtype());
  for (std::size_t i = 0; i < axis; ++i) outer *= static_cast<std::size_t>(shape[i]);
  for (std::size_t i = axis + 1; i < shape.size(); ++i) inner *= static_cast<std::size_t>(shape[i]);
  const std::size_t length = static_cast<std::size_t>(shape[axis]) * inner;
  shape[axis] = count;
  Tensor piece = TRY(Tensor::create(whole.dtype(), shape));  // zeros
  const std::int64_t first = std::max<std::int64_t>(begin, 0);
  if (first >= begin + count) return piece;
  const std::size_t skipped = static_cast<std::size_t>(first - begin) * inner;
  const std::size_t piece_length = static_cast<std::size_t>(count) * inner;
  const std::span<const std::byte> from = whole.bytes();
  const std::span<std::byte> to = piece.mutable_bytes();
  for (std::size_t i = 0; i < outer; ++i) {
    std::memcpy(to.data() + i * piece_length + skipped,
                from.data() + i * length + static_cast<std::size_t>(first) * inner,
                piece_length - skipped);
  }
  return piece;
}

std::string first_difference(const Buffers& a, const Buffers& b, const engines::Session& session) {
  for (std::size_t i = 0; i < a.outputs().size(); ++i) {
    if (!std::ranges::equal(a.outputs()[i].bytes(), b.outputs()[i].bytes()))
      return session.outputs()[i].name;
  }
  return "";
}

}  // namespace

std::vector<compile::Slide> slides_of(const recipe::Recipe& recipe) {
  std::vector<compile::Slide> slides;
  for (const auto& [name, input] : recipe.inputs) {
    if (input.window_axis) slides.push_back({name, *input.window_axis, input.window_step});
  }
  return slides;
}

std::string slide_text(const compile::Slide& slide) {
  const std::string text = str(slide.input, "=", slide.axis);
  return slide.step == 1 ? text : str(text, ":", slide.step);
}

std::string slides_text(const std::vector<compile::Slide>& slides,
                        std::span<const engines::Port> whole) {
  std::vector<std::string> parts;
  for (const compile::Slide& slide : slides) {
    const auto port = std::ranges::find(whole, slide.input, &engines::Port::name);
    if (port == whole.end()) continue;
    const auto rank = static_cast<std::int64_t>(port->shape.size());
    const std::int64_t axis = slide.axis < 0 ? slide.axis + rank : slide.axis;
    if (axis < 0 || axis >= rank) continue;
    parts.push_back(str(slide.step, " of ", port->shape[static_cast<std::size_t>(axis)],
                        " positions of ", shorten(slide.input), " along axis ", axis));
  }
  return str("its windows slide: a run takes the newest ", join(parts, ", and "));
}

Result<Pieces> Pieces::create(const std::vector<compile::Slide>& slides,
                              std::span<const engines::Port> whole) {
  Pieces pieces;
  pieces.cuts_.resize(whole.size());
  for (const compile::Slide& slide : slides) {
    const auto port = std::ranges::find(whole, slide.input, &engines::Port::name);
    if (port == whole.end())
      return Error{Code::kInvalid, str("the model has no input ", shorten(slide.input))};
    const auto rank = static_cast<std::int64_t>(port->shape.size());
    const std::int64_t axis = slide.axis < 0 ? slide.axis + rank : slide.axis;
    if (axis < 0 || axis >= rank || slide.step < 1)
      return Error{Code::kInvalid, str("input ", slide.input, " cannot slide along axis ",
                                       slide.axis, " by ", slide.step)};
    pieces.cuts_[static_cast<std::size_t>(port - whole.begin())] = {static_cast<std::size_t>(axis),
                                                                    slide.step};
    const std::int64_t extent = port->shape[static_cast<std::size_t>(axis)];
    pieces.runs_ =
        std::max(pieces.runs_, static_cast<std::size_t>((extent + slide.step - 1) / slide.step));
  }
  return pieces;
}

Result<std::vector<Tensor>> Pieces::of(const std::vector<Tensor>& sample, std::size_t i) const {
  std::vector<Tensor> inputs;
  for (std::size_t input = 0; input < sample.size(); ++input) {
    const Cut& slide = cuts_[input];
    if (slide.step == 0) {
      inputs.push_back(sample[input]);
      continue;
    }
    const std::int64_t later = static_cast<std::int64_t>(runs_ - i) * slide.step;
    inputs.push_back(
        TRY(cut(sample[input], slide.axis, sample[input].dim(slide.axis) - later, slide.step)));
  }
  return inputs;
}

Status check_sliding(engines::Session& sliding, engines::Session& whole, const Pieces& pieces,
                     const NextWindow& next) {
  Buffers part = TRY(Buffers::create(sliding));
  Buffers all = TRY(Buffers::create(whole));
  std::vector<Tensor> window;
  sliding.reset();
  for (std::size_t count = 0; TRY(next(window)); ++count) {
    for (std::size_t i = 0; i < pieces.runs(); ++i) {
      TRY(part.fill(TRY(pieces.of(window, i))));
      TRY(part.run(sliding));
    }
    TRY(all.fill(window));
    TRY(all.run(whole));
    const std::string output = first_difference(part, all, whole);
    if (!output.empty()) {
      return Error{Code::kInternal, str("its output ", shorten(output),
                                        " is not the whole window's, of sample ", count)};
    }
  }
  return {};
}

}  // namespace slipway::choose
