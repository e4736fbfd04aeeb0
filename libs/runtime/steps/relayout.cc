#include <algorithm>

#include "kernels/conv/byte_layout.h"
#include "kernels/conv/layout.h"
#include "runtime/steps/bytes.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/work.h"

namespace slipway::runtime {
namespace {

struct Relayout {
  LayoutKernels kernels;
  bool is_to_blocked;
  std::uint8_t flip;
  std::uint32_t from;
  std::uint32_t to;
  std::size_t channels, positions, blocks;  // of an image
};

// Of units, each a block of channels of an image: calls f with the places of an image's elements in
// the plain and in the blocked tensor, and the blocks.
template <typename F>
void for_each_image(const Relayout& r, const Call& call, F f) {
  for (std::size_t unit = call.begin; unit < call.end;) {
    const std::size_t image = unit / r.blocks;
    const std::size_t begin = unit % r.blocks;
    const std::size_t end = std::min(r.blocks, begin + (call.end - unit));
    f(image * r.channels * r.positions, image * r.blocks * 16 * r.positions, begin, end);
    unit += end - begin;
  }
}

RunCode run_bytes(const void* context, const Call& call) {
  const Relayout& r = *static_cast<const Relayout*>(context);
  const auto* from = call.at<const std::uint8_t>(r.from);
  auto* to = call.at<std::uint8_t>(r.to);
  for_each_image(
      r, call, [&](std::size_t plain, std::size_t blocked, std::size_t begin, std::size_t end) {
        if (r.is_to_blocked) {
          bytes_to_blocked(from + plain, to + blocked, r.channels, r.positions, r.flip, begin, end);
        } else {
          bytes_to_plain(from + blocked, to + plain, r.channels, r.positions, r.flip, begin, end);
        }
      });
  return RunCode::kOk;
}

RunCode run(const void* context, const Call& call) {
  const Relayout& r = *static_cast<const Relayout*>(context);
  const auto* from = call.at<const float>(r.from);
  auto* to = call.at<float>(r.to);
  for_each_image(
      r, call, [&](std::size_t plain, std::size_t blocked, std::size_t begin, std::size_t end) {
        if (r.is_to_blocked) {
          r.kernels.to_blocked(from + plain, to + blocked, r.channels, r.positions, begin, end);
        } else {
          r.kernels.to_plain(from + blocked, to + plain, r.channels, r.positions, begin, end);
        }
      });
  return RunCode::kOk;
}

}  // namespace

// From one layout to the other.
Status bind_relayout(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  TRY(binder.expect_type(is_bytes(from) ? from.dtype : DType::kFloat32));
  if (from.rank() < 2 || from.layout == to.layout ||
      !std::equal(from.dims.begin(), from.dims.end(), to.dims.begin(), to.dims.end())) {
    return binder.error("it changes more than the layout");
  }
  auto* const relayout = binder.make<Relayout>();
  relayout->kernels = layout_kernels(binder.isa);
  relayout->flip = flip_of(from);
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
  binder.work = to.bytes * kWorkOfByte;
  binder.use(is_bytes(from) ? run_bytes : run, relayout, units);
  return {};
}

}  // namespace slipway::runtime
