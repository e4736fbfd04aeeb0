#include "kernels/gemm/doubles.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/small.h"
#include "kernels/range.h"
#include "runtime/steps/activation.h"
#include "runtime/steps/batches.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

// A unit is some panels of one matrix of the batch.
struct MatMul {
  void (*kernel)(const MatMulCall&, const GemmPart&);
  MatMulCall call;  // without what a run gives
  EvenParts panels;
  std::uint32_t a, b, c;
  Batches batches;

  static constexpr std::size_t kUnits = 16;  // what there should be for threads to share
  static constexpr std::size_t kPanels = 4;  // of a unit, at least
};

RunCode run(const void* context, const Call& call) {
  const MatMul& matmul = *static_cast<const MatMul*>(context);
  const std::size_t parts = matmul.panels.parts;
  for (std::size_t unit = call.begin; unit < call.end;) {
    MatMulCall product = matmul.call;
    const std::size_t batch = unit / parts;
    const std::size_t first = unit % parts;
    const std::size_t last = std::min(parts, first + (call.end - unit));
    const Batches::Offsets at = matmul.batches.offsets(batch);
    product.a = call.at<const float>(matmul.a) + at.a;
    product.b = call.at<const float>(matmul.b) + at.b;
    product.c = call.at<float>(matmul.c) + batch * product.m * product.n;
    product.scratch = reinterpret_cast<float*>(call.scratch);
    matmul.kernel(
        product, {0, product.m, matmul.panels.part(first).begin, matmul.panels.part(last - 1).end});
    unit += last - first;
  }
  return RunCode::kOk;
}

// A unit is one matrix of the batch.
struct SmallMatMul {
  SmallProductKernel kernel;
  SmallProducts products;  // without what a run gives
  std::uint32_t a, b, c;
  Batches batches;
};

RunCode run_small(const void* context, const Call& call) {
  const SmallMatMul& matmul = *static_cast<const SmallMatMul*>(context);
  const Batches& batches = matmul.batches;
  const std::size_t abreast = batches.axes == 0 ? 1 : batches.extent[batches.axes - 1];
  for (std::size_t unit = call.begin; unit < call.end;) {
    SmallProducts products = matmul.products;
    const Batches::Offsets at = batches.offsets(unit);
    products.a = call.at<const float>(matmul.a) + at.a;
    products.b = call.at<const float>(matmul.b) + at.b;
    products.c = call.at<float>(matmul.c) + unit * products.m * products.n;
    products.count = std::min(call.end - unit, abreast - unit % abreast);
    matmul.kernel(products);
    unit += products.count;
  }
  return RunCode::kOk;
}

// A unit is some rows of one matrix.
struct DoubleMatMul {
  DoubleProductKernel kernel;
  DoubleProduct product;  // without what a run gives
  std::size_t m, parts;   // units of a matrix
  std::uint32_t a, b, c;
  Batches batches;

  static constexpr std::size_t kRows = 32;
};

RunCode run_doubles(const void* context, const Call& call) {
  const DoubleMatMul& matmul = *static_cast<const DoubleMatMul*>(context);
  for (std::size_t unit = call.begin; unit < call.end; ++unit) {
    const std::size_t batch = unit / matmul.parts;
    const std::size_t row = unit % matmul.parts * DoubleMatMul::kRows;
    const Batches::Offsets at = matmul.batches.offsets(batch);
    DoubleProduct product = matmul.product;
    product.a = call.at<const double>(matmul.a) + at.a;
    product.b = call.at<const double>(matmul.b) + at.b;
    product.c = call.at<double>(matmul.c) + batch * matmul.m * product.n;
    matmul.kernel(product, row, std::min(matmul.m, row + DoubleMatMul::kRows));
  }
  return RunCode::kOk;
}

}  // namespace

Status bind_matmul(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  const bool is_double = binder.outputs[0]->dtype == DType::kFloat64;
  TRY(binder.expect_type(is_double ? DType::kFloat64 : DType::kFloat32));
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
  Batches batches;
  if (b.dim(b.rank() - 2) != k || c.dim(c.rank() - 2) != m || c.dim(c.rank() - 1) != n ||
      !batches.plan(a, b, c) || params.chains == 0 || params.chains > 16 ||
      (params.chains & (params.chains - 1)) != 0) {
    return binder.error("the sizes of its operands do not fit together");
  }
  if (is_double) {
    if (params.activation.kind != static_cast<std::uint32_t>(Activation::kNone))
      return binder.error("it has an activation of doubles");
    auto* const doubles = binder.make<DoubleMatMul>();
    doubles->kernel = double_product(binder.isa);
    doubles->product.n = static_cast<std::size_t>(n);
    doubles->product.k = static_cast<std::size_t>(k);
    doubles->product.chains = params.chains;
    doubles->m = static_cast<std::size_t>(m);
    doubles->parts = (doubles->m + DoubleMatMul::kRows - 1) / DoubleMatMul::kRows;
    doubles->a = a.slot;
    doubles->b = b.slot;
    doubles->c = c.slot;
    doubles->batches = batches;
    binder.use(run_doubles, doubles, batches.count() * doubles->parts);
    return {};
  }
  const Epilogue epilogue{.activation = TRY(activation_of(binder, params.activation))};
  constexpr auto kMost = static_cast<std::int64_t>(kMostSmall);
  if (params.chains == 1 && m <= kMost && n <= kMost && k <= kMost &&
      epilogue.activation.kind == Activation::kNone) {
    auto* const small = binder.make<SmallMatMul>();
    small->kernel = small_products(binder.isa);
    small->products.m = static_cast<std::size_t>(m);
    small->products.n = static_cast<std::size_t>(n);
    small->products.k = static_cast<std::size_t>(k);
    if (batches.axes != 0) {
      small->products.a_step = batches.a_stride[batches.axes - 1];
      small->products.b_step = batches.b_stride[batches.axes - 1];
    }
    small->a = a.slot;
    small->b = b.slot;
    small->c = c.slot;
    small->batches = batches;
    binder.use(run_small, small, batches.count());
    return {};
  }
  auto* const matmul = binder.make<MatMul>();
  matmul->batches = batches;
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
  call.epilogue = epilogue;
  matmul->a = a.slot;
  matmul->b = b.slot;
  matmul->c = c.slot;
  const std::size_t panels = (call.n + 15) / 16;
  const std::size_t wanted = (MatMul::kUnits + batches.count() - 1) / batches.count();
  matmul->panels = {panels, MatMul::kPanels, 1};
  matmul->panels.parts = std::min(wanted, matmul->panels.grains());
  binder.use(run, matmul, batches.count() * matmul->panels.parts,
             matmul_scratch_floats(call.n, call.k, call.chains) * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
