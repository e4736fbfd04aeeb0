#include "engines/onnxruntime/session.h"

#ifdef SLIPWAY_HAS_ONNXRUNTIME_HEADER

#include "base/str.h"
#include "tensor/tensor.h"

namespace slipway::engines {
namespace {

struct PortType {
  DType dtype = DType::kUndefined;
  Shape shape;                       // below 0: open
  std::vector<std::string> symbols;  // "" where a dimension has none
};

Result<PortType> read_type(const OrtApi& api, const OrtTensorTypeAndShapeInfo* info) {
  PortType type;
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  TRY(check(api, api.GetTensorElementType(info, &element)));
  type.dtype = dtype_from_number(element).value_or(DType::kUndefined);
  std::size_t rank = 0;
  TRY(check(api, api.GetDimensionsCount(info, &rank)));
  type.shape.resize(rank);
  TRY(check(api, api.GetDimensions(info, type.shape.data(), rank)));
  std::vector<const char*> symbols(rank);
  TRY(check(api, api.GetSymbolicDimensions(info, symbols.data(), rank)));
  for (const char* symbol : symbols) type.symbols.emplace_back(symbol == nullptr ? "" : symbol);
  return type;
}

// The type of a port: SessionGetInputTypeInfo or its like for outputs.
Result<PortType> port_type(const OrtApi& api, const Owned<OrtTypeInfo>& info,
                           const std::string& what) {
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  TRY(check(api, api.CastTypeInfoToTensorInfo(info.get(), &tensor)));
  if (tensor == nullptr) {
    return Error{Code::kUnsupported,
                 str(what,
                     " is a sequence or a map; engines run tensors only: slipway run without "
                     "an engine runs it")};
  }
  PortType type = TRY(read_type(api, tensor));
  if (element_bytes(type.dtype) == 0 || is_sub_byte(type.dtype)) {
    return Error{Code::kUnsupported, str(what, " is a tensor of ", name(type.dtype),
                                         ", which engines cannot be given")};
  }
  return type;
}

Result<std::size_t> bytes_of(DType dtype, const Shape& shape, const std::string& what) {
  const std::size_t count = TRY(element_count(shape));
  const std::size_t width = element_bytes(dtype);
  if (count > tensor_limit_bytes() / width)
    return Error{Code::kTooLarge, str(what, shape_text(shape), " does not fit into memory")};
  return count * width;
}

}  // namespace

OnnxRuntimeSession::OnnxRuntimeSession(const Library& library, Owned<OrtSession> session,
                                       std::string description)
    : api_(*library.api),
      session_(std::move(session)),
      memory_(nullptr, {library.api}),
      description_(std::move(description)) {}

Result<std::unique_ptr<OnnxRuntimeSession>> OnnxRuntimeSession::create(
    const Library& library, Owned<OrtSession> session, const Extents& extents,
    std::optional<int> graph_device, std::string description) {
  std::unique_ptr<OnnxRuntimeSession> made(
      new OnnxRuntimeSession(library, std::move(session), std::move(description)));
  OrtMemoryInfo* memory = nullptr;
  TRY(check(made->api_,
            made->api_.CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory)));
  made->memory_.reset(memory);
  TRY(made->add_inputs(extents));
  const bool is_known = TRY(made->add_outputs(!graph_device));
  if (graph_device) {
    // A run to learn shapes would be the one that is recorded, with buffers that go away.
    if (!is_known) {
      return Error{Code::kUnsupported,
                   "cuda_graph=on needs outputs whose shapes the model states: leave it out"};
    }
    made->device_ = TRY(DeviceBinding::create(made->api_, made->session_.get(), *graph_device,
                                              made->inputs_.ports, made->outputs_.ports));
  }
  for (Side* side : {&made->inputs_, &made->outputs_}) {
    const std::size_t count = side->ports.size();
    for (const Port& port : side->ports) side->names.push_back(port.name.c_str());
    side->bound.resize(count);
    side->values.resize(count);
    for (std::size_t i = 0; i < count; ++i) side->owned.emplace_back(nullptr, Release{&made->api_});
  }
  return made;
}

Status OnnxRuntimeSession::add_inputs(const Extents& extents) {
  OrtAllocator* allocator = nullptr;
  TRY(check(api_, api_.GetAllocatorWithDefaultOptions(&allocator)));
  std::size_t count = 0;
  TRY(check(api_, api_.SessionGetInputCount(session_.get(), &count)));
  for (std::size_t i = 0; i < count; ++i) {
    char* text = nullptr;
    TRY(check(api_, api_.SessionGetInputName(session_.get(), i, allocator, &text)));
    Port port;
    port.name = text;
    TRY(check(api_, api_.AllocatorFree(allocator, text)));
    const std::string what = str("input ", port.name);
    OrtTypeInfo* info = nullptr;
    TRY(check(api_, api_.SessionGetInputTypeInfo(session_.get(), i, &info)));
    const PortType type = TRY(port_type(api_, Owned<OrtTypeInfo>(info, {&api_}), what));
    port.dtype = type.dtype;
    port.shape = TRY(definite(extents, port.name, type.shape, type.symbols));
    port.bytes = TRY(bytes_of(port.dtype, port.shape, what));
    inputs_.ports.push_back(std::move(port));
  }
  return {};
}

Result<bool> OnnxRuntimeSession::add_outputs(bool may_run) {
  OrtAllocator* allocator = nullptr;
  TRY(check(api_, api_.GetAllocatorWithDefaultOptions(&allocator)));
  std::size_t count = 0;
  TRY(check(api_, api_.SessionGetOutputCount(session_.get(), &count)));
  bool is_open = false;
  for (std::size_t i = 0; i < count; ++i) {
    char* text = nullptr;
    TRY(check(api_, api_.SessionGetOutputName(session_.get(), i, allocator, &text)));
    Port port;
    port.name = text;
    TRY(check(api_, api_.AllocatorFree(allocator, text)));
    OrtTypeInfo* info = nullptr;
    TRY(check(api_, api_.SessionGetOutputTypeInfo(session_.get(), i, &info)));
    PortType type =
        TRY(port_type(api_, Owned<OrtTypeInfo>(info, {&api_}), str("output ", port.name)));
    port.dtype = type.dtype;
    port.shape = std::move(type.shape);
    for (const std::int64_t extent : port.shape) is_open = is_open || extent < 0;
    outputs_.ports.push_back(std::move(port));
  }
  // A shape without dimensions may be that of a scalar, or of a tensor whose rank nobody stated.
  for (const Port& port : outputs_.ports) is_open = is_open || port.shape.empty();
  if (is_open && !may_run) return false;
  if (is_open) {
    const std::vector<Owned<OrtValue>> values = TRY(run_on_zeros(count));
    for (std::size_t i = 0; i < count; ++i) {
      OrtTensorTypeAndShapeInfo* info = nullptr;
      TRY(check(api_, api_.GetTensorTypeAndShape(values[i].get(), &info)));
      const Owned<OrtTensorTypeAndShapeInfo> owner(info, {&api_});
      outputs_.ports[i].shape = TRY(read_type(api_, info)).shape;
    }
  }
  for (Port& port : outputs_.ports)
    port.bytes = TRY(bytes_of(port.dtype, port.shape, str("output ", port.name)));
  return true;
}

Result<std::vector<Owned<OrtValue>>> OnnxRuntimeSession::run_on_zeros(std::size_t output_count) {
  std::vector<Tensor> zeros;
  std::vector<Owned<OrtValue>> owned;
  std::vector<const OrtValue*> given;
  std::vector<const char*> input_names;
  std::vector<const char*> output_names;
  for (const Port& port : inputs_.ports) {
    zeros.push_back(TRY(Tensor::create(port.dtype, port.shape)));
    OrtValue* value = nullptr;
    const std::span<std::byte> bytes = zeros.back().mutable_bytes();
    TRY(check(api_,
              api_.CreateTensorWithDataAsOrtValue(
                  memory_.get(), bytes.data(), bytes.size(), port.shape.data(), port.shape.size(),
                  static_cast<ONNXTensorElementDataType>(port.dtype), &value)));
    owned.emplace_back(value, Release{&api_});
    given.push_back(value);
    input_names.push_back(port.name.c_str());
  }
  for (const Port& port : outputs_.ports) output_names.push_back(port.name.c_str());
  std::vector<OrtValue*> made(output_count);
  const Status status =
      check(api_, api_.Run(session_.get(), nullptr, input_names.data(), given.data(), given.size(),
                           output_names.data(), output_names.size(), made.data()));
  std::vector<Owned<OrtValue>> outputs;
  for (OrtValue* value : made) outputs.emplace_back(value, Release{&api_});
  TRY(Status(status));
  return outputs;
}

// The element types have ONNX's numbers on both sides.
Status OnnxRuntimeSession::bind(Side& side, std::size_t index, const void* buffer) {
  if (side.bound[index] == buffer && side.values[index] != nullptr) return {};
  const Port& port = side.ports[index];
  if (buffer == nullptr && port.bytes > 0)
    return Error{Code::kUsage, str("the buffer of ", port.name, " is null")};
  OrtValue* value = nullptr;
  TRY(check(api_,
            api_.CreateTensorWithDataAsOrtValue(
                memory_.get(), const_cast<void*>(buffer), port.bytes, port.shape.data(),
                port.shape.size(), static_cast<ONNXTensorElementDataType>(port.dtype), &value)));
  side.owned[index].reset(value);
  side.values[index] = value;
  side.bound[index] = buffer;
  return {};
}

Status OnnxRuntimeSession::run(std::span<const void* const> inputs,
                               std::span<void* const> outputs) {
  if (inputs.size() != inputs_.ports.size() || outputs.size() != outputs_.ports.size()) {
    return Error{Code::kUsage,
                 str("a run takes ", inputs_.ports.size(), " inputs and ", outputs_.ports.size(),
                     " outputs, not ", inputs.size(), " and ", outputs.size())};
  }
  if (device_ != nullptr) return run_on_device(inputs, outputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) TRY(bind(inputs_, i, inputs[i]));
  for (std::size_t i = 0; i < outputs.size(); ++i) TRY(bind(outputs_, i, outputs[i]));
  return check(api_, api_.Run(session_.get(), nullptr, inputs_.names.data(), inputs_.values.data(),
                              inputs_.values.size(), outputs_.names.data(), outputs_.names.size(),
                              outputs_.values.data()));
}

Status OnnxRuntimeSession::run_on_device(std::span<const void* const> inputs,
                                         std::span<void* const> outputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr && inputs_.ports[i].bytes > 0)
      return Error{Code::kUsage, str("the buffer of ", inputs_.ports[i].name, " is null")};
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == nullptr && outputs_.ports[i].bytes > 0)
      return Error{Code::kUsage, str("the buffer of ", outputs_.ports[i].name, " is null")};
  }
  return device_->run(inputs, outputs);
}

}  // namespace slipway::engines

#endif
