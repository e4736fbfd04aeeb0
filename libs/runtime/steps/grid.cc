#include "kernels/move/grid.h"

#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kPoints = 64;  // of a unit of work
constexpr std::size_t kBlock = 16;

struct GridSample {
  decltype(GridKernels::plain) kernel;
  GridSpec spec;
  ColumnUnits units;                // images and their points
  std::size_t image_in, image_out;  // elements
  std::uint32_t from, grid, to;
};

RunCode run(const void* context, const Call& call) {
  const GridSample& step = *static_cast<const GridSample*>(context);
  step.units.for_each(
      call.begin, call.end, [&](std::size_t image, std::size_t begin, std::size_t end) {
        step.kernel(step.spec, call.at<const float>(step.from) + image * step.image_in,
                    call.at<const float>(step.grid) + image * step.spec.points * 2,
                    call.at<float>(step.to) + image * step.image_out, begin, end);
      });
  return RunCode::kOk;
}

bool fits(const Operand& from, const Operand& grid, const Operand& to) {
  return from.rank() == 4 && grid.rank() == 4 && to.rank() == 4 && grid.dim(3) == 2 &&
         grid.dim(0) == from.dim(0) && to.dim(0) == from.dim(0) && to.dim(1) == from.dim(1) &&
         to.dim(2) == grid.dim(1) && to.dim(3) == grid.dim(2);
}

}  // namespace

Status bind_grid_sample(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_type(DType::kFloat32));
  const auto params = TRY(binder.params<plan::GridSampleParams>());
  const Operand& from = *binder.inputs[0];
  const Operand& grid = *binder.inputs[1];
  const Operand& to = *binder.outputs[0];
  if (params.padding >= static_cast<std::uint32_t>(GridPadding::kCount)) {
    return binder.error("it names a padding that does not exist");
  }
  if (!fits(from, grid, to) || grid.layout != plan::Layout::kPlain || from.layout != to.layout) {
    return binder.error("its operands do not fit together");
  }
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  if (from.elements == 0) return binder.error("it reads elements that its input does not have");
  const std::size_t pixels = extent_between(from, 2, 4);
  if (pixels > INT32_MAX) return binder.error("its images are too large");
  const bool is_blocked = from.layout == plan::Layout::kBlocked16;
  const auto channels = static_cast<std::size_t>(from.dim(1));
  const std::size_t stored = is_blocked ? (channels + kBlock - 1) / kBlock * kBlock : channels;
  auto* const step = binder.make<GridSample>();
  const GridKernels& kernels = grid_kernels(binder.isa);
  step->kernel = is_blocked ? kernels.blocked : kernels.plain;
  step->spec = {params.is_nearest != 0,
                params.aligns_corners != 0,
                static_cast<GridPadding>(params.padding),
                static_cast<std::size_t>(from.dim(2)),
                static_cast<std::size_t>(from.dim(3)),
                channels,
                extent_between(to, 2, 4)};
  step->units = ColumnUnits(static_cast<std::size_t>(to.dim(0)), step->spec.points, kPoints);
  step->image_in = stored * pixels;
  step->image_out = stored * step->spec.points;
  step->from = from.slot;
  step->grid = grid.slot;
  step->to = to.slot;
  binder.work = to.elements * 64 + step->units.outer * step->spec.points * 64;
  binder.use(run, step, step->units.units());
  return {};
}

}  // namespace slipway::runtime
