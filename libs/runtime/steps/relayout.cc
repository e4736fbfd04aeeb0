#include <algorithm>

#include "kernels/conv/layout.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

struct Relayout {
  LayoutKernels kernels;
  bool is_to_blocked;
  std::uint32_t from;
  std::uint32_t to;
  std::size_t channels, positions, blocks;  // of an image
};

// A unit is a block of channels of an image.
RunCode run(const void* context, const Call& call) {
  const Relayout& r = *static_cast<const Relayout*>(context);
  const std::size_t plain_floats = r.channels * r.positions;
  const std::size_t blocked_floats = r.blocks * 16 * r.positions;
  for (std::size_t unit = call.begin; unit < call.end;) {
    const std::size_t image = unit / r.blocks;
    const std::size_t begin = unit % r.blocks;
    const std::size_t end = std::min(r.blocks, begin + (call.end - unit));
    const auto* from = call.at<const float>(r.from);
    auto* to = call.at<float>(r.to);
    if (r.is_to_blocked) {
      r.kernels.to_blocked(from + image * plain_floats, to + image * blocked_floats, r.channels,
                           r.positions, begin, end);
    } else {
      r.kernels.to_plain(from + image * blocked_floats, to + image * plain_floats, r.channels,
                         r.positions, begin, end);
    }
    unit += end - begin;
  }
  return RunCode::kOk;
}

}  // namespace

// From one layout to the other.
Status bind_relayout(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  TRY(binder.expect_type(DType::kFloat32));
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (from.rank() < 2 || from.layout == to.layout ||
      !std::equal(from.dims.begin(), from.dims.end(), to.dims.begin(), to.dims.end())) {
    return binder.error("it changes more than the layout");
  }
  auto* const relayout = binder.make<Relayout>();
  relayout->kernels = layout_kernels(binder.isa);
  relayout->is_to_blocked = to.layout == plan::Layout::kBlocked16;
  relayout->from = from.slot;
  relayout->to = to.slot;
  relayout->channels = static_cast<std::size_t>(from.dim(1));
  relayout->blocks = (relayout->channels + 15) / 16;
  relayout->positions = from.elements == 0
                            ? 0
                            : from.elements / static_cast<std::uint64_t>(from.dim(0) * from.dim(1));
  const std::size_t units =
      from.elements == 0 ? 0 : static_cast<std::size_t>(from.dim(0)) * relayout->blocks;
  binder.use(run, relayout, units);
  return {};
}

}  // namespace slipway::runtime
