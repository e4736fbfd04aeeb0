#include "engines/values.h"

#include <algorithm>

#include "base/str.h"
#include "compile/prove.h"
#include "tensor/tensor.h"

namespace slipway::engines {

Result<Values> Values::create(Session& session, const std::vector<NamedValue>& inputs) {
  Values values(session);
  for (const NamedValue& input : inputs) {
    const auto is_port = [&](const Port& port) { return port.name == input.name; };
    if (std::ranges::any_of(session.inputs(), is_port)) continue;
    return Error{Code::kUsage,
                 str("the engine takes no input ", shorten(input.name), ": leave it out")};
  }
  for (const Port& port : session.inputs()) {
    const auto found = std::find_if(inputs.begin(), inputs.end(), [&](const NamedValue& input) {
      return input.name == port.name && input.value.is_tensor();
    });
    if (found == inputs.end())
      return Error{Code::kUsage, str("input ", port.name, " is not given, or is no tensor")};
    Tensor tensor = TRY(found->value.tensor().direct());
    if (tensor.dtype() != port.dtype || tensor.shape() != port.shape) {
      return Error{Code::kInvalid,
                   str("input ", port.name, " is ", name(port.dtype), shape_text(port.shape),
                       ", the data is ", name(tensor.dtype()), shape_text(tensor.shape()),
                       ": give data of that type and shape")};
    }
    tensor.mutable_bytes();  // its own from here on, and aligned
    values.inputs_.push_back(std::move(tensor));
    values.from_.push_back(values.inputs_.back().bytes().data());
  }
  for (const Port& port : session.outputs()) {
    Tensor tensor = TRY(Tensor::create(port.dtype, port.shape));
    values.outputs_.push_back({port.name, std::move(tensor)});
  }
  for (NamedValue& output : values.outputs_)
    values.to_.push_back(output.value.tensor().mutable_bytes().data());
  return values;
}

Result<std::vector<NamedValue>> sample_inputs(const Session& session, std::uint64_t seed) {
  Model model;
  for (const Port& port : session.inputs()) {
    const ValueId id =
        model.graph.add_value(port.name, Type::tensor(port.dtype, to_dims(port.shape)));
    model.graph.inputs.push_back(id);
  }
  return compile::sample_inputs(model, seed);
}

}  // namespace slipway::engines
