#include "choose/golden.h"

#include <cstring>

#include "choose/buffers.h"

namespace slipway::choose {
namespace {

// One tensor after the other along a new first axis, which takes the place of a leading 1.
class Stack {
 public:
  Stack(std::string name, const Tensor& first) : name_(std::move(name)), dtype_(first.dtype()) {
    shape_ = first.shape();
    if (!shape_.empty() && shape_[0] == 1) shape_.erase(shape_.begin());
  }
  void add(const Tensor& tensor) {
    const std::span<const std::byte> bytes = tensor.bytes();
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    ++count_;
  }
  Result<NamedArray> array() const {
    Shape shape = shape_;
    shape.insert(shape.begin(), count_);
    Tensor tensor = TRY(Tensor::create(dtype_, shape));
    std::memcpy(tensor.mutable_bytes().data(), bytes_.data(), bytes_.size());
    return NamedArray{name_, std::move(tensor)};
  }

 private:
  std::string name_;
  DType dtype_;
  Shape shape_;
  std::int64_t count_ = 0;
  std::vector<std::byte> bytes_;
};

Result<std::vector<NamedArray>> arrays_of(const std::vector<Stack>& stacks) {
  std::vector<NamedArray> arrays;
  for (const Stack& stack : stacks) arrays.push_back(TRY(stack.array()));
  return arrays;
}

}  // namespace

Result<Golden> golden_of(const Setup& setup, Workshop& workshop) {
  const std::unique_ptr<engines::Session> session = TRY(workshop.open_session(setup));
  Buffers buffers = TRY(Buffers::create(*session));
  std::vector<Stack> inputs;
  std::vector<Stack> outputs;
  const auto run = [&](const std::vector<Tensor>& given) -> Status {
    TRY(buffers.fill(given));
    TRY(buffers.run(*session));
    for (std::size_t port = 0; port < given.size(); ++port) {
      if (inputs.size() == port) inputs.emplace_back(session->inputs()[port].name, given[port]);
      inputs[port].add(given[port]);
    }
    for (std::size_t port = 0; port < buffers.outputs().size(); ++port) {
      const Tensor& tensor = buffers.outputs()[port];
      if (outputs.size() == port) outputs.emplace_back(session->outputs()[port].name, tensor);
      outputs[port].add(tensor);
    }
    return {};
  };
  TRY(workshop.for_each_sample(setup.slides ? kGoldenWindows : kGoldenSamples,
                               [&](const std::vector<Tensor>& sample) -> Status {
                                 const std::size_t runs = workshop.runs_of_a_sample(setup);
                                 for (std::size_t i = 0; i < runs; ++i)
                                   TRY(run(TRY(workshop.inputs_of(setup, sample, i))));
                                 return {};
                               }));
  Golden golden;
  golden.inputs = TRY(arrays_of(inputs));
  golden.outputs = TRY(arrays_of(outputs));
  return golden;
}

}  // namespace slipway::choose
