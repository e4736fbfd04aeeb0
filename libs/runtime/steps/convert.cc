#include "kernels/elementwise/convert.h"

#include <optional>

#include "kernels/elementwise/quantize.h"
#include "plan/params.h"
#include "runtime/elements.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kUnit = 4096;  // elements

struct Convert {
  ConvertKernel kernel;
  std::uint32_t from, to;
  std::size_t count;
  std::size_t from_bytes, to_bytes;  // of an element
};

RunCode run_convert(const void* context, const Call& call) {
  const Convert& step = *static_cast<const Convert*>(context);
  const std::size_t begin = call.begin * kUnit;
  const std::size_t end = std::min(call.end * kUnit, step.count);
  step.kernel(call.pointers[step.from] + begin * step.from_bytes,
              call.pointers[step.to] + begin * step.to_bytes, end - begin);
  return RunCode::kOk;
}

struct Scaled {
  Isa isa;
  Quantized type;
  ScaledAxis axis;
  QuantizeKernels::Quantize quantize;
  QuantizeKernels::Dequantize dequantize;
  std::uint32_t from, scale, zero_point, to;
  std::size_t count, bytes;  // elements; of a quantised element
};

std::int32_t zero_point_of(const Scaled& step, const Call& call) {
  if (step.zero_point == plan::kNoTensor) return 0;
  switch (step.type) {
    case Quantized::kU8:
      return *call.at<const std::uint8_t>(step.zero_point);
    case Quantized::kI8:
      return *call.at<const std::int8_t>(step.zero_point);
    case Quantized::kU16:
      return *call.at<const std::uint16_t>(step.zero_point);
    case Quantized::kI16:
      return *call.at<const std::int16_t>(step.zero_point);
    default:
      return *call.at<const std::int32_t>(step.zero_point);
  }
}

RunCode run_quantize_one(const void* context, const Call& call) {
  const Scaled& step = *static_cast<const Scaled*>(context);
  const std::size_t begin = call.begin * kUnit;
  const std::size_t end = std::min(call.end * kUnit, step.count);
  step.quantize.one(call.at<const float>(step.from) + begin,
                    call.pointers[step.to] + begin * step.bytes, end - begin,
                    *call.at<const float>(step.scale), zero_point_of(step, call));
  return RunCode::kOk;
}

RunCode run_dequantize_one(const void* context, const Call& call) {
  const Scaled& step = *static_cast<const Scaled*>(context);
  const std::size_t begin = call.begin * kUnit;
  const std::size_t end = std::min(call.end * kUnit, step.count);
  step.dequantize.one(call.pointers[step.from] + begin * step.bytes,
                      call.at<float>(step.to) + begin, end - begin,
                      *call.at<const float>(step.scale), zero_point_of(step, call));
  return RunCode::kOk;
}

const void* zero_points_of(const Scaled& step, const Call& call) {
  return step.zero_point == plan::kNoTensor ? nullptr : call.pointers[step.zero_point];
}

RunCode run_quantize_axis(const void* context, const Call& call) {
  const Scaled& step = *static_cast<const Scaled*>(context);
  quantize_linear(step.isa, step.type, step.axis, call.at<const float>(step.from),
                  call.pointers[step.to], call.at<const float>(step.scale),
                  zero_points_of(step, call), call.begin, call.end);
  return RunCode::kOk;
}

RunCode run_dequantize_axis(const void* context, const Call& call) {
  const Scaled& step = *static_cast<const Scaled*>(context);
  dequantize_linear(step.isa, step.type, step.axis, call.pointers[step.from],
                    call.at<float>(step.to), call.at<const float>(step.scale),
                    zero_points_of(step, call), call.begin, call.end);
  return RunCode::kOk;
}

std::optional<Quantized> quantized_of(DType dtype) {
  switch (dtype) {
    case DType::kUint8:
      return Quantized::kU8;
    case DType::kInt8:
      return Quantized::kI8;
    case DType::kUint16:
      return Quantized::kU16;
    case DType::kInt16:
      return Quantized::kI16;
    case DType::kInt32:
      return Quantized::kI32;
    default:
      return std::nullopt;
  }
}

// The operands of either: `narrow` is the one with the quantised type.
Result<Scaled*> make_scaled(const Binder& binder, const Operand& narrow, const Operand& wide) {
  TRY(binder.expect(2, 3, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::ScaledParams>());
  const Operand& scale = *binder.inputs[1];
  const Operand* const zero_point = binder.inputs.size() > 2 ? binder.inputs[2] : nullptr;
  const auto type = quantized_of(narrow.dtype);
  if (!type || wide.dtype != DType::kFloat32 || scale.dtype != DType::kFloat32 ||
      (zero_point != nullptr && zero_point->dtype != narrow.dtype)) {
    return binder.error("its operands do not have the types of a quantisation");
  }
  if (params.first > params.end || params.end > wide.rank() || narrow.elements != wide.elements) {
    return binder.error("its operands do not fit its parameters");
  }
  auto* const step = binder.make<Scaled>();
  step->isa = binder.isa;
  step->type = *type;
  step->from = binder.inputs[0]->slot;
  step->scale = scale.slot;
  step->zero_point = zero_point == nullptr ? plan::kNoTensor : zero_point->slot;
  step->to = binder.outputs[0]->slot;
  step->count = wide.elements;
  step->bytes = element_bytes(narrow.dtype);
  if (wide.elements == 0) return step;
  const Extents extents = extents_around(wide, params.first, params.end);
  step->axis = {extents.outer, extents.length, extents.inner};
  if (scale.elements != extents.length ||
      (zero_point != nullptr && zero_point->elements != extents.length)) {
    return binder.error("it has the wrong number of scales or zero points");
  }
  return step;
}

void use_scaled(Binder& binder, const Scaled* step, RunStep one, RunStep axis) {
  if (step->count == 0) return use_nothing(binder);
  binder.work = step->count * 4;
  const bool is_one = step->axis.length == 1;
  binder.use(is_one ? one : axis, step,
             is_one ? (step->count + kUnit - 1) / kUnit : step->axis.outer);
}

}  // namespace

// Between element types.
Status bind_convert(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  TRY(binder.expect_plain());
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (from.elements != to.elements) return binder.error("its output has another size");
  const auto from_element = element_of(from.dtype);
  const auto to_element = element_of(to.dtype);
  const ConvertKernel kernel =
      from_element && to_element ? convert_kernel(binder.isa, *from_element, *to_element) : nullptr;
  if (kernel == nullptr) return binder.error("no kernel converts between its types");
  auto* const step = binder.make<Convert>();
  *step = {kernel,
           from.slot,
           to.slot,
           from.elements,
           element_bytes(from.dtype),
           element_bytes(to.dtype)};
  binder.work = (from.bytes + to.bytes) * 2;
  binder.use(run_convert, step, (step->count + kUnit - 1) / kUnit);
  return {};
}

Status bind_quantize(Binder& binder) {
  TRY(binder.expect(2, 3, 1));
  Scaled* const step = TRY(make_scaled(binder, *binder.outputs[0], *binder.inputs[0]));
  if (step->type == Quantized::kI32) return binder.error("it quantises to int32");
  step->quantize = quantize_kernels(binder.isa).quantize[static_cast<std::size_t>(step->type)];
  use_scaled(binder, step, run_quantize_one, run_quantize_axis);
  return {};
}

Status bind_dequantize(Binder& binder) {
  TRY(binder.expect(2, 3, 1));
  Scaled* const step = TRY(make_scaled(binder, *binder.inputs[0], *binder.outputs[0]));
  step->dequantize = quantize_kernels(binder.isa).dequantize[static_cast<std::size_t>(step->type)];
  use_scaled(binder, step, run_dequantize_one, run_dequantize_axis);
  return {};
}

}  // namespace slipway::runtime
