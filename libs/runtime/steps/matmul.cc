#include "kernels/gemm/gemm.h"
#include "runtime/steps/activation.h"
#include "runtime/steps/batches.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

// A unit is one matrix of the batch.
struct MatMul {
  void (*kernel)(const MatMulCall&, const GemmPart&);
  MatMulCall call;  // without what a run gives
  std::uint32_t a, b, c;
  Batches batches;
};

RunCode run(const void* context, const Call& call) {
  const MatMul& matmul = *static_cast<const MatMul*>(context);
  for (std::size_t unit = call.begin; unit < call.end; ++unit) {
    MatMulCall product = matmul.call;
    const Batches::Offsets at = matmul.batches.offsets(unit);
    product.a = call.at<const float>(matmul.a) + at.a;
    product.b = call.at<const float>(matmul.b) + at.b;
    product.c = call.at<float>(matmul.c) + unit * product.m * product.n;
    product.scratch = reinterpret_cast<float*>(call.scratch);
    matmul.kernel(product, whole(product.m, product.n));
  }
  return RunCode::kOk;
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
      !matmul->batches.plan(a, b, c) || params.chains == 0 || params.chains > 16 ||
      (params.chains & (params.chains - 1)) != 0) {
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
  binder.use(run, matmul, matmul->batches.count(),
             matmul_scratch_floats(call.n, call.k, call.chains) * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
