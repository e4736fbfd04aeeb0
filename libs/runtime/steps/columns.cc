#include "runtime/steps/columns.h"

#include <algorithm>
#include <cstring>

#include "kernels/conv/columns.h"
#include "kernels/conv/direct.h"
#include "runtime/steps/activation.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {

Result<ColumnTensor> column_tensor(const Binder& binder, const Operand& operand) {
  if (operand.rank() < 2 || operand.elements == 0 || operand.layout != plan::Layout::kPlain) {
    return binder.error("an operand has no columns");
  }
  ColumnTensor tensor;
  tensor.slot = operand.slot;
  tensor.columns = static_cast<std::size_t>(operand.dim(1));
  tensor.column_bytes = extent_between(operand, 2, operand.rank()) * element_bytes(operand.dtype);
  return tensor;
}

Result<ColumnSources> column_sources(const Binder& binder, const Operand& fresh,
                                     const Operand* ring, const Operand* positions,
                                     std::uint32_t ring_number, std::span<const std::byte> sources,
                                     bool may_skip) {
  ColumnSources found;
  found.fresh = TRY(column_tensor(binder, fresh));
  std::int64_t longest = 0;
  if (ring != nullptr && positions != nullptr) {
    found.ring = TRY(column_tensor(binder, *ring));
    if (ring->dtype != fresh.dtype || ring->dim(0) != fresh.dim(0) ||
        found.ring.column_bytes != found.fresh.column_bytes || positions->dtype != DType::kInt64 ||
        ring_number >= positions->elements) {
      return binder.error("its ring does not fit its columns");
    }
    found.positions = positions->slot;
    found.ring_number = ring_number;
    longest = ring->dim(1);
  } else if (ring != nullptr || positions != nullptr) {
    return binder.error("it has a ring without positions, or positions without a ring");
  }
  const std::size_t count = sources.size() / sizeof(std::int32_t);
  const std::span<std::int32_t> own = binder.make_array<std::int32_t>(count);
  if (count != 0) std::memcpy(own.data(), sources.data(), count * sizeof(std::int32_t));
  for (const std::int64_t source : own) {
    const std::int64_t back = plan::kNoColumn - source;
    if (source >= static_cast<std::int64_t>(found.fresh.columns) || back > longest ||
        (back == 0 && !may_skip)) {
      return binder.error("it reads columns that are not there");
    }
  }
  found.sources = own.data();
  return found;
}

namespace {

constexpr std::size_t kMostTaps = 64;
constexpr std::size_t kGroupBlocks = 4;  // output blocks of a unit

struct Columns {
  ColumnsKernel kernel;
  ColumnsCall call;  // without what a run gives
  ColumnSources from;
  std::uint32_t residual, y;
  std::size_t columns;  // of the output
  std::size_t tiles;
  std::size_t groups;
};

// A unit is some of the columns of a batch item, for some of the output blocks. As equal tiles as
// can be.
RunCode convolve(const void* context, const Call& call) {
  const Columns& columns = *static_cast<const Columns*>(context);
  const ColumnSources& from = columns.from;
  const std::size_t next = from.next(call);
  const std::size_t blocks = (columns.call.out_channels + 15) / 16;
  const float* x[kMostColumns * kMostTaps];
  const float* residual[kMostColumns];
  ColumnsCall tile = columns.call;
  tile.x = x;
  for (std::size_t unit = call.begin; unit < call.end; ++unit) {
    const std::size_t group = unit % columns.groups;
    const std::size_t number = unit / columns.groups % columns.tiles;
    const std::size_t item = unit / columns.groups / columns.tiles;
    const std::size_t first = columns.columns * number / columns.tiles;
    tile.columns = columns.columns * (number + 1) / columns.tiles - first;
    const std::int32_t* const sources = from.sources + first * tile.taps;
    for (std::size_t i = 0; i < tile.columns * tile.taps; ++i)
      x[i] = reinterpret_cast<const float*>(from.find(call, item, next, sources[i]));
    const std::size_t at = (item * columns.columns + first) * tile.out_channels;
    tile.y = call.at<float>(columns.y) + at;
    if (columns.residual != plan::kNoTensor) {
      for (std::size_t m = 0; m < tile.columns; ++m) {
        residual[m] = call.at<const float>(columns.residual) + at + m * tile.out_channels;
      }
      tile.residual = residual;
    }
    columns.kernel(tile, group * kGroupBlocks, std::min(blocks, (group + 1) * kGroupBlocks));
  }
  return RunCode::kOk;
}

struct Take {
  ColumnSources from;
  std::uint32_t to;
  std::size_t columns;
};

RunCode take(const void* context, const Call& call) {
  const Take& take = *static_cast<const Take*>(context);
  const std::size_t next = take.from.next(call);
  const std::size_t bytes = take.from.fresh.column_bytes;
  for (std::size_t item = call.begin; item < call.end; ++item) {
    std::byte* to = call.pointers[take.to] + item * take.columns * bytes;
    for (std::size_t m = 0; m < take.columns; ++m, to += bytes)
      std::memcpy(to, take.from.find(call, item, next, take.from.sources[m]), bytes);
  }
  return RunCode::kOk;
}

struct Push {
  ColumnTensor from;
  ColumnSources ring;
  std::size_t items, first, count;
};

RunCode push(const void* context, const Call& call) {
  const Push& push = *static_cast<const Push*>(context);
  const ColumnTensor& ring = push.ring.ring;
  const std::size_t bytes = push.from.column_bytes;
  std::size_t next = push.ring.next(call);
  for (std::size_t m = 0; m < push.count; ++m) {
    for (std::size_t item = 0; item < push.items; ++item) {
      std::memcpy(
          call.pointers[ring.slot] + (item * ring.columns + next) * bytes,
          call.pointers[push.from.slot] + (item * push.from.columns + push.first + m) * bytes,
          bytes);
    }
    next = next + 1 == ring.columns ? 0 : next + 1;
  }
  call.at<std::int64_t>(push.ring.positions)[push.ring.ring_number] =
      static_cast<std::int64_t>(next);
  return RunCode::kOk;
}

const Operand* optional_input(const Binder& binder, std::size_t i) {
  return i < binder.inputs.size() ? binder.inputs[i] : nullptr;
}

Status check_convolution(const Binder& binder, const plan::ColumnsParams& params) {
  const Operand& x = *binder.inputs[0];
  const Operand& weights = *binder.inputs[1];
  const Operand* const bias = optional_input(binder, 2);
  const Operand* const residual = optional_input(binder, 5);
  const Operand& y = *binder.outputs[0];
  if (x.rank() != 3 || y.rank() != 3 || x.dtype != DType::kFloat32 || y.dtype != DType::kFloat32 ||
      x.elements == 0 || y.elements == 0 || x.dim(0) != y.dim(0) ||
      y.layout != plan::Layout::kPlain || params.taps == 0 || params.taps > kMostTaps) {
    return binder.error("its columns have an unknown form");
  }
  ConvShape shape;
  shape.in_channels = static_cast<std::size_t>(x.dim(2));
  shape.out_channels = static_cast<std::size_t>(y.dim(2));
  shape.width.kernel = params.taps;
  const bool has_weights =
      weights.constant != nullptr &&
      product_fits({blocks_of(shape.out_channels), shape.in_channels, params.taps},
                   weights.bytes / sizeof(float)) &&
      packed_conv_floats(shape) <= weights.bytes / sizeof(float);
  if (!has_weights ||
      (bias != nullptr && (bias->constant == nullptr || bias->dtype != DType::kFloat32 ||
                           bias->elements < blocks_of(shape.out_channels) * kConvBlock)) ||
      (residual != nullptr && (residual->dtype != y.dtype || residual->layout != y.layout ||
                               !has_same_dims(*residual, y)))) {
    return binder.error("its weights, bias or residual do not fit");
  }
  return {};
}

}  // namespace

Status bind_columns(Binder& binder) {
  TRY(binder.expect(2, 6, 1));
  std::span<const std::byte> rest;
  const auto params = TRY(binder.leading_params<plan::ColumnsParams>(rest));
  TRY(check_convolution(binder, params));
  const Operand& x = *binder.inputs[0];
  const Operand* const bias = optional_input(binder, 2);
  const Operand* const residual = optional_input(binder, 5);
  const Operand& y = *binder.outputs[0];
  auto* const columns = binder.make<Columns>();
  columns->columns = static_cast<std::size_t>(y.dim(1));
  if (rest.size() != columns->columns * params.taps * sizeof(std::int32_t))
    return binder.error("its parameters have the wrong size");
  columns->from = TRY(column_sources(binder, x, optional_input(binder, 3),
                                     optional_input(binder, 4), params.ring, rest, true));
  columns->kernel = columns_kernels(binder.isa).convolve;
  ColumnsCall& call = columns->call;
  call.taps = params.taps;
  call.in_channels = static_cast<std::size_t>(x.dim(2));
  call.out_channels = static_cast<std::size_t>(y.dim(2));
  call.weights = reinterpret_cast<const float*>(binder.inputs[1]->constant);
  if (bias != nullptr) call.bias = reinterpret_cast<const float*>(bias->constant);
  call.activation = TRY(activation_of(binder, params.activation));
  call.residual_is_last = params.residual_is_last != 0;
  columns->residual = residual == nullptr ? plan::kNoTensor : residual->slot;
  columns->y = y.slot;
  columns->tiles = (columns->columns + kMostColumns - 1) / kMostColumns;
  columns->groups = (blocks_of(call.out_channels) + kGroupBlocks - 1) / kGroupBlocks;
  binder.use(convolve, columns,
             static_cast<std::size_t>(y.dim(0)) * columns->tiles * columns->groups);
  return {};
}

Status bind_take_columns(Binder& binder) {
  TRY(binder.expect(1, 3, 1));
  std::span<const std::byte> rest;
  const auto params = TRY(binder.leading_params<plan::TakeColumnsParams>(rest));
  const Operand& x = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  const ColumnTensor to = TRY(column_tensor(binder, y));
  if (rest.size() != to.columns * sizeof(std::int32_t))
    return binder.error("its parameters have the wrong size");
  auto* const taken = binder.make<Take>();
  taken->from = TRY(column_sources(binder, x, optional_input(binder, 1), optional_input(binder, 2),
                                   params.ring, rest, false));
  if (x.dtype != y.dtype || x.dim(0) != y.dim(0) ||
      to.column_bytes != taken->from.fresh.column_bytes) {
    return binder.error("its columns have another form than its output's");
  }
  taken->to = to.slot;
  taken->columns = to.columns;
  binder.use(take, taken, static_cast<std::size_t>(y.dim(0)));
  return {};
}

Status bind_push_columns(Binder& binder) {
  TRY(binder.expect(1, 1, 2));
  const auto params = TRY(binder.params<plan::PushColumnsParams>());
  auto* const pushed = binder.make<Push>();
  const Operand& x = *binder.inputs[0];
  pushed->ring =
      TRY(column_sources(binder, x, binder.outputs[0], binder.outputs[1], params.ring, {}, false));
  pushed->from = pushed->ring.fresh;
  if (params.count > pushed->ring.ring.columns || params.first > pushed->from.columns ||
      params.count > pushed->from.columns - params.first) {
    return binder.error("it pushes more columns than there are");
  }
  pushed->items = static_cast<std::size_t>(x.dim(0));
  pushed->first = params.first;
  pushed->count = params.count;
  binder.use(push, pushed);
  return {};
}

}  // namespace slipway::runtime
