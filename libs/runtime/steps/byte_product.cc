#include <algorithm>
#include <cstring>

#include "kernels/conv/byte_conv.h"
#include "kernels/conv/direct.h"
#include "kernels/elementwise/activation.h"
#include "kernels/elementwise/binary.h"
#include "runtime/steps/activation.h"
#include "runtime/steps/bytes.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

// A pointwise convolution whose positions are the rows. A unit is a chunk of rows by a few blocks
// of columns; its operands and its results go through scratch, in blocks.
constexpr std::size_t kUnitBlocks = 8;
constexpr std::size_t kChunkBytes = std::size_t{128} * 1024;
constexpr std::size_t kWholeTiles = 14;  // of rows

constexpr std::size_t kUnitColumns = kUnitBlocks * kConvBlock;

// What floats take besides.
struct FloatForm {
  ActivationKernels kernels;
  decltype(BinaryKernel::both) add;
  ActivationSpec activation;
  std::size_t multipliers;                         // one, or n
  std::uint32_t multiplier, a_zero, bias, addend;  // all but the first may be left out
};

struct ByteProduct {
  ByteConvKernel kernel;
  ByteConvOperands operands;  // without x and y
  std::size_t n, k;
  EvenParts rows;
  std::size_t columns;  // units of a part of them
  std::uint8_t a_flip, y_flip;
  std::uint32_t a, y;
  bool is_float;
  FloatForm floats;

  std::size_t in_blocks() const { return blocks_of(k); }
  // Of a row in scratch.
  std::size_t in_bytes() const { return in_blocks() * kConvBlock; }
  std::size_t out_bytes() const { return kUnitColumns * (is_float ? sizeof(float) : 1); }
  std::size_t y_offset() const { return (rows.largest() * in_bytes() + 63) / 64 * 64; }
  std::size_t scratch_bytes() const { return y_offset() + rows.largest() * out_bytes(); }
};

// Sixteen bytes, each with the same bits turned over.
void copy_block(const std::uint8_t* from, std::uint8_t flip, std::uint8_t* to) {
  std::uint64_t halves[2];
  std::memcpy(halves, from, sizeof(halves));
  const std::uint64_t mask = flip * 0x0101010101010101U;
  halves[0] ^= mask;
  halves[1] ^= mask;
  std::memcpy(to, halves, sizeof(halves));
}

// Rows of `count` bytes each, to and from [blocks][rows][16].
void gather_rows(const std::uint8_t* from, std::size_t count, std::size_t rows, std::uint8_t flip,
                 std::uint8_t* to) {
  for (std::size_t at = 0; at < count; at += kConvBlock) {
    const std::size_t lanes = std::min(count - at, kConvBlock);
    for (std::size_t r = 0; r < rows; ++r, to += kConvBlock) {
      const std::uint8_t* const row = from + r * count + at;
      if (lanes == kConvBlock) {
        copy_block(row, flip, to);
        continue;
      }
      std::uint8_t lane[kConvBlock] = {};
      std::memcpy(lane, row, lanes);
      copy_block(lane, flip, to);
    }
  }
}
void scatter_rows(const std::uint8_t* from, std::size_t first, std::size_t blocks,
                  std::size_t count, std::size_t rows, std::uint8_t flip, std::uint8_t* to) {
  for (std::size_t block = first; block < first + blocks; ++block) {
    const std::size_t lanes = std::min(count - block * kConvBlock, kConvBlock);
    for (std::size_t r = 0; r < rows; ++r, from += kConvBlock) {
      std::uint8_t* const row = to + r * count + block * kConvBlock;
      if (lanes == kConvBlock) {
        copy_block(from, flip, row);
        continue;
      }
      std::uint8_t lane[kConvBlock];
      copy_block(from, flip, lane);
      std::memcpy(row, lane, lanes);
    }
  }
}

// Columns first .. first + count of some rows, from [blocks][rows][16], with what is done to
// floats.
void finish_rows(const FloatForm& form, const Call& call, const float* from, std::size_t rows,
                 Range columns, std::size_t n, std::size_t first_row, float* y) {
  const bool has_addend = form.addend != plan::kNoTensor;
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t at = (first_row + r) * n + columns.begin;
    float* const to = y + at;
    std::size_t c = 0;
    for (; c + kConvBlock <= columns.size(); c += kConvBlock)
      std::memcpy(to + c, from + c * rows + r * kConvBlock, kConvBlock * sizeof(float));
    if (c < columns.size()) {
      std::memcpy(to + c, from + c * rows + r * kConvBlock, (columns.size() - c) * sizeof(float));
    }
    if (has_addend) {
      const float* const addend = call.at<const float>(form.addend) + at;
      form.add(to, addend, to, columns.size());
    }
    if (form.activation.kind != Activation::kNone)
      form.kernels.row(to, columns.size(), form.activation);
  }
}

// The columns of a unit, filled up to whole blocks.
void read_columns(const float* from, Range columns, float* to) {
  std::fill(std::copy(from + columns.begin, from + columns.end, to), to + kUnitColumns, 0.0F);
}

// `gathered`: the part of the rows that lies in scratch from the unit before.
void run_unit(const ByteProduct& p, const Call& call, std::size_t unit, std::size_t& gathered) {
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
  auto* const y = x + p.y_offset();
  ByteConvOperands operands = p.operands;
  operands.x = x;
  // One row of whole blocks is blocked as it is.
  if (rows == 1 && p.k % kConvBlock == 0 && p.a_flip == 0) {
    operands.x = a;
  } else if (gathered != unit / p.columns) {
    gathered = unit / p.columns;
    gather_rows(a, p.k, rows, p.a_flip, x);
  }
  ConvShape before = shape;
  before.out_channels = block * kConvBlock;
  if (block != 0) operands.weights += packed_byte_conv_bytes(before);
  operands.tap_sums += block * kConvBlock;
  if (operands.bias != nullptr) operands.bias += block * kConvBlock;
  if (p.is_float) {
    const Range columns = {block * kConvBlock, block * kConvBlock + shape.out_channels};
    float multipliers[kUnitColumns];
    float bias[kUnitColumns];
    const float* const given = call.at<const float>(p.floats.multiplier);
    if (p.floats.multipliers == 1) {
      std::fill_n(multipliers, kUnitColumns, *given);
    } else {
      read_columns(given, columns, multipliers);
    }
    operands.multiplier = multipliers;
    if (p.floats.bias != plan::kNoTensor) {
      read_columns(call.at<const float>(p.floats.bias), columns, bias);
      operands.float_bias = bias;
    }
    operands.floats = reinterpret_cast<float*>(y);
    if (p.floats.a_zero != plan::kNoTensor)
      operands.x_zero = *call.at<const std::uint8_t>(p.floats.a_zero) ^ p.a_flip;
    p.kernel(shape, operands, 0, conv_units(shape));
    finish_rows(p.floats, call, operands.floats, rows, columns, p.n, part.begin,
                call.at<float>(p.y));
    return;
  }
  operands.multiplier += block * kConvBlock;
  operands.y = y;
  p.kernel(shape, operands, 0, conv_units(shape));
  scatter_rows(y, block, blocks, p.n, rows, p.y_flip,
               call.at<std::uint8_t>(p.y) + part.begin * p.n);
}

RunCode run(const void* context, const Call& call) {
  const ByteProduct& product = *static_cast<const ByteProduct*>(context);
  std::size_t gathered = product.rows.parts;  // none
  for (std::size_t unit = call.begin; unit < call.end; ++unit)
    run_unit(product, call, unit, gathered);
  return RunCode::kOk;
}

std::uint32_t slot_of(const Operand* operand) {
  return operand == nullptr ? plan::kNoTensor : operand->slot;
}

Status bind_floats(const Binder& binder, const plan::ByteProductParams& params, FloatForm& form) {
  const auto input = [&](std::size_t i) {
    return binder.inputs.size() > i ? binder.inputs[i] : nullptr;
  };
  const Operand* const multiplier = input(4);
  const Operand* const a_zero = input(5);
  const Operand* const bias = input(6);
  const Operand* const addend = input(7);
  const auto is_floats = [](const Operand* operand, std::uint64_t elements) {
    return operand == nullptr ||
           (operand->dtype == DType::kFloat32 && operand->elements == elements);
  };
  if (multiplier == nullptr || !(is_floats(multiplier, 1) || is_floats(multiplier, params.n)) ||
      !is_floats(bias, params.n) || !is_floats(addend, binder.outputs[0]->elements) ||
      (a_zero != nullptr && (a_zero->dtype != binder.inputs[0]->dtype || a_zero->elements != 1))) {
    return binder.error("its multiplier, zero point, bias or addend do not fit");
  }
  const ActivationSpec activation = TRY(activation_of(binder, params.activation));
  form = {activation_kernels(binder.isa),
          binary_kernels(binder.isa)[Binary::kAdd].both,
          activation,
          multiplier->elements,
          multiplier->slot,
          slot_of(a_zero),
          slot_of(bias),
          slot_of(addend)};
  return {};
}

}  // namespace

Status bind_byte_product(Binder& binder) {
  TRY(binder.expect(3, 8, 1));
  const auto params = TRY(binder.params<plan::ByteProductParams>());
  const Operand& a = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  TRY(binder.expect_plain());
  const bool is_float = y.dtype == DType::kFloat32;
  if (!is_bytes(a) || !(is_bytes(y) || is_float) || a.rank() == 0 || y.rank() == 0 ||
      a.elements == 0 || y.elements == 0 || a.dim(a.rank() - 1) != params.k ||
      y.dim(y.rank() - 1) != params.n || a.elements / params.k != y.elements / params.n) {
    return binder.error("its operands do not fit together");
  }
  auto* const product = binder.make<ByteProduct>();
  product->kernel = byte_conv_kernels(binder.isa).blocked;
  product->n = params.n;
  product->k = params.k;
  product->a_flip = flip_of(a);
  product->y_flip = flip_of(y);
  product->is_float = is_float;
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
  if (!is_float) operands.multiplier = constant_of<float>(input(4), whole);
  if (operands.weights == nullptr || operands.tap_sums == nullptr ||
      (input(3) != nullptr && operands.bias == nullptr) ||
      (!is_float && operands.multiplier == nullptr)) {
    return binder.error("its weights, bias or multiplier do not fit");
  }
  if (is_float) TRY(bind_floats(binder, params, product->floats));
  if (!is_float && binder.inputs.size() > 5)
    return binder.error("it has inputs that only floats take");
  if (!is_byte(params.a_zero) || !is_byte(params.y_zero) || !is_valid(params.range) ||
      (!is_float && !are_multipliers(operands.multiplier, whole))) {
    return binder.error("its scales or zero points are out of range");
  }
  operands.x_zero = params.a_zero;
  operands.y_zero = params.y_zero;
  operands.low = params.range.low;
  operands.high = params.range.high;
  const std::size_t row_bytes =
      product->in_bytes() + (is_float ? product->out_bytes() : std::size_t{0});
  const std::size_t most = std::max<std::size_t>(1, kChunkBytes / row_bytes);
  product->rows = EvenParts::of_at_most(most, a.elements / params.k, kWholeTiles);
  product->columns = (blocks_of(params.n) + kUnitBlocks - 1) / kUnitBlocks;
  binder.use(run, product, product->rows.parts * product->columns, product->scratch_bytes());
  return {};
}

}  // namespace slipway::runtime
