#include <algorithm>

#include "kernels/gemm/gemm.h"
#include "runtime/steps/activation.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kMaxBatchAxes = 6;

// A unit is one matrix of the batch.
struct MatMul {
  void (*kernel)(const MatMulCall&, const GemmPart&);
  MatMulCall call;  // without what a run gives
  std::uint32_t a, b, c;
  std::size_t batch_axes;
  std::size_t extent[kMaxBatchAxes];
  std::size_t a_stride[kMaxBatchAxes], b_stride[kMaxBatchAxes];  // in floats; 0 where it broadcasts
};

RunCode run(const void* context, const Call& call) {
  const MatMul& matmul = *static_cast<const MatMul*>(context);
  for (std::size_t unit = call.begin; unit < call.end; ++unit) {
    MatMulCall product = matmul.call;
    std::size_t a = 0;
    std::size_t b = 0;
    std::size_t rest = unit;
    for (std::size_t axis = matmul.batch_axes; axis-- > 0;) {
      const std::size_t at = rest % matmul.extent[axis];
      rest /= matmul.extent[axis];
      a += at * matmul.a_stride[axis];
      b += at * matmul.b_stride[axis];
    }
    product.a = call.at<const float>(matmul.a) + a;
    product.b = call.at<const float>(matmul.b) + b;
    product.c = call.at<float>(matmul.c) + unit * product.m * product.n;
    product.scratch = reinterpret_cast<float*>(call.scratch);
    matmul.kernel(product, whole(product.m, product.n));
  }
  return RunCode::kOk;
}

// The strides of an operand's leading axes against the output's; false where they do not broadcast.
bool batch_strides(const Operand& operand, const Operand& output, std::size_t* strides) {
  const std::size_t axes = output.rank() - 2;
  const std::size_t own = operand.rank() - 2;
  if (own > axes) return false;
  std::fill_n(strides, axes, 0);
  auto stride = static_cast<std::size_t>(operand.dim(own) * operand.dim(own + 1));
  for (std::size_t i = 0; i < own; ++i) {
    const std::int64_t extent = operand.dim(own - 1 - i);
    const std::size_t axis = axes - 1 - i;
    if (extent != 1 && extent != output.dim(axis)) return false;
    strides[axis] = extent == 1 ? 0 : stride;
    stride *= static_cast<std::size_t>(extent);
  }
  return true;
}

}  // namespace

Status bind_matmul(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_type(DType::kFloat32));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::MatMulParams>());
  const Operand& a = *binder.inputs[0];
  const Operand& b = *binder.inputs[1];
  const Operand& c = *binder.outputs[0];
  if (a.rank() < 2 || b.rank() < 2 || c.rank() < 2 || c.rank() > 2 + kMaxBatchAxes ||
      c.elements == 0 || a.elements == 0 || b.elements == 0) {
    return binder.error("it multiplies tensors of an unknown form");
  }
  const std::int64_t m = a.dim(a.rank() - 2);
  const std::int64_t k = a.dim(a.rank() - 1);
  const std::int64_t n = b.dim(b.rank() - 1);
  auto* const matmul = binder.make<MatMul>();
  if (b.dim(b.rank() - 2) != k || c.dim(c.rank() - 2) != m || c.dim(c.rank() - 1) != n ||
      !batch_strides(a, c, matmul->a_stride) || !batch_strides(b, c, matmul->b_stride) ||
      params.chains == 0 || params.chains > 16 || (params.chains & (params.chains - 1)) != 0) {
    return binder.error("the sizes of its operands do not fit together");
  }
  matmul->kernel = gemm_kernels(binder.isa).matmul;
  MatMulCall& call = matmul->call;
  call.m = static_cast<std::size_t>(m);
  call.n = static_cast<std::size_t>(n);
  call.k = static_cast<std::size_t>(k);
  call.chains = params.chains;
  call.a_stride = call.k;
  call.b_row_stride = static_cast<std::ptrdiff_t>(n);
  call.b_column_stride = 1;
  call.c_stride = call.n;
  call.epilogue.activation = TRY(activation_of(binder, params.activation));
  matmul->a = a.slot;
  matmul->b = b.slot;
  matmul->c = c.slot;
  matmul->batch_axes = c.rank() - 2;
  std::size_t units = 1;
  for (std::size_t i = 0; i < matmul->batch_axes; ++i) {
    matmul->extent[i] = static_cast<std::size_t>(c.dim(i));
    units *= matmul->extent[i];
  }
  binder.use(run, matmul, units,
             matmul_scratch_floats(call.n, call.k, call.chains) * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
