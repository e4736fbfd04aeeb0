#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"
#include "ops/support/dims.h"
#include "ops/support/index.h"
#include "ops/support/wrap.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;

// One spatial axis of the blocks that slide over the image.
struct Window {
  std::int64_t image, block, stride, dilation, pad_begin, steps;
};

// An attribute with one number an axis, `otherwise` when absent.
Result<Ints> per_axis(const NodeView& view, std::string_view name, std::size_t count,
                      std::int64_t otherwise, std::int64_t least) {
  const Ints* stated = view.get_ints(name);
  if (stated == nullptr) return Ints(count, otherwise);
  if (stated->size() != count) {
    return view.fail(name, " has ", stated->size(), " numbers, it needs ", count);
  }
  for (const std::int64_t value : *stated) {
    if (value < least || value > (std::int64_t{1} << 31)) {
      return view.fail(name, " ", shape_text(*stated), " has a number out of range");
    }
  }
  return *stated;
}

Result<std::vector<Window>> read_windows(const NodeView& view, const Ints& image,
                                         const Ints& block) {
  const std::size_t rank = image.size();
  if (block.size() != rank || rank == 0) {
    return view.fail("image_shape ", shape_text(image), " and block_shape ", shape_text(block),
                     " must have the same, positive rank");
  }
  const Ints strides = TRY(per_axis(view, "strides", rank, 1, 1));
  const Ints dilations = TRY(per_axis(view, "dilations", rank, 1, 1));
  const Ints pads = TRY(per_axis(view, "pads", 2 * rank, 0, 0));
  std::vector<Window> windows;
  for (std::size_t i = 0; i < rank; ++i) {
    constexpr std::int64_t kLimit = std::int64_t{1} << 31;
    if (image[i] < 0 || block[i] < 1 || image[i] > kLimit || block[i] > kLimit) {
      return view.fail("image_shape ", shape_text(image), " or block_shape ", shape_text(block),
                       " has a dimension out of range");
    }
    const std::int64_t room =
        image[i] + pads[i] + pads[i + rank] - dilations[i] * (block[i] - 1) - 1;
    const std::int64_t steps = room < 0 ? 0 : room / strides[i] + 1;
    windows.push_back({image[i], block[i], strides[i], dilations[i], pads[i], steps});
  }
  return windows;
}

Status infer_col2im(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  const std::optional<Dims> image = TRY(shape_from_input(ctx, 1));
  const std::optional<Dims> block = TRY(shape_from_input(ctx, 2));
  set_unknown_shape(ctx);
  if (!image.has_value()) return {};
  Dims out(2);
  if (dims != nullptr) {
    if (dims->size() != 3) {
      return ctx.fail("its input ", to_text(ctx.input(0)), " is not [N, C * block, L]");
    }
    out[0] = (*dims)[0];
    if (block.has_value()) out[1] = quotient({(*dims)[1]}, *block);
  }
  out.insert(out.end(), image->begin(), image->end());
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

// Adds every element of every column at its place in the image, in the order of the columns' rows.
template <typename T>
void add_columns(const Tensor& columns, const std::vector<Window>& windows, std::int64_t planes,
                 Tensor& image) {
  std::int64_t blocks = 1, block_elements = 1, pixels = 1;
  for (const Window& window : windows) {
    blocks *= window.steps;
    block_elements *= window.block;
    pixels *= window.image;
  }
  const T* from = columns.data<T>().data();
  T* to = image.mutable_data<T>().data();
  for (std::int64_t plane = 0; plane < planes; ++plane, to += pixels) {
    for (std::int64_t element = 0; element < block_elements; ++element) {
      for (std::int64_t block = 0; block < blocks; ++block, ++from) {
        std::int64_t element_rest = element, block_rest = block, pixel = 0, scale = 1;
        bool inside = true;
        for (std::size_t i = windows.size(); i > 0 && inside; --i) {
          const Window& w = windows[i - 1];
          const std::int64_t at =
              block_rest % w.steps * w.stride + element_rest % w.block * w.dilation - w.pad_begin;
          inside = at >= 0 && at < w.image;
          pixel += at * scale;
          scale *= w.image;
          element_rest /= w.block;
          block_rest /= w.steps;
        }
        if (inside) to[pixel] = wrap_add(to[pixel], *from);
      }
    }
  }
}

Status evaluate_col2im(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::vector<Window> windows = TRY(read_windows(ctx, TRY(ctx.ints(1)), TRY(ctx.ints(2))));
  Shape blocks, steps;
  for (const Window& window : windows) {
    blocks.push_back(window.block);
    steps.push_back(window.steps);
  }
  const Result<std::size_t> block_elements = element_count(blocks);
  const Result<std::size_t> block_count = element_count(steps);
  if (data.rank() != 3 || !block_elements.ok() || !block_count.ok() ||
      data.dim(1) % static_cast<std::int64_t>(*block_elements) != 0 ||
      data.dim(2) != static_cast<std::int64_t>(*block_count)) {
    return ctx.fail("its input ", shape_text(data.shape()), " does not hold blocks of ",
                    shape_text(blocks), " at ", shape_text(steps), " positions");
  }
  const std::int64_t channels = data.dim(1) / static_cast<std::int64_t>(*block_elements);
  Shape shape{data.dim(0), channels};
  for (const Window& window : windows) shape.push_back(window.image);
  const Tensor columns = TRY(widened(data));
  Tensor image = TRY(ctx.make(columns.dtype(), std::move(shape)));
  const bool numeric = visit_compute(columns.dtype(), [&]<typename T>() {
    if (image.size() != 0 && columns.size() != 0) {
      add_columns<T>(columns, windows, data.dim(0) * channels, image);
    }
  });
  if (!numeric) return ctx.unsupported("sums of ", name(data.dtype()), " elements");
  return set_narrowed(ctx, 0, std::move(image), data.dtype());
}

}  // namespace

std::vector<Op> col2im_ops() {
  return {
      {.name = "Col2Im",
       .versions = {{18, "input: T, image_shape: int64, block_shape: int64 -> output: T | T = any",
                     "dilations ints, pads ints, strides ints"}},
       .infer = infer_col2im,
       .evaluate = evaluate_col2im}};
}

}  // namespace slipway
