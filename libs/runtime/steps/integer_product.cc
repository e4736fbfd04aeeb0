#include <algorithm>

#include "kernels/gemm/integer.h"
#include "runtime/steps/batches.h"
#include "runtime/steps/bytes.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

// A unit is some columns of one product of the batch.
constexpr std::size_t kUnitColumns = 8 * kIntegerBlock;
constexpr std::size_t kChunkRows = 48;

struct IntegerStep {
  IntegerKernels kernels;
  Batches batches;
  std::size_t m, n, k;
  std::size_t groups;  // units of a product
  std::uint32_t a, b, a_zero, b_zero, y;
  std::size_t b_zeros;  // none, one, or n
  std::uint8_t a_turned, b_turned;
  bool gathers;               // rows of A are not as the kernel reads them
  const std::int8_t* packed;  // of B, where it is constant
  const std::int32_t* sums;

  std::size_t row_bytes() const { return (k + kIntegerDepth - 1) / kIntegerDepth * kIntegerDepth; }
  // Of scratch: rows of A, then packed columns of B.
  std::size_t a_bytes() const { return (std::min(kChunkRows, m) * row_bytes() + 63) / 64 * 64; }
  std::size_t scratch_bytes() const {
    return a_bytes() +
           (packed == nullptr ? row_bytes() * std::min(kUnitColumns, whole_columns()) : 0);
  }
  std::size_t whole_columns() const {
    return (n + kIntegerBlock - 1) / kIntegerBlock * kIntegerBlock;
  }
};

// The zero points of columns, as signed bytes; null where all are 0.
const std::int32_t* zeros_of(const IntegerStep& step, const Call& call, std::size_t first,
                             std::size_t count, std::int32_t (&zeros)[kUnitColumns]) {
  std::int32_t any = 0;
  for (std::size_t j = 0; j < count; ++j) {
    std::uint8_t zero = 0;
    if (step.b_zeros != 0)
      zero = call.at<const std::uint8_t>(step.b_zero)[step.b_zeros == 1 ? 0 : first + j];
    zeros[j] = static_cast<std::int8_t>(zero ^ step.b_turned);
    any |= zeros[j];
  }
  std::fill(zeros + count, zeros + kUnitColumns, 0);
  return any == 0 ? nullptr : zeros;
}

void run_unit(const IntegerStep& step, const Call& call, std::size_t unit) {
  const std::size_t batch = unit / step.groups;
  const std::size_t first = unit % step.groups * kUnitColumns;
  const Batches::Offsets at = step.batches.offsets(batch);
  const std::uint8_t* const a = call.at<const std::uint8_t>(step.a) + at.a;
  std::int32_t zeros[kUnitColumns];
  std::int32_t b_sums[kUnitColumns];
  std::int32_t start[kUnitColumns];
  std::int32_t a_sums[kChunkRows];
  auto* const gathered = reinterpret_cast<std::uint8_t*>(call.scratch);

  IntegerProduct product;
  product.columns = std::min(step.n - first, kUnitColumns);
  product.depth = step.k;
  const std::uint8_t a_zero =
      step.a_zero == plan::kNoTensor ? 0 : *call.at<const std::uint8_t>(step.a_zero);
  product.a_sums = a_sums;
  product.b_zeros = zeros_of(step, call, first, product.columns, zeros);
  product.y_stride = step.n;
  if (step.packed != nullptr) {
    product.b = step.packed + first * step.row_bytes();
  } else {
    auto* const packed = reinterpret_cast<std::int8_t*>(call.scratch + step.a_bytes());
    step.kernels.pack(call.at<const std::uint8_t>(step.b) + at.b + first, step.n, product.columns,
                      step.k, step.b_turned, packed, b_sums);
    product.b = packed;
  }
  start_integers(step.kernels, a_zero ^ step.a_turned, step.k,
                 step.packed != nullptr ? step.sums + first : b_sums, product.b_zeros,
                 product.columns, start);
  product.start = start;
  for (std::size_t row = 0; row < step.m; row += kChunkRows) {
    product.rows = std::min(step.m - row, kChunkRows);
    const std::uint8_t* const rows = a + row * step.k;
    product.a = rows;
    if (step.gathers || product.b_zeros != nullptr) {
      gather_integers(rows, product.rows, step.k, step.a_turned, gathered, a_sums);
      product.a = gathered;
    }
    product.y = call.at<std::int32_t>(step.y) + (batch * step.m + row) * step.n + first;
    step.kernels.product(product);
  }
}

RunCode run(const void* context, const Call& call) {
  const IntegerStep& step = *static_cast<const IntegerStep*>(context);
  for (std::size_t unit = call.begin; unit < call.end; ++unit) run_unit(step, call, unit);
  return RunCode::kOk;
}

bool are_zero_points(const Operand* zeros, const Operand& of, std::size_t most) {
  return zeros == nullptr ||
         (zeros->dtype == of.dtype && (zeros->elements == 1 || zeros->elements == most));
}

// A constant B is packed once.
void pack_constant(const Binder& binder, const Operand& b, IntegerStep& step) {
  const std::span<std::int8_t> packed =
      binder.make_array<std::int8_t>(packed_integer_bytes(step.n, step.k));
  const std::span<std::int32_t> sums = binder.make_array<std::int32_t>(step.whole_columns());
  step.kernels.pack(reinterpret_cast<const std::uint8_t*>(b.constant), step.n, step.n, step.k,
                    step.b_turned, packed.data(), sums.data());
  step.packed = packed.data();
  step.sums = sums.data();
}

std::uint32_t slot_of(const Operand* operand) {
  return operand == nullptr ? plan::kNoTensor : operand->slot;
}

}  // namespace

Status bind_integer_product(Binder& binder) {
  TRY(binder.expect(2, 4, 1));
  TRY(binder.expect_plain());
  if (!binder.params_bytes.empty()) return binder.error("its parameters have the wrong size");
  const Operand& a = *binder.inputs[0];
  const Operand& b = *binder.inputs[1];
  const Operand& c = *binder.outputs[0];
  const Operand* const a_zero = binder.inputs.size() > 2 ? binder.inputs[2] : nullptr;
  const Operand* const b_zero = binder.inputs.size() > 3 ? binder.inputs[3] : nullptr;
  if (!is_bytes(a) || !is_bytes(b) || c.dtype != DType::kInt32)
    return binder.error("it multiplies bytes, and gives int32");
  if (a.rank() < 2 || b.rank() < 2 || c.rank() < 2 || c.rank() > 2 + kMaxBatchAxes ||
      c.elements == 0 || a.elements == 0 || b.elements == 0) {
    return binder.error("it multiplies tensors of an unknown form");
  }
  auto* const step = binder.make<IntegerStep>();
  const std::int64_t k = a.dim(a.rank() - 1);
  const std::int64_t n = b.dim(b.rank() - 1);
  step->m = static_cast<std::size_t>(a.dim(a.rank() - 2));
  step->n = static_cast<std::size_t>(n);
  step->k = static_cast<std::size_t>(k);
  if (b.dim(b.rank() - 2) != k || c.dim(c.rank() - 2) != a.dim(a.rank() - 2) ||
      c.dim(c.rank() - 1) != n || !step->batches.plan(a, b, c) || !are_zero_points(a_zero, a, 1) ||
      !are_zero_points(b_zero, b, step->n)) {
    return binder.error("the sizes of its operands do not fit together");
  }
  const std::size_t rows = a.elements / step->k;
  if (b.rank() == 2 && rows == c.elements / step->n) {  // all by the same matrix
    step->m = rows;
    step->batches = {};
  }
  step->kernels = integer_kernels(binder.isa);
  step->groups = (step->n + kUnitColumns - 1) / kUnitColumns;
  step->a = a.slot;
  step->b = b.slot;
  step->a_zero = slot_of(a_zero);
  step->b_zero = slot_of(b_zero);
  step->b_zeros = b_zero == nullptr ? 0 : b_zero->elements;
  step->y = c.slot;
  step->a_turned = a.dtype == DType::kInt8 ? kTurned : 0;
  step->b_turned = b.dtype == DType::kUint8 ? kTurned : 0;
  step->gathers = step->a_turned != 0 || step->k % kIntegerDepth != 0;
  if (b.constant != nullptr && b.rank() == 2) pack_constant(binder, b, *step);
  binder.use(run, step, step->batches.count() * step->groups, step->scratch_bytes());
  return {};
}

}  // namespace slipway::runtime
