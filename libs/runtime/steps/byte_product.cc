#include <algorithm>
#include <cstring>

#include "kernels/conv/byte_conv.h"
#include "kernels/conv/direct.h"
#include "runtime/steps/bytes.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

// A pointwise convolution whose positions are the rows. A unit is a chunk of rows by a few blocks
// of columns; its operands and its results go through scratch, in blocks.
constexpr std::size_t kUnitBlocks = 8;
constexpr std::size_t kChunkBytes = std::size_t{128} * 1024;
constexpr std::size_t kWholeTiles = 14;  // of rows

struct ByteProduct {
  ByteConvKernel kernel;
  ByteConvOperands operands;  // without x and y
  std::size_t n, k;
  EvenParts rows;
  std::size_t columns;  // units of a part of them
  std::uint8_t a_flip, y_flip;
  std::uint32_t a, y;

  std::size_t in_blocks() const { return blocks_of(k); }
  std::size_t scratch_bytes() const {
    return rows.largest() * (in_blocks() + kUnitBlocks) * kConvBlock;
  }
};

// Rows of `count` bytes each, to and from [blocks][rows][16].
void gather_rows(const std::uint8_t* from, std::size_t count, std::size_t rows, std::uint8_t flip,
                 std::uint8_t* to) {
  for (std::size_t block = 0; block < blocks_of(count); ++block) {
    const std::size_t lanes = std::min(count - block * kConvBlock, kConvBlock);
    for (std::size_t r = 0; r < rows; ++r, to += kConvBlock) {
      std::uint8_t lane[kConvBlock] = {};
      std::memcpy(lane, from + r * count + block * kConvBlock, lanes);
      for (std::uint8_t& b : lane) b = static_cast<std::uint8_t>(b ^ flip);
      std::memcpy(to, lane, kConvBlock);
    }
  }
}
void scatter_rows(const std::uint8_t* from, std::size_t first, std::size_t blocks,
                  std::size_t count, std::size_t rows, std::uint8_t flip, std::uint8_t* to) {
  for (std::size_t block = first; block < first + blocks; ++block) {
    const std::size_t lanes = std::min(count - block * kConvBlock, kConvBlock);
    for (std::size_t r = 0; r < rows; ++r, from += kConvBlock) {
      std::uint8_t lane[kConvBlock];
      std::memcpy(lane, from, kConvBlock);
      for (std::uint8_t& b : lane) b = static_cast<std::uint8_t>(b ^ flip);
      std::memcpy(to + r * count + block * kConvBlock, lane, lanes);
    }
  }
}

void run_unit(const ByteProduct& p, const Call& call, std::size_t unit) {
  const Range part = p.rows.part(unit / p.columns);
  const std::size_t block = unit % p.columns * kUnitBlocks;
  const std::size_t blocks = std::min(kUnitBlocks, blocks_of(p.n) - block);
  ConvShape shape;
  shape.in_channels = p.k;
  shape.out_channels = std::min(p.n - block * kConvBlock, kUnitBlocks * kConvBlock);
  shape.width.input = shape.width.output = part.size();
  const std::size_t rows = part.size();
  const auto* const a = call.at<const std::uint8_t>(p.a) + part.begin * p.k;
  auto* const x = reinterpret_cast<std::uint8_t*>(call.scratch);
  auto* const y = x + p.rows.largest() * p.in_blocks() * kConvBlock;
  ByteConvOperands operands = p.operands;
  operands.x = x;
  // One row of whole blocks is blocked as it is.
  if (rows == 1 && p.k % kConvBlock == 0 && p.a_flip == 0) {
    operands.x = a;
  } else {
    gather_rows(a, p.k, rows, p.a_flip, x);
  }
  ConvShape before = shape;
  before.out_channels = block * kConvBlock;
  if (block != 0) operands.weights += packed_byte_conv_bytes(before);
  operands.tap_sums += block * kConvBlock;
  if (operands.bias != nullptr) operands.bias += block * kConvBlock;
  operands.multiplier += block * kConvBlock;
  operands.y = y;
  p.kernel(shape, operands, 0, conv_units(shape));
  scatter_rows(y, block, blocks, p.n, rows, p.y_flip,
               call.at<std::uint8_t>(p.y) + part.begin * p.n);
}

RunCode run(const void* context, const Call& call) {
  const ByteProduct& product = *static_cast<const ByteProduct*>(context);
  for (std::size_t unit = call.begin; unit < call.end; ++unit) run_unit(product, call, unit);
  return RunCode::kOk;
}

}  // namespace

Status bind_byte_product(Binder& binder) {
  TRY(binder.expect(3, 5, 1));
  const auto params = TRY(binder.params<plan::ByteProductParams>());
  const Operand& a = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  TRY(binder.expect_plain());
  if (!is_bytes(a) || !is_bytes(y) || a.rank() == 0 || y.rank() == 0 || a.elements == 0 ||
      y.elements == 0 || a.dim(a.rank() - 1) != params.k || y.dim(y.rank() - 1) != params.n ||
      a.elements / params.k != y.elements / params.n) {
    return binder.error("its operands do not fit together");
  }
  auto* const product = binder.make<ByteProduct>();
  product->kernel = byte_conv_kernels(binder.isa).blocked;
  product->n = params.n;
  product->k = params.k;
  product->a_flip = flip_of(a);
  product->y_flip = flip_of(y);
  product->a = a.slot;
  product->y = y.slot;
  if (!product_fits({blocks_of(params.n), kConvBlock, params.k}, binder.inputs[1]->bytes))
    return binder.error("its packed weights are not all there");
  ConvShape shape;
  shape.in_channels = params.k;
  shape.out_channels = params.n;
  ByteConvOperands& operands = product->operands;
  const std::size_t whole = blocks_of(params.n) * kConvBlock;
  const auto input = [&](std::size_t i) {
    return binder.inputs.size() > i ? binder.inputs[i] : nullptr;
  };
  operands.weights = constant_of<std::int8_t>(input(1), packed_byte_conv_bytes(shape));
  operands.tap_sums = constant_of<std::int32_t>(input(2), packed_byte_conv_sums(shape));
  operands.bias = constant_of<std::int32_t>(input(3), whole);
  operands.multiplier = constant_of<float>(input(4), whole);
  if (operands.weights == nullptr || operands.tap_sums == nullptr ||
      (input(3) != nullptr && operands.bias == nullptr) || operands.multiplier == nullptr) {
    return binder.error("its weights, bias or multiplier do not fit");
  }
  if (!is_byte(params.a_zero) || !is_byte(params.y_zero) || !is_valid(params.range) ||
      !are_multipliers(operands.multiplier, whole)) {
    return binder.error("its scales or zero points are out of range");
  }
  operands.x_zero = params.a_zero;
  operands.y_zero = params.y_zero;
  operands.low = params.range.low;
  operands.high = params.range.high;
  const std::size_t most = kChunkBytes / (product->in_blocks() * kConvBlock);
  product->rows = EvenParts::of_at_most(most, a.elements / params.k, kWholeTiles);
  product->columns = (blocks_of(params.n) + kUnitBlocks - 1) / kUnitBlocks;
  binder.use(run, product, product->rows.parts * product->columns, product->scratch_bytes());
  return {};
}

}  // namespace slipway::runtime
