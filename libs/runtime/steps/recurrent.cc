#include "kernels/recurrent/recurrent.h"

#include "kernels/only.h"
#include "plan/params.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

struct Recurrent {
  RecurrentKernels kernels;
  RecurrentCall call;  // without what a run gives
  std::uint32_t x, lengths, initial_h, initial_c, y, y_h, y_c;
};

RunCode run(const void* context, const Call& given) {
  const Recurrent& layer = *static_cast<const Recurrent*>(context);
  const auto in = [&](std::uint32_t slot) {
    return slot == plan::kNoTensor ? nullptr : given.at<const float>(slot);
  };
  const auto out = [&](std::uint32_t slot) {
    return slot == plan::kNoTensor ? nullptr : given.at<float>(slot);
  };
  RecurrentCall call = layer.call;
  call.x = in(layer.x);
  if (layer.lengths != plan::kNoTensor) call.lengths = given.at<const std::int32_t>(layer.lengths);
  call.initial_h = in(layer.initial_h);
  call.initial_c = in(layer.initial_c);
  call.y = out(layer.y);
  call.y_h = out(layer.y_h);
  call.y_c = out(layer.y_c);
  call.scratch = reinterpret_cast<float*>(given.scratch);
  layer.kernels.run(call);
  return RunCode::kOk;
}

std::uint32_t slot_of(const Operand* operand) {
  return operand == nullptr ? plan::kNoTensor : operand->slot;
}

Status read_form(const Binder& binder, const plan::RecurrentParams& params, RecurrentCall& call) {
  RecurrentForm& form = call.form;
  constexpr std::uint32_t kMost = 1U << 20;
  if (params.kind > static_cast<std::uint32_t>(RecurrentKind::kRnn) || params.inputs == 0 ||
      params.inputs > kMost || params.hidden == 0 || params.hidden > kMost ||
      params.directions == 0 || params.directions > 2 ||
      params.weight_type > static_cast<std::uint32_t>(WeightType::kI8) ||
      (!kHasNarrowWeights && params.weight_type != 0) ||
      (params.flags & ~std::uint32_t{plan::kAllRecurrentFlags}) != 0 || !(params.clip >= 0)) {
    return binder.error("its parameters are out of range");
  }
  const auto has = [&](plan::RecurrentFlags flag) { return (params.flags & flag) != 0; };
  form.kind = static_cast<RecurrentKind>(params.kind);
  form.inputs = params.inputs;
  form.hidden = params.hidden;
  form.type = static_cast<WeightType>(params.weight_type);
  form.has_peepholes = has(plan::kHasPeepholes);
  form.couples_input_forget = has(plan::kCouplesInputForget);
  form.is_linear_before_reset = has(plan::kIsLinearBeforeReset);
  form.is_relu = has(plan::kIsRelu);
  form.clip = params.clip;
  call.directions = params.directions;
  call.starts_reversed = has(plan::kStartsReversed);
  call.is_batch_first = has(plan::kIsBatchFirst);
  for (std::size_t d = 0; d < call.directions; ++d) {
    const Operand* const packed = binder.inputs[1 + d];
    if (packed == nullptr || packed->constant == nullptr ||
        packed->bytes < recurrent_packed_bytes(form)) {
      return binder.error("its packed parameters are not all there");
    }
    call.packed[d] = packed->constant;
  }
  return {};
}

// Weights stored as halves or bfloat16, once for all runs of the session.
void widen_weights(const Binder& binder, RecurrentCall& call) {
  const RecurrentForm stored = call.form;
  call.form = prepared_form(stored);
  if (!call.form.is_prepared) return;
  for (std::size_t d = 0; d < call.directions; ++d) {
    const auto block = binder.make_array<std::byte>(recurrent_packed_bytes(call.form));
    prepare_recurrent(stored, call.packed[d], block.data());
    call.packed[d] = block.data();
  }
}

template <RecurrentKind kKind>
constexpr bool kIsHere = (kRecurrentKindsHere >> static_cast<unsigned>(kKind) & 1U) != 0;

[[maybe_unused]] const RecurrentKernels* byte_kernels_of(RecurrentKind kind, Isa isa) {
  if constexpr (kIsHere<RecurrentKind::kLstm>) {
    if (kind == RecurrentKind::kLstm) return &byte_lstm_kernels(isa);
  }
  if constexpr (kIsHere<RecurrentKind::kGru>) {
    if (kind == RecurrentKind::kGru) return &byte_gru_kernels(isa);
  }
  if constexpr (kIsHere<RecurrentKind::kRnn>) {
    if (kind == RecurrentKind::kRnn) return &byte_rnn_kernels(isa);
  }
  return nullptr;
}

// Null: not in this build.
const RecurrentKernels* kernels_of(const RecurrentForm& form, Isa isa) {
  if constexpr (kHasNarrowWeights) {
    if (form.type == WeightType::kI8) return byte_kernels_of(form.kind, isa);
  }
  if constexpr (kIsHere<RecurrentKind::kLstm>) {
    if (form.kind == RecurrentKind::kLstm) return &lstm_kernels(isa);
  }
  if constexpr (kIsHere<RecurrentKind::kGru>) {
    if (form.kind == RecurrentKind::kGru) return &gru_kernels(isa);
  }
  if constexpr (kIsHere<RecurrentKind::kRnn>) {
    if (form.kind == RecurrentKind::kRnn) return &rnn_kernels(isa);
  }
  return nullptr;
}

bool is_float(const Operand* operand, std::uint64_t elements) {
  return operand == nullptr ||
         (operand->dtype == DType::kFloat32 && operand->layout == plan::Layout::kPlain &&
          operand->elements == elements);
}

}  // namespace

Status bind_recurrent(Binder& binder) {
  if (binder.inputs.size() != 6 || binder.outputs.size() != 3 || binder.inputs[0] == nullptr)
    return binder.error("it has the wrong number of operands");
  const auto params = TRY(binder.params<plan::RecurrentParams>());
  auto* const layer = binder.make<Recurrent>();
  RecurrentCall& call = layer->call;
  TRY(read_form(binder, params, call));
  const Operand& x = *binder.inputs[0];
  if (x.rank() != 3 || x.dim(2) != params.inputs || !is_float(&x, x.elements) || x.elements == 0)
    return binder.error("its input has another form");
  call.steps = static_cast<std::size_t>(x.dim(call.is_batch_first ? 1 : 0));
  call.batch = static_cast<std::size_t>(x.dim(call.is_batch_first ? 0 : 1));
  const std::uint64_t state = call.directions * call.batch * call.form.hidden;
  const Operand* const lengths = binder.inputs[3];
  if (!is_float(binder.inputs[4], state) || !is_float(binder.inputs[5], state) ||
      !is_float(binder.outputs[0], state * call.steps) || !is_float(binder.outputs[1], state) ||
      !is_float(binder.outputs[2], state) ||
      (lengths != nullptr &&
       (lengths->dtype != DType::kInt32 || lengths->elements != call.batch))) {
    return binder.error("the sizes of its operands do not fit together");
  }
  if (call.form.kind != RecurrentKind::kLstm &&
      (binder.inputs[5] != nullptr || binder.outputs[2] != nullptr)) {
    return binder.error("only an LSTM has cells");
  }
  if (!product_fits({call.steps + 1, call.batch, call.form.columns() + call.form.inputs},
                    std::uint64_t{1} << 40)) {
    return binder.error("its sequences are too long");
  }
  widen_weights(binder, call);
  const RecurrentKernels* const kernels = kernels_of(call.form, binder.isa);
  if (kernels == nullptr) return binder.error("this build has no kernel for its kind of layer");
  layer->kernels = *kernels;
  layer->x = x.slot;
  layer->lengths = slot_of(lengths);
  layer->initial_h = slot_of(binder.inputs[4]);
  layer->initial_c = slot_of(binder.inputs[5]);
  layer->y = slot_of(binder.outputs[0]);
  layer->y_h = slot_of(binder.outputs[1]);
  layer->y_c = slot_of(binder.outputs[2]);
  binder.use(run, layer, 1,
             recurrent_scratch_floats(call.form, call.steps, call.batch) * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
