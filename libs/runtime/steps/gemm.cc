#include "kernels/gemm/gemm.h"

#include "kernels/only.h"
#include "kernels/range.h"
#include "runtime/steps/activation.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

// A unit of work: at most so many rows by so many panels of 16 columns.
constexpr std::size_t kUnitRows = 48;
constexpr std::size_t kUnitPanels = 8;
constexpr std::size_t kRowGrain = 12;   // whole tiles on most instruction sets
constexpr std::size_t kPanelGrain = 2;  // panels that a tile reads together

struct Gemm {
  void (*kernel)(const GemmCall&, const GemmPart&);
  GemmCall call;  // without what a run gives
  std::uint32_t a, bias, addend, c;
  EvenParts rows, panels;
};

RunCode run(const void* context, const Call& call) {
  const Gemm& gemm = *static_cast<const Gemm*>(context);
  GemmCall product = gemm.call;
  product.a = call.at<const float>(gemm.a);
  product.c = call.at<float>(gemm.c);
  if (gemm.bias != plan::kNoTensor) product.epilogue.bias = call.at<const float>(gemm.bias);
  if (gemm.addend != plan::kNoTensor) product.epilogue.addend = call.at<const float>(gemm.addend);
  product.scratch = reinterpret_cast<float*>(call.scratch);
  if (call.begin == 0 && call.end == gemm.rows.parts * gemm.panels.parts) {
    gemm.kernel(product, {0, gemm.rows.count, 0, gemm.panels.count});
    return RunCode::kOk;
  }
  for (std::size_t unit = call.begin; unit < call.end; ++unit) {
    const Range rows = gemm.rows.part(unit / gemm.panels.parts);
    const Range panels = gemm.panels.part(unit % gemm.panels.parts);
    gemm.kernel(product, {rows.begin, rows.end, panels.begin, panels.end});
  }
  return RunCode::kOk;
}

Result<PackedB> packed_of(const Binder& binder, const plan::GemmParams& params) {
  const Operand& weights = *binder.inputs[1];
  if (params.weight_type > static_cast<std::uint32_t>(WeightType::kI8) ||
      (!kHasNarrowWeights && params.weight_type != 0) || params.n == 0 || params.k == 0 ||
      params.n > 1U << 24 || params.k > 1U << 24 || params.chains == 0 || params.chains > 16 ||
      (params.chains & (params.chains - 1)) != 0 ||
      (params.abreast != 1 && params.abreast != kPanelsAbreast)) {
    return binder.error("its parameters are out of range");
  }
  const auto type = static_cast<WeightType>(params.weight_type);
  if (weights.constant == nullptr ||
      weights.bytes < packed_bytes(type, params.n, params.k, params.chains)) {
    return binder.error("its packed weights are not all there");
  }
  const Operand* const scale = binder.inputs.size() > 4 ? binder.inputs[4] : nullptr;
  if ((type == WeightType::kI8) != (scale != nullptr) ||
      (scale != nullptr && (scale->constant == nullptr || scale->dtype != DType::kFloat32 ||
                            scale->elements != params.n))) {
    return binder.error("its weights have no scales, or scales they do not need");
  }
  return PackedB{weights.constant,
                 type,
                 scale == nullptr ? nullptr : reinterpret_cast<const float*>(scale->constant),
                 params.n,
                 params.k,
                 params.chains,
                 params.abreast};
}

}  // namespace

Status bind_gemm(Binder& binder) {
  TRY(binder.expect(2, 5, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::GemmParams>());
  const PackedB b = TRY(packed_of(binder, params));
  const Operand& a = *binder.inputs[0];
  const Operand& c = *binder.outputs[0];
  const Operand* const bias = binder.inputs.size() > 2 ? binder.inputs[2] : nullptr;
  const Operand* const addend = binder.inputs.size() > 3 ? binder.inputs[3] : nullptr;
  for (const Operand* operand : {&a, &c, bias, addend}) {
    if (operand != nullptr && operand->dtype != DType::kFloat32)
      return binder.error("an operand is not float");
  }
  const std::uint64_t m = a.elements / b.k;
  if (a.elements != m * b.k || c.elements != m * b.n ||
      (bias != nullptr && bias->elements != b.n) ||
      (addend != nullptr && addend->elements != c.elements)) {
    return binder.error("the sizes of its operands do not fit together");
  }
  auto* const gemm = binder.make<Gemm>();
  gemm->kernel = gemm_kernels(binder.isa).gemm;
  gemm->call.m = m;
  gemm->call.a_stride = b.k;
  gemm->call.b = b;
  gemm->call.c_stride = b.n;
  gemm->call.epilogue.addend_stride = b.n;
  gemm->call.epilogue.activation = TRY(activation_of(binder, params.activation));
  gemm->a = a.slot;
  gemm->bias = bias == nullptr ? plan::kNoTensor : bias->slot;
  gemm->addend = addend == nullptr ? plan::kNoTensor : addend->slot;
  gemm->c = c.slot;
  gemm->rows = EvenParts::of_at_most(kUnitRows, m, kRowGrain);
  gemm->panels = EvenParts::of_at_most(kUnitPanels, (b.n + 15) / 16, kPanelGrain);
  binder.use(run, gemm, gemm->rows.parts * gemm->panels.parts,
             gemm_scratch_floats(b) * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
