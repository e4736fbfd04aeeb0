#include <algorithm>
#include <cmath>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"
#include "ops/support/index.h"
#include "ops/vision/resize_plan.h"
#include "tensor/convert.h"

namespace slipway {

ResizeInputs resize_inputs(const NodeView& view) {
  if (view.node().op == "Upsample") return {0, view.version() >= 9 ? 1U : 0U, 0};
  return view.version() < 11 ? ResizeInputs{0, 1, 0} : ResizeInputs{1, 2, 3};
}

std::vector<float> resize_scales(const NodeView& view) {
  if (const auto* scales = view.get_floats("scales")) return *scales;
  return {1, 1, view.get_float("height_scale", 1), view.get_float("width_scale", 1)};
}

namespace {

Result<std::vector<std::size_t>> resized_axes(const NodeView& view, std::size_t rank) {
  std::vector<std::size_t> axes;
  if (const auto* stated = view.get_ints("axes")) return normalize_axes(view, *stated, rank);
  for (std::size_t i = 0; i < rank; ++i) axes.push_back(i);
  return axes;
}

bool scale_is_usable(float scale) { return scale > 0 && std::isfinite(scale); }

// One scale for all axes, so that the aspect ratio stays.
Status keep_aspect_ratio(const NodeView& view, const ResizeRequest& request,
                         std::vector<ResizeAxis>& axes, const std::vector<std::size_t>& at) {
  const std::string policy = view.get_string("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch") return {};
  if (policy != "not_larger" && policy != "not_smaller") {
    return view.fail("keep_aspect_ratio_policy \"", policy,
                     "\" is none of stretch, not_larger, not_smaller");
  }
  std::optional<float> common;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const float scale = static_cast<float>(request.sizes[i]) / static_cast<float>(axes[at[i]].in);
    const bool better = policy == "not_larger" ? scale < common : scale > common;
    if (!common.has_value() || better) common = scale;
  }
  for (const std::size_t axis : at) {
    axes[axis].scale = *common;
    axes[axis].out =
        static_cast<std::int64_t>(std::floor(*common * static_cast<float>(axes[axis].in) + 0.5F));
    axes[axis].width = static_cast<float>(axes[axis].out);
  }
  return {};
}

}  // namespace

Result<std::vector<ResizeAxis>> plan_resize_axes(const NodeView& view, const Shape& shape,
                                                 const ResizeRequest& request,
                                                 const ResizeRule& rule) {
  const std::vector<std::size_t> at = TRY(resized_axes(view, shape.size()));
  const std::size_t given = request.scales.empty() ? request.sizes.size() : request.scales.size();
  if (given != at.size()) {
    return view.fail(given, " scales or sizes for ", at.size(), " axes of ", shape_text(shape));
  }
  std::vector<ResizeAxis> axes;
  for (const std::int64_t extent : shape) {
    axes.push_back({extent, extent, 1, static_cast<float>(extent)});
  }
  const bool cropped = rule.coordinates == Coordinates::kTfCropAndResize;
  if (cropped && request.roi.size() != 2 * at.size()) {
    return view.fail("tf_crop_and_resize needs a roi of ", 2 * at.size(), " numbers, it has ",
                     request.roi.size());
  }
  for (std::size_t i = 0; i < at.size(); ++i) {
    ResizeAxis& axis = axes[at[i]];
    if (cropped) {
      axis.roi_start = request.roi[i];
      axis.roi_end = request.roi[i + at.size()];
    }
    if (request.scales.empty()) {
      axis.out = request.sizes[i];
      if (axis.out < 0) return view.fail("a size is ", axis.out, ": sizes are zero or more");
      axis.scale =
          static_cast<float>(axis.out) / static_cast<float>(std::max<std::int64_t>(axis.in, 1));
      axis.width = static_cast<float>(axis.out);
      continue;
    }
    axis.scale = request.scales[i];
    if (!scale_is_usable(axis.scale))
      return view.fail("a scale is ", axis.scale, ": it must be positive");
    const float seen =
        static_cast<float>(axis.in) * (cropped ? axis.roi_end - axis.roi_start : 1.0F);
    axis.width = seen * axis.scale;
    const float extent = std::floor(axis.width);
    if (!(extent >= 0 && extent < 9e18F))
      return view.fail("the resized axis would have ", extent, " elements");
    axis.out = static_cast<std::int64_t>(extent);
  }
  const bool has_elements = std::find(shape.begin(), shape.end(), 0) == shape.end();
  if (!request.sizes.empty() && has_elements) TRY(keep_aspect_ratio(view, request, axes, at));
  for (const ResizeAxis& axis : axes) {
    if (axis.in == 0 && axis.out != 0) return view.fail("an empty axis cannot be enlarged");
  }
  return axes;
}

namespace {

Result<std::vector<float>> floats_of(const Tensor& tensor) {
  const Tensor wide = TRY(cast(tensor, DType::kFloat32));
  return std::vector<float>(wide.data<float>().begin(), wide.data<float>().end());
}

// nullopt when the numbers are not known before the model runs.
Result<std::optional<ResizeRequest>> known_request(const InferContext& ctx,
                                                   const ResizeRule& rule) {
  const ResizeInputs at = resize_inputs(ctx);
  ResizeRequest request;
  if (at.scales == 0) {
    request.scales = resize_scales(ctx);
    return std::optional(request);
  }
  if (rule.coordinates == Coordinates::kTfCropAndResize) {
    if (ctx.constant(at.roi) == nullptr) return std::optional<ResizeRequest>();
    request.roi = TRY(floats_of(*ctx.constant(at.roi)));
  }
  const Tensor* scales = ctx.has_input(at.scales) ? ctx.constant(at.scales) : nullptr;
  const bool use_sizes = at.sizes != 0 && ctx.has_input(at.sizes);
  if (!use_sizes && scales != nullptr && scales->size() != 0) {
    request.scales = TRY(floats_of(*scales));
    return std::optional(request);
  }
  const auto sizes = use_sizes ? ctx.known_ints(at.sizes) : std::nullopt;
  if (!sizes.has_value() || sizes->empty()) return std::optional<ResizeRequest>();
  request.sizes = *sizes;
  return std::optional(request);
}

// What can be said of the shape when the input's dimensions are not all known.
Status infer_partly(InferContext& ctx, const Dims& dims, const ResizeRequest& request) {
  Dims out(dims.size());
  const std::vector<std::size_t> axes = TRY(resized_axes(ctx, dims.size()));
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) out[i] = dims[i];
  }
  const bool stretch = ctx.get_string("keep_aspect_ratio_policy", "stretch") == "stretch";
  const std::size_t given = request.scales.empty() ? request.sizes.size() : request.scales.size();
  for (std::size_t i = 0; i < axes.size() && i < given; ++i) {
    const Dim& dim = dims[axes[i]];
    if (!request.sizes.empty()) {
      if (stretch && request.sizes[i] >= 0) out[axes[i]] = request.sizes[i];
    } else if (!request.roi.empty()) {
      continue;
    } else if (request.scales[i] == 1.0F) {
      out[axes[i]] = dim;
    } else if (dim.is_known() && scale_is_usable(request.scales[i])) {
      const float extent = std::floor(static_cast<float>(dim.extent()) * request.scales[i]);
      if (extent < 9e18F) out[axes[i]] = static_cast<std::int64_t>(extent);
    }
  }
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

Status infer_resize(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  set_unknown_shape(ctx);
  if (dims == nullptr) return {};
  const ResizeRule rule = TRY(read_resize_rule(ctx));
  const std::optional<ResizeRequest> request = TRY(known_request(ctx, rule));
  const std::optional<Shape> shape = known_shape(*dims);
  if (!request.has_value()) return infer_partly(ctx, *dims, {});
  if (!shape.has_value()) return infer_partly(ctx, *dims, *request);
  Dims out;
  const std::vector<ResizeAxis> axes = TRY(plan_resize_axes(ctx, *shape, *request, rule));
  for (const ResizeAxis& axis : axes) out.emplace_back(axis.out);
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

Result<ResizeRequest> read_request(const EvalContext& ctx) {
  const ResizeInputs at = resize_inputs(ctx);
  ResizeRequest request;
  if (at.scales == 0) {
    request.scales = resize_scales(ctx);
    return request;
  }
  if (at.roi != 0 && ctx.has_input(at.roi)) request.roi = TRY(floats_of(ctx.input(at.roi)));
  if (at.sizes != 0 && ctx.has_input(at.sizes) && ctx.input(at.sizes).size() != 0) {
    request.sizes = TRY(ctx.ints(at.sizes));
  } else if (ctx.has_input(at.scales)) {
    request.scales = TRY(floats_of(ctx.input(at.scales)));
  }
  if (request.scales.empty() && request.sizes.empty() && ctx.input(0).rank() != 0) {
    return ctx.fail("it needs scales or sizes, and has neither");
  }
  return request;
}

// One axis of [outer, in, inner] data: the taps of each output position in order, those of weight 0
// left out.
template <typename T>
void filter_axis(const Tensor& data, std::size_t axis, const Taps& taps, Tensor& out) {
  const std::int64_t outer = extent_of(data.shape(), 0, axis);
  const std::int64_t inner = extent_of(data.shape(), axis + 1, data.rank());
  const T* from = data.data<T>().data();
  T* to = out.mutable_data<T>().data();
  for (std::int64_t o = 0; o < outer; ++o, from += data.dim(axis) * inner) {
    for (std::int64_t i = 0; i < out.dim(axis); ++i, to += inner) {
      for (std::size_t k = 0; k < taps.width; ++k) {
        const std::size_t tap = static_cast<std::size_t>(i) * taps.width + k;
        const T weight = taps.weights[tap];
        if (weight == 0) continue;
        const T* row = from + taps.positions[tap] * inner;
        for (std::int64_t x = 0; x < inner; ++x) to[x] = std::fma(weight, row[x], to[x]);
      }
    }
  }
}

// Everything at `outside` positions of an axis becomes `value`.
template <typename T>
void extrapolate(Tensor& data, std::size_t axis, const std::vector<bool>& outside, T value) {
  const auto inner = static_cast<std::size_t>(extent_of(data.shape(), axis + 1, data.rank()));
  const std::span<T> elements = data.mutable_data<T>();
  for (std::size_t row = 0; row * inner < elements.size(); ++row) {
    if (!outside[row % outside.size()]) continue;
    std::fill_n(elements.begin() + static_cast<std::ptrdiff_t>(row * inner), inner, value);
  }
}

Result<Tensor> interpolate(const EvalContext& ctx, const Tensor& input, const ResizeRule& rule,
                           const std::vector<ResizeAxis>& axes) {
  const DType compute = input.dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  Tensor data = TRY(cast(input, compute));
  std::vector<std::vector<bool>> outside(axes.size());
  for (std::size_t i = axes.size(); i-- > 0;) {
    if (axes[i].is_identity()) continue;
    const Taps taps = TRY(filter_taps(ctx, rule, axes[i]));
    Shape shape = data.shape();
    shape[i] = axes[i].out;
    Tensor next = TRY(ctx.make(compute, std::move(shape)));
    visit_real(compute, [&]<typename T>() { filter_axis<T>(data, i, taps, next); });
    data = std::move(next);
    outside[i] = taps.outside;
  }
  const float value = ctx.get_float("extrapolation_value", 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (std::find(outside[i].begin(), outside[i].end(), true) == outside[i].end()) continue;
    visit_real(compute, [&]<typename T>() { extrapolate<T>(data, i, outside[i], value); });
  }
  return cast(data, input.dtype());
}

Status evaluate_resize(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const ResizeRule rule = TRY(read_resize_rule(ctx));
  const std::vector<ResizeAxis> axes =
      TRY(plan_resize_axes(ctx, data.shape(), TRY(read_request(ctx)), rule));
  Shape shape;
  for (const ResizeAxis& axis : axes) shape.push_back(axis.out);
  Tensor out = TRY(ctx.make(data.dtype(), std::move(shape)));
  if (out.size() == 0) {
    ctx.set_output(0, std::move(out));
    return {};
  }
  if (rule.filter != Filter::kNearest) {
    if (!is_float(data.dtype()) && !is_integer(data.dtype())) {
      return ctx.unsupported("interpolation of ", name(data.dtype()),
                             " elements: use mode nearest");
    }
    ctx.set_output(0, TRY(interpolate(ctx, data, rule, axes)));
    return {};
  }
  const float value = ctx.get_float("extrapolation_value", 0);
  if (value != 0) fill_with(out, TRY(cast(Tensor::scalar(value), data.dtype())));
  std::vector<std::vector<std::int64_t>> maps;
  for (const ResizeAxis& axis : axes) maps.push_back(nearest_positions(rule, axis));
  copy_mapped(data, maps, out);
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> resize_ops() {
  return {
      {.name = "Resize",
       .versions =
           {{10, "X: T, scales: float -> Y: T | T = any", "mode string"},
            {11, "X: T1, roi: T2, scales: float, sizes?: int64 -> Y: T1 | T1 = any, T2 = floats",
             "coordinate_transformation_mode string, cubic_coeff_a float, exclude_outside int, "
             "extrapolation_value float, mode string, nearest_mode string"},
            {13, "X: T1, roi?: T2, scales?: float, sizes?: int64 -> Y: T1 | T1 = any, T2 = floats",
             "coordinate_transformation_mode string, cubic_coeff_a float, exclude_outside int, "
             "extrapolation_value float, mode string, nearest_mode string"},
            {18, "X: T1, roi?: T2, scales?: float, sizes?: int64 -> Y: T1 | T1 = any, T2 = floats",
             "antialias int, axes ints, coordinate_transformation_mode string, cubic_coeff_a "
             "float, "
             "exclude_outside int, extrapolation_value float, keep_aspect_ratio_policy string, "
             "mode string, nearest_mode string"}},
       .infer = infer_resize,
       .evaluate = evaluate_resize},
      {.name = "Upsample",
       .versions = {{1, "X: T -> Y: T | T = floats int32 int64 bool",
                     "height_scale float!, mode string, width_scale float!"},
                    {7, "X: T -> Y: T | T = any", "mode string, scales floats!"},
                    {9, "X: T, scales: float -> Y: T | T = any", "mode string"}},
       .removed = 10,
       .infer = infer_resize,
       .evaluate = evaluate_resize}};
}

}  // namespace slipway
