// Normalisations, Dropout and the softmax family.
#include <array>

#include "optimize/opset/step.h"
#include "tensor/convert.h"

namespace slipway::optimize {
namespace {

bool has_more_outputs(const Step& step) {
  for (std::size_t k = 1; k < step.node.outputs.size(); ++k) {
    if (step.has_output(k)) return true;
  }
  return false;
}

Status batch_norm_for_inference(Step& step) {
  if (!step.view().get_flag("is_test", false))
    return step.cannot("it normalises by the batch (is_test is 0), as in training");
  step.erase("is_test");
  step.erase("consumed_inputs");
  return {};
}

Status batch_norm_by_channel(Step& step) {
  if (!step.view().get_flag("spatial", true))
    return step.cannot("it normalises every position by itself (spatial is 0)");
  step.erase("spatial");
  return {};
}

Status batch_norm_one_output(Step& step) {
  if (has_more_outputs(step)) return step.cannot("it is in training: its statistics are used");
  step.node.outputs.resize(1);
  return {};
}

Status batch_norm_no_training(Step& step) {
  if (step.view().get_flag("training_mode", false)) return step.cannot("it is in training");
  step.erase("training_mode");
  return batch_norm_one_output(step);
}

Status dropout_for_inference(Step& step) {
  if (!step.view().get_flag("is_test", false))
    return step.cannot("it drops elements (is_test is 0), as in training");
  step.erase("is_test");
  return {};
}

// The mask is of the data's type before version 10, and of bool from then on.
Status mask_of_bool(Step& step) {
  if (!step.has_output(1)) return {};
  const DType dtype = step.input_type(0).dtype;
  if (dtype == DType::kUndefined) return step.cannot("the type of its data is unknown");
  step.add_after(1, "Cast", Type::tensor(DType::kBool), {});
  step.after.front().attributes.emplace_back("to", static_cast<std::int64_t>(dtype));
  return {};
}

Status mask_of_data(Step& step) {
  if (!step.has_output(1)) return {};
  step.add_after(1, "Cast", step.input_type(0), {});
  step.after.front().attributes.emplace_back("to", static_cast<std::int64_t>(DType::kBool));
  return {};
}

Status ratio_to_input(Step& step) {
  if (!step.view().has_attribute("ratio")) return {};
  const float ratio = step.view().get_float("ratio", 0.5F);
  step.erase("ratio");
  step.set_input(1, step.add_constant("ratio", Tensor::scalar(ratio)));
  return {};
}

Status ratio_to_attribute(Step& step) {
  if (step.has_output(1))
    return step.cannot("its mask is used, and outside training it was not defined there");
  if (step.has_input(2)) {
    const auto trains = step.reals(2);
    const auto ratio = step.reals(1);
    const bool drops = !trains || (*trains)[0] != 0;
    if (drops && !(ratio && (*ratio)[0] == 0))
      return step.cannot("it drops elements, or may: training_mode is not constant false");
  }
  const auto ratio = step.reals(1);
  if (step.has_input(1) && (!ratio || ratio->size() != 1))
    return step.cannot("its ratio is computed: it is an attribute there");
  if (ratio) step.set("ratio", static_cast<float>((*ratio)[0]));
  step.node.inputs.resize(1);
  step.erase("seed");
  return {};
}

// Before version 13 all axes from `axis` on (1 where it is not given) are one; after it, `axis`
// (the last one) alone.
Status softmax_along_one(Step& step) {
  const auto rank = step.rank(0);
  std::int64_t axis = step.view().get_int("axis", 1);
  if (axis < 0 && rank) axis += static_cast<std::int64_t>(*rank);
  if (rank && axis == static_cast<std::int64_t>(*rank) - 1) {
    step.set("axis", std::int64_t{-1});
    return {};
  }
  const ValueId x = step.node.inputs[0];
  const Type type = step.input_type(0);
  step.node.inputs[0] = step.add_before("Flatten", {x}, Type::tensor(type.dtype));
  step.before.back().attributes.emplace_back("axis", axis);
  const ValueId shape = step.add_before("Shape", {x}, Type::tensor(DType::kInt64));
  step.set("axis", std::int64_t{-1});
  step.add_after(0, "Reshape", Type::tensor(type.dtype), {shape});
  return {};
}

Status softmax_along_rest(Step& step) {
  const auto rank = step.rank(0);
  if (!rank) return step.cannot("the rank of its input is unknown");
  if (*rank == 0) return step.cannot("its input has no axis");
  const auto last = static_cast<std::int64_t>(*rank) - 1;
  std::int64_t axis = step.view().get_int("axis", -1);
  if (axis < 0) axis += last + 1;
  step.set("axis", last);
  if (axis == last) return {};
  Ints perm;
  for (std::int64_t i = 0; i <= last; ++i) perm.push_back(i);
  std::swap(perm[static_cast<std::size_t>(axis)], perm.back());
  Type turned = step.input_type(0);
  std::swap((*turned.dims)[static_cast<std::size_t>(axis)], turned.dims->back());
  step.node.inputs[0] = step.add_before("Transpose", {step.node.inputs[0]}, turned);
  step.before.back().attributes.emplace_back("perm", perm);
  step.add_after(0, "Transpose", turned);
  step.after.front().attributes.emplace_back("perm", perm);
  return {};
}

// Scale and bias by group before version 21, by channel from then on.
Status group_norm_by_channel(Step& step) {
  const Type& x = step.input_type(0);
  if (!x.dims || x.dims->size() < 2 || !(*x.dims)[1].is_known())
    return step.cannot("its channels are not known, and its scale has one number for each there");
  const auto channels = static_cast<std::size_t>((*x.dims)[1].extent());
  const std::int64_t groups = step.view().get_int("num_groups", 1);
  for (std::size_t k = 1; k < 3; ++k) {
    const auto stated = step.constant(k);
    if (!stated || groups < 1 || stated->size() != static_cast<std::size_t>(groups) ||
        channels % stated->size() != 0) {
      return step.cannot(
          "its scale or bias is computed, and has one number for each channel there");
    }
    const Tensor wide = TRY(cast(*stated, DType::kFloat64));
    std::vector<double> repeated(channels);
    for (std::size_t c = 0; c < channels; ++c)
      repeated[c] = wide.data<double>()[c / (channels / stated->size())];
    const Tensor narrow = TRY(cast(Tensor::of(repeated), stated->dtype()));
    step.node.inputs[k] = step.add_constant(k == 1 ? "scale" : "bias", narrow);
  }
  return {};
}

Status group_norm_by_group(Step& step) {
  return step.cannot("its scale has one number for each channel, there for each group");
}

constexpr auto kRules = std::to_array<Rule>({
    {"BatchNormalization", 7, batch_norm_for_inference, nullptr},
    {"BatchNormalization", 9, batch_norm_by_channel, nullptr},
    {"BatchNormalization", 14, batch_norm_one_output, batch_norm_no_training},
    {"Dropout", 7, dropout_for_inference, nullptr},
    {"Dropout", 10, mask_of_bool, mask_of_data},
    {"Dropout", 12, ratio_to_input, ratio_to_attribute},
    {"Softmax", 13, softmax_along_one, softmax_along_rest},
    {"LogSoftmax", 13, softmax_along_one, softmax_along_rest},
    {"Hardmax", 13, softmax_along_one, softmax_along_rest},
    {"GroupNormalization", 21, group_norm_by_channel, group_norm_by_group},
});

}  // namespace

std::span<const Rule> norm_rules() { return kRules; }

}  // namespace slipway::optimize
