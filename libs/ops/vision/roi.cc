// RoiAlign and MaxRoiPool: regions of interest resampled to a fixed size.
#include <algorithm>
#include <array>
#include <cmath>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/dims.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

constexpr std::int64_t kMaxSamples = 1 << 12;  // per bin and axis

Result<Shape> pooled_shape(const NodeView& view) {
  Shape pooled{view.get_int("output_height", 1), view.get_int("output_width", 1)};
  if (const auto* stated = view.get_ints("pooled_shape")) pooled = *stated;
  if (pooled.size() != 2 || pooled[0] < 1 || pooled[1] < 1) {
    return view.fail("the pooled size ", shape_text(pooled), " must be two positive numbers");
  }
  return pooled;
}

Status infer_roi(InferContext& ctx) {
  const Shape pooled = TRY(pooled_shape(ctx));
  const Dims* data = ctx.dims(0);
  const Dims* rois = ctx.dims(1);
  Dims out{Dim(), Dim(), pooled[0], pooled[1]};
  if (data != nullptr) {
    if (data->size() != 4)
      return ctx.fail("its input ", to_text(ctx.input(0)), " is not [N,C,H,W]");
    out[1] = (*data)[1];
  }
  if (rois != nullptr) {
    if (rois->size() != 2)
      return ctx.fail("the regions ", to_text(ctx.input(1)), " are not a matrix");
    out[0] = (*rois)[0];
  }
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

// The four pixels around a point, bilinearly weighed.
template <typename T>
struct Corners {
  std::array<std::int64_t, 4> at{};
  std::array<T, 4> weights{};
};

template <typename T>
Corners<T> corners(T y, T x, std::int64_t height, std::int64_t width) {
  Corners<T> out;
  if (!(y >= -1 && y <= static_cast<T>(height) && x >= -1 && x <= static_cast<T>(width)))
    return out;
  const auto low = [](T& at, std::int64_t extent) {
    at = std::max(at, T(0));
    const auto first = std::min(static_cast<std::int64_t>(at), extent - 1);
    if (first == extent - 1) at = static_cast<T>(first);
    return first;
  };
  const std::int64_t top = low(y, height);
  const std::int64_t left = low(x, width);
  const std::int64_t bottom = std::min(top + 1, height - 1);
  const std::int64_t right = std::min(left + 1, width - 1);
  const T down = y - static_cast<T>(top);
  const T across = x - static_cast<T>(left);
  out.at = {top * width + left, top * width + right, bottom * width + left, bottom * width + right};
  out.weights = {(1 - down) * (1 - across), (1 - down) * across, down * (1 - across),
                 down * across};
  return out;
}

struct AlignRule {
  Shape pooled;
  double scale = 1;
  std::int64_t ratio = 0;  // samples per bin and axis; 0: as many as the region has pixels
  bool half_pixel = true;
  bool max = false;
};

Result<AlignRule> read_align_rule(const NodeView& view) {
  AlignRule rule;
  rule.pooled = TRY(pooled_shape(view));
  rule.scale = view.get_float("spatial_scale", 1);
  rule.ratio = view.get_int("sampling_ratio", 0);
  if (rule.ratio < 0 || rule.ratio > kMaxSamples) {
    return view.fail("sampling_ratio ", rule.ratio, " is outside 0 to ", kMaxSamples);
  }
  const std::string mode = view.get_string("mode", "avg");
  if (mode != "avg" && mode != "max")
    return view.fail("mode \"", mode, "\" is neither avg nor max");
  rule.max = mode == "max";
  const std::string shift = view.get_string(
      "coordinate_transformation_mode", view.version() < 16 ? "output_half_pixel" : "half_pixel");
  if (shift != "half_pixel" && shift != "output_half_pixel") {
    return view.fail("coordinate_transformation_mode \"", shift,
                     "\" is neither half_pixel nor output_half_pixel");
  }
  rule.half_pixel = shift == "half_pixel";
  return rule;
}

// One region: where it starts, the size of a bin and the samples in it, first down, then across.
template <typename T>
struct Region {
  std::array<T, 2> start{}, bin{};
  std::array<std::int64_t, 2> samples{};
};

template <typename T>
Result<Region<T>> read_region(const NodeView& view, const AlignRule& rule, const T* roi) {
  Region<T> region;
  const T offset = rule.half_pixel ? T(0.5) : T(0);
  const T scale = static_cast<T>(rule.scale);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const T start = roi[axis == 0 ? 1 : 0] * scale - offset;
    T extent = roi[axis == 0 ? 3 : 2] * scale - offset - start;
    if (!rule.half_pixel) extent = std::max(extent, T(1));
    region.start[axis] = start;
    region.bin[axis] = extent / static_cast<T>(rule.pooled[axis]);
    const T wanted = std::ceil(region.bin[axis]);
    region.samples[axis] = rule.ratio;
    if (rule.ratio > 0) continue;
    if (!(wanted <= static_cast<T>(kMaxSamples))) {
      return view.fail("a region is ", extent, " pixels long: more than ", kMaxSamples,
                       " samples in a bin");
    }
    region.samples[axis] = std::max<std::int64_t>(static_cast<std::int64_t>(wanted), 0);
  }
  return region;
}

template <typename T>
T pool_bin(const T* plane, const Tensor& data, const AlignRule& rule, const Region<T>& region,
           std::int64_t row, std::int64_t column) {
  T result = 0;
  bool first = true;
  for (std::int64_t i = 0; i < region.samples[0]; ++i) {
    const T y = region.start[0] + static_cast<T>(row) * region.bin[0] +
                (static_cast<T>(i) + T(0.5)) * region.bin[0] / static_cast<T>(region.samples[0]);
    for (std::int64_t j = 0; j < region.samples[1]; ++j) {
      const T x = region.start[1] + static_cast<T>(column) * region.bin[1] +
                  (static_cast<T>(j) + T(0.5)) * region.bin[1] / static_cast<T>(region.samples[1]);
      const Corners<T> around = corners(y, x, data.dim(2), data.dim(3));
      if (rule.max) {
        for (std::size_t k = 0; k < 4; ++k) {
          const T part = around.weights[k] * plane[around.at[k]];
          if (first || part > result) result = part;
          first = false;
        }
      } else {
        T value = 0;
        for (std::size_t k = 0; k < 4; ++k) {
          value = std::fma(around.weights[k], plane[around.at[k]], value);
        }
        result += value;
      }
    }
  }
  const std::int64_t count = region.samples[0] * region.samples[1];
  return rule.max || count == 0 ? result : result / static_cast<T>(count);
}

template <typename T>
Status align(const EvalContext& ctx, const AlignRule& rule, const Tensor& data, const Tensor& rois,
             const std::vector<std::int64_t>& images, Tensor& out) {
  T* to = out.mutable_data<T>().data();
  const std::int64_t plane = data.dim(2) * data.dim(3);
  for (std::size_t r = 0; r < images.size(); ++r) {
    const Region<T> region = TRY(read_region<T>(ctx, rule, rois.data<T>().data() + 4 * r));
    for (std::int64_t c = 0; c < data.dim(1); ++c) {
      const T* pixels = data.data<T>().data() + (images[r] * data.dim(1) + c) * plane;
      for (std::int64_t i = 0; i < rule.pooled[0]; ++i) {
        for (std::int64_t j = 0; j < rule.pooled[1]; ++j) {
          *to++ = pool_bin(pixels, data, rule, region, i, j);
        }
      }
    }
  }
  return {};
}

Status check_image(const NodeView& view, const Tensor& data, double image) {
  if (data.rank() != 4)
    return view.fail("its input ", shape_text(data.shape()), " is not [N,C,H,W]");
  if (!(image >= 0 && image < static_cast<double>(data.dim(0)))) {
    return view.fail("a region is of image ", image, " in a batch of ", data.dim(0));
  }
  return {};
}

Status evaluate_roi_align(EvalContext& ctx) {
  const Tensor& input = ctx.input(0);
  const AlignRule rule = TRY(read_align_rule(ctx));
  const std::vector<std::int64_t> images = TRY(ctx.ints(2));
  const auto count = static_cast<std::int64_t>(images.size());
  if (input.rank() != 4 || ctx.input(1).shape() != Shape{count, 4}) {
    return ctx.fail("an input ", shape_text(input.shape()), " with regions ",
                    shape_text(ctx.input(1).shape()), " and ", count,
                    " image numbers: they must be [N,C,H,W], [R,4] and [R]");
  }
  for (const std::int64_t image : images) {
    TRY(check_image(ctx, input, static_cast<double>(image)));
  }
  const DType compute = input.dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  const Tensor data = TRY(cast(input, compute));
  const Tensor rois = TRY(cast(ctx.input(1), compute));
  Tensor out = TRY(ctx.make(compute, {count, input.dim(1), rule.pooled[0], rule.pooled[1]}));
  Status status;
  if (data.size() != 0) {
    visit_real(compute,
               [&]<typename T>() { status = align<T>(ctx, rule, data, rois, images, out); });
  }
  TRY(std::move(status));
  ctx.set_output(0, TRY(cast(out, input.dtype())));
  return {};
}

// A bin of a pooled axis, in whole pixels of the input.
struct Bin {
  std::int64_t begin, end;
};

Bin pool_range(double first, double last, double scale, std::int64_t bin, std::int64_t bins,
               std::int64_t extent) {
  const double start = std::round(first * scale);
  const double size =
      std::max(std::round(last * scale) - start + 1, 1.0) / static_cast<double>(bins);
  const auto clamped = [extent](double at) {
    return at > 0 ? static_cast<std::int64_t>(std::min(at, static_cast<double>(extent))) : 0;
  };
  return {clamped(std::floor(static_cast<double>(bin) * size) + start),
          clamped(std::ceil(static_cast<double>(bin + 1) * size) + start)};
}

double max_of_bin(const double* plane, std::int64_t width, const Bin& rows, const Bin& columns) {
  if (rows.begin >= rows.end || columns.begin >= columns.end) return 0;
  double largest = plane[rows.begin * width + columns.begin];
  for (std::int64_t y = rows.begin; y < rows.end; ++y) {
    for (std::int64_t x = columns.begin; x < columns.end; ++x) {
      largest = std::max(largest, plane[y * width + x]);
    }
  }
  return largest;
}

// Regions are rows of image number, x1, y1, x2, y2.
Status evaluate_max_roi_pool(EvalContext& ctx) {
  const Tensor& input = ctx.input(0);
  const Shape pooled = TRY(pooled_shape(ctx));
  const double scale = ctx.get_float("spatial_scale", 1);
  const Tensor rois = TRY(cast(ctx.input(1), DType::kFloat64));
  if (input.rank() != 4 || rois.rank() != 2 || rois.dim(1) != 5) {
    return ctx.fail("an input ", shape_text(input.shape()), " with regions ",
                    shape_text(rois.shape()), ": they must be [N,C,H,W] and [R,5]");
  }
  const Tensor data = TRY(cast(input, DType::kFloat64));
  Tensor out = TRY(ctx.make(DType::kFloat64, {rois.dim(0), input.dim(1), pooled[0], pooled[1]}));
  double* to = out.mutable_data<double>().data();
  const std::int64_t height = input.dim(2), width = input.dim(3);
  for (std::int64_t r = 0; r < rois.dim(0) && out.size() != 0; ++r) {
    const double* roi = rois.data<double>().data() + 5 * r;
    TRY(check_image(ctx, input, roi[0]));
    const auto image = static_cast<std::int64_t>(roi[0]);
    for (std::int64_t c = 0; c < input.dim(1); ++c) {
      const double* plane =
          data.data<double>().data() + (image * input.dim(1) + c) * height * width;
      for (std::int64_t i = 0; i < pooled[0]; ++i) {
        const Bin rows = pool_range(roi[2], roi[4], scale, i, pooled[0], height);
        for (std::int64_t j = 0; j < pooled[1]; ++j) {
          const Bin columns = pool_range(roi[1], roi[3], scale, j, pooled[1], width);
          *to++ = max_of_bin(plane, width, rows, columns);
        }
      }
    }
  }
  ctx.set_output(0, TRY(cast(out, input.dtype())));
  return {};
}

}  // namespace

std::vector<Op> roi_ops() {
  return {
      {.name = "MaxRoiPool",
       .versions = {{1, "X: T, rois: T -> Y: T | T = floats",
                     "pooled_shape ints!, spatial_scale float"}},
       .infer = infer_roi,
       .evaluate = evaluate_max_roi_pool},
      {.name = "RoiAlign",
       .versions = {{10, "X: T1, rois: T1, batch_indices: T2 -> Y: T1 | T1 = floats, T2 = int64",
                     "mode string, output_height int, output_width int, sampling_ratio int, "
                     "spatial_scale float"},
                    {16, "X: T1, rois: T1, batch_indices: T2 -> Y: T1 | T1 = floats, T2 = int64",
                     "coordinate_transformation_mode string, mode string, output_height int, "
                     "output_width int, sampling_ratio int, spatial_scale float"}},
       .infer = infer_roi,
       .evaluate = evaluate_roi_align}};
}

}  // namespace slipway
