// GridSample over any number of spatial dimensions: each output point weighs a few input points per
// axis.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "ops/cost_context.h"
#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/dims.h"
#include "ops/support/index.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

constexpr std::size_t kMaxSpatial = 8;

enum class Filter : std::uint8_t { kNearest, kLinear, kCubic };
enum class Padding : std::uint8_t { kZeros, kBorder, kReflection };

struct Rule {
  Filter filter = Filter::kLinear;
  Padding padding = Padding::kZeros;
  bool align_corners = false;
};

Result<Rule> read_rule(const NodeView& view) {
  Rule rule;
  rule.align_corners = view.get_flag("align_corners", false);
  const std::string mode = view.get_string("mode", view.version() < 20 ? "bilinear" : "linear");
  if (mode == "nearest") {
    rule.filter = Filter::kNearest;
  } else if (mode == "cubic" || mode == "bicubic") {
    rule.filter = Filter::kCubic;
  } else if (mode != "linear" && mode != "bilinear") {
    return view.fail("mode \"", mode, "\" is none of nearest, linear, cubic");
  }
  const std::string padding = view.get_string("padding_mode", "zeros");
  if (padding == "border") {
    rule.padding = Padding::kBorder;
  } else if (padding == "reflection") {
    rule.padding = Padding::kReflection;
  } else if (padding != "zeros") {
    return view.fail("padding_mode \"", padding, "\" is none of zeros, border, reflection");
  }
  return rule;
}

Status infer_grid_sample(InferContext& ctx) {
  const Dims* data = ctx.dims(0);
  const Dims* grid = ctx.dims(1);
  set_unknown_shape(ctx);
  if (data != nullptr && grid != nullptr &&
      (data->size() != grid->size() || data->size() < 3 ||
       !may_be_equal(grid->back(), static_cast<std::int64_t>(data->size()) - 2))) {
    return ctx.fail("the grid ", to_text(ctx.input(1)), " does not suit the input ",
                    to_text(ctx.input(0)), ": it needs one coordinate a spatial dimension");
  }
  const Dims* known = data != nullptr ? data : grid;
  if (known == nullptr || known->size() < 3) return {};
  Dims out(known->size());
  if (data != nullptr) {
    out[0] = (*data)[0];
    out[1] = (*data)[1];
  }
  if (grid != nullptr) std::copy(grid->begin() + 1, grid->end() - 1, out.begin() + 2);
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

// Mirrors x at both ends of [low, high] until it lies between them.
double reflect(double x, double low, double high) {
  const double span = high - low;
  if (!(span > 0)) return low;
  const double distance = std::fabs(x - low);
  const double rest = distance - 2 * span * std::floor(distance / (2 * span));
  return low + (rest > span ? 2 * span - rest : rest);
}

// The input positions along one axis that an output point weighs; -1 reads as zero.
struct AxisTaps {
  std::size_t count = 0;
  std::array<std::int64_t, 4> positions{};
  std::array<double, 4> weights{};

  void add(std::int64_t position, double weight) {
    positions[count] = position;
    weights[count++] = weight;
  }
};

// Which position stands for one outside the input.
std::int64_t padded(const Rule& rule, std::int64_t at, std::int64_t extent) {
  if (at >= 0 && at < extent) return at;
  if (rule.padding == Padding::kZeros) return -1;
  if (rule.padding == Padding::kBorder) return std::clamp<std::int64_t>(at, 0, extent - 1);
  const double low = rule.align_corners ? 0 : -0.5;
  const double high =
      rule.align_corners ? static_cast<double>(extent) - 1 : static_cast<double>(extent) - 0.5;
  const auto mirrored = static_cast<std::int64_t>(reflect(static_cast<double>(at), low, high));
  return std::clamp<std::int64_t>(mirrored, 0, extent - 1);
}

// Keys' cubic convolution with a = -0.75.
double cubic_weight(double distance) {
  constexpr double kA = -0.75;
  const double t = std::fabs(distance);
  if (t <= 1) return ((kA + 2) * t - (kA + 3)) * t * t + 1;
  return t < 2 ? kA * (((t - 5) * t + 8) * t - 4) : 0.0;
}

// `coordinate` runs from -1 to 1 over the axis.
AxisTaps axis_taps(const Rule& rule, double coordinate, std::int64_t extent) {
  const auto size = static_cast<double>(extent);
  const double low = rule.align_corners ? 0 : -0.5;
  const double high = rule.align_corners ? size - 1 : size - 0.5;
  double x =
      rule.align_corners ? (coordinate + 1) / 2 * (size - 1) : ((coordinate + 1) * size - 1) / 2;
  if (rule.filter == Filter::kNearest) x = std::nearbyint(x);
  const bool cubic = rule.filter == Filter::kCubic;
  if (rule.padding == Padding::kBorder && !cubic) {  // cubic taps go to the border one by one
    if (!(x >= low && x <= high)) x = x > 0 ? size - 1 : 0;
  } else if (rule.padding == Padding::kReflection) {
    if (x < low || x > high) x = reflect(x, low, high);
  }
  AxisTaps taps;
  // What is not a number, or far outside, sees nothing but padding.
  if (!(x > -4 && x < size + 4)) {
    taps.add(rule.padding == Padding::kZeros ? -1 : x > 0 ? extent - 1 : 0, 1);
    return taps;
  }
  if (rule.filter == Filter::kNearest) {
    taps.add(padded(rule, static_cast<std::int64_t>(std::nearbyint(x)), extent), 1);
    return taps;
  }
  const double floor = std::floor(x);
  for (std::int64_t step = cubic ? -1 : 0; step <= (cubic ? 2 : 1); ++step) {
    const std::int64_t at = static_cast<std::int64_t>(floor) + step;
    const double distance = x - static_cast<double>(at);
    taps.add(padded(rule, at, extent), cubic ? cubic_weight(distance) : 1 - std::fabs(distance));
  }
  return taps;
}

// A spatial position of the input, and its weight.
struct Tap {
  std::int64_t position;
  double weight;
};

// All combinations of the axes' taps; grid coordinates come innermost axis first.
void combine_taps(const Rule& rule, const double* point, const Shape& shape,
                  std::vector<Tap>& taps) {
  taps.assign(1, {0, 1});
  const std::size_t spatial = shape.size() - 2;
  std::vector<Tap> wider;
  for (std::size_t d = 0; d < spatial; ++d) {
    const std::int64_t extent = shape[d + 2];
    const AxisTaps axis = axis_taps(rule, point[spatial - 1 - d], extent);
    wider.clear();
    for (const Tap& tap : taps) {
      for (std::size_t k = 0; k < axis.count; ++k) {
        if (axis.positions[k] < 0) continue;
        wider.push_back({tap.position * extent + axis.positions[k], tap.weight * axis.weights[k]});
      }
    }
    std::swap(taps, wider);
  }
}

// Points are placed and weighed in double; the weights are rounded to T, the taps taken in order.
template <typename T>
void sample(const Tensor& data, std::span<const double> grid, const Rule& rule, Tensor& out) {
  const std::size_t spatial = data.rank() - 2;
  const auto channels = data.dim(1);
  const std::int64_t pixels = extent_of(data.shape(), 2, data.rank());
  const std::int64_t points = extent_of(out.shape(), 2, out.rank());
  const T* from = data.data<T>().data();
  T* to = out.mutable_data<T>().data();
  std::vector<Tap> taps;
  for (std::int64_t n = 0; n < data.dim(0); ++n) {
    for (std::int64_t p = 0; p < points; ++p) {
      combine_taps(rule, &grid[static_cast<std::size_t>(n * points + p) * spatial], data.shape(),
                   taps);
      for (std::int64_t c = 0; c < channels; ++c) {
        const T* plane = from + (n * channels + c) * pixels;
        T sum = 0;
        for (const Tap& tap : taps) {
          sum = std::fma(static_cast<T>(tap.weight), plane[tap.position], sum);
        }
        to[(n * channels + c) * points + p] = sum;
      }
    }
  }
}

Status evaluate_grid_sample(EvalContext& ctx) {
  const Tensor& input = ctx.input(0);
  const Tensor& grid = ctx.input(1);
  const Rule rule = TRY(read_rule(ctx));
  const std::size_t rank = input.rank();
  if (rank < 3 || rank - 2 > kMaxSpatial || grid.rank() != rank || grid.dim(0) != input.dim(0) ||
      grid.dim(rank - 1) != static_cast<std::int64_t>(rank - 2)) {
    return ctx.fail("the grid ", shape_text(grid.shape()), " does not suit the input ",
                    shape_text(input.shape()));
  }
  if (!is_float(input.dtype()) && !is_integer(input.dtype())) {
    return ctx.unsupported("interpolation of ", name(input.dtype()), " elements");
  }
  const DType compute = input.dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  const Tensor data = TRY(cast(input, compute));
  const Tensor points = TRY(cast(grid, DType::kFloat64));
  Shape shape{input.dim(0), input.dim(1)};
  shape.insert(shape.end(), grid.shape().begin() + 1, grid.shape().end() - 1);
  Tensor out = TRY(ctx.make(compute, std::move(shape)));
  if (out.size() != 0 && data.size() != 0) {
    visit_real(compute, [&]<typename T>() { sample<T>(data, points.data<double>(), rule, out); });
  }
  ctx.set_output(0, TRY(cast(out, input.dtype())));
  return {};
}

std::int64_t grid_sample_cost(const CostContext& ctx) {
  const std::string mode = ctx.get_string("mode", "linear");
  const std::int64_t taps = mode == "nearest" ? 0 : mode.find("cubic") != std::string::npos ? 4 : 2;
  std::int64_t cost = saturating_count(ctx.output(0));
  for (std::size_t d = 2; d < ctx.output(0).size(); ++d) {
    if (__builtin_mul_overflow(cost, taps, &cost)) return std::numeric_limits<std::int64_t>::max();
  }
  return cost;
}

Result<Dims> affine_shape(const NodeView& view, const Dims& size) {
  if (size.size() != 4 && size.size() != 5) {
    return view.fail("size must be [N,C,H,W] or [N,C,D,H,W], it has ", size.size(), " numbers");
  }
  Dims out = size;
  out.erase(out.begin() + 1);
  out.emplace_back(static_cast<std::int64_t>(size.size()) - 2);
  return out;
}

Status infer_affine_grid(InferContext& ctx) {
  set_unknown_shape(ctx);
  const std::optional<Dims> size = TRY(shape_from_input(ctx, 1));
  if (size.has_value()) ctx.set_output(0, ctx.dtype(0), TRY(affine_shape(ctx, *size)));
  return {};
}

// Position i of n, where the axis runs from -1 to 1: over the centres of the corner pixels, or over
// their outer edges.
double place(std::int64_t i, std::int64_t n, bool align_corners) {
  if (align_corners) {
    return n == 1 ? 0 : 2 * static_cast<double>(i) / static_cast<double>(n - 1) - 1;
  }
  return (2 * static_cast<double>(i) + 1) / static_cast<double>(n) - 1;
}

Status evaluate_affine_grid(EvalContext& ctx) {
  const Tensor& theta = ctx.input(0);
  const std::vector<std::int64_t> size = TRY(ctx.ints(1));
  const Dims dims = TRY(affine_shape(ctx, Dims(size.begin(), size.end())));
  const std::optional<Shape> shape = known_shape(dims);
  if (!shape.has_value()) return ctx.fail("size ", shape_text(size), " has a negative number");
  const std::int64_t d = shape->back();
  if (theta.shape() != Shape{size[0], d, d + 1}) {
    return ctx.fail("theta is ", shape_text(theta.shape()), ", this size needs ",
                    shape_text(Shape{size[0], d, d + 1}));
  }
  const Tensor matrices = TRY(cast(theta, DType::kFloat64));
  Tensor out = TRY(ctx.make(DType::kFloat64, *shape));
  const bool align = ctx.get_flag("align_corners", false);
  const std::span<double> grid = out.mutable_data<double>();
  const auto spatial = static_cast<std::size_t>(d);
  const std::size_t points = size[0] == 0 ? 0 : grid.size() / static_cast<std::size_t>(size[0] * d);
  std::array<double, 3> at{};  // innermost axis first
  for (std::size_t point = 0; point * spatial < grid.size(); ++point) {
    auto rest = static_cast<std::int64_t>(point % points);
    for (std::size_t k = 0; k < spatial; ++k) {
      const std::int64_t extent = size[size.size() - 1 - k];
      at[k] = place(rest % extent, extent, align);
      rest /= extent;
    }
    const double* row = &matrices.data<double>()[point / points * spatial * (spatial + 1)];
    for (std::size_t k = 0; k < spatial; ++k, row += spatial + 1) {
      double sum = 0;
      for (std::size_t j = 0; j < spatial; ++j) sum += row[j] * at[j];
      grid[point * spatial + k] = sum + row[spatial];
    }
  }
  ctx.set_output(0, TRY(cast(out, theta.dtype())));
  return {};
}

}  // namespace

std::vector<Op> grid_sample_ops() {
  return {{.name = "GridSample",
           .versions = {{16, "X: T1, grid: T2 -> Y: T1 | T1 = any, T2 = floats",
                         "align_corners int, mode string, padding_mode string"}},
           .infer = infer_grid_sample,
           .evaluate = evaluate_grid_sample,
           .multiply_adds = grid_sample_cost},
          {.name = "AffineGrid",
           .versions = {{20, "theta: T1, size: T2 -> grid: T1 | T1 = floats, T2 = int64",
                         "align_corners int"}},
           .infer = infer_affine_grid,
           .evaluate = evaluate_affine_grid}};
}

}  // namespace slipway
