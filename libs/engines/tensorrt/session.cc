#include "engines/tensorrt/session.h"

#ifdef SLIPWAY_HAS_TENSORRT_HEADERS

#include <algorithm>

#include "base/str.h"

namespace slipway::engines {

DType dtype_of(nvinfer1::DataType type) {
  switch (type) {
    case nvinfer1::DataType::kFLOAT:
      return DType::kFloat32;
    case nvinfer1::DataType::kHALF:
      return DType::kFloat16;
    case nvinfer1::DataType::kINT8:
      return DType::kInt8;
    case nvinfer1::DataType::kINT32:
      return DType::kInt32;
    case nvinfer1::DataType::kBOOL:
      return DType::kBool;
    case nvinfer1::DataType::kUINT8:
      return DType::kUint8;
#if NV_TENSORRT_MAJOR >= 10
    case nvinfer1::DataType::kBF16:
      return DType::kBfloat16;
    case nvinfer1::DataType::kINT64:
      return DType::kInt64;
#endif
    default:
      return DType::kUndefined;
  }
}

Shape shape_of(const nvinfer1::Dims& dims) {
  Shape shape;
  for (int i = 0; i < dims.nbDims; ++i) shape.push_back(dims.d[i]);
  return shape;
}

nvinfer1::Dims dims_of(const Shape& shape) {
  nvinfer1::Dims dims{};
  dims.nbDims =
      static_cast<std::int32_t>(std::min<std::size_t>(shape.size(), nvinfer1::Dims::MAX_DIMS));
  for (std::int32_t i = 0; i < dims.nbDims; ++i) {
    dims.d[i] = static_cast<std::remove_reference_t<decltype(dims.d[0])>>(
        shape[static_cast<std::size_t>(i)]);
  }
  return dims;
}

TensorRtSession::TensorRtSession(const TensorRt& library, int device, std::string description)
    : cuda_(library.cuda),
      library_(library),
      device_(device),
      description_(std::move(description)) {}

TensorRtSession::~TensorRtSession() {
  if (graph_ != nullptr) cuda_.destroy_executable(graph_);
}

Result<std::unique_ptr<Session>> TensorRtSession::create(const TensorRt& library, int device,
                                                         std::span<const std::byte> bytes,
                                                         bool cuda_graph, std::string description) {
  std::unique_ptr<TensorRtSession> made(
      new TensorRtSession(library, device, std::move(description)));
  TRY(made->open(bytes));
  if (cuda_graph) TRY(made->record_graph());
  return std::unique_ptr<Session>(std::move(made));
}

Status TensorRtSession::open(std::span<const std::byte> bytes) {
  TRY(cuda_.check(cuda_.set_device(device_), "choosing the device"));
  runtime_.reset(
      static_cast<nvinfer1::IRuntime*>(library_.create_runtime(&logger_, NV_TENSORRT_VERSION)));
  if (runtime_ == nullptr)
    return Error{Code::kUnsupported, str("TensorRT's runtime cannot be made", logger_.said())};
  engine_.reset(runtime_->deserializeCudaEngine(bytes.data(), bytes.size()));
  if (engine_ == nullptr)
    return Error{Code::kInvalid, str("TensorRT cannot take the engine", logger_.said())};
  context_.reset(engine_->createExecutionContext());
  if (context_ == nullptr)
    return Error{Code::kTooLarge, str("TensorRT cannot prepare the engine", logger_.said())};
  stream_.emplace(TRY(Stream::create(cuda_)));
  const int count = engine_->getNbIOTensors();
  // Shapes of outputs are known once those of all inputs are.
  for (const auto mode : {nvinfer1::TensorIOMode::kINPUT, nvinfer1::TensorIOMode::kOUTPUT}) {
    for (int i = 0; i < count; ++i) {
      const char* const name = engine_->getIOTensorName(i);
      if (engine_->getTensorIOMode(name) == mode) TRY(add_port(name));
    }
  }
  return {};
}

Status TensorRtSession::add_port(const char* name) {
  const bool is_input = engine_->getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT;
  if (is_input) {
    // The profile's three shapes are one: the subject's.
    const nvinfer1::Dims dims =
        engine_->getProfileShape(name, 0, nvinfer1::OptProfileSelector::kOPT);
    if (!context_->setInputShape(name, dims))
      return Error{Code::kInvalid, str("TensorRT refuses the shape of ", name, logger_.said())};
  }
  Port port;
  port.name = name;
  port.dtype = dtype_of(engine_->getTensorDataType(name));
  port.shape = shape_of(context_->getTensorShape(name));
  const Result<std::size_t> elements = element_count(port.shape);
  if (port.dtype == DType::kUndefined || !elements.ok()) {
    return Error{Code::kUnsupported,
                 str(port.name, shape_text(port.shape),
                     " has a type that Slipway does not give TensorRT, or a shape that depends on "
                     "the data: take another engine")};
  }
  port.bytes = *elements * element_bytes(port.dtype);
  DeviceMemory memory = TRY(DeviceMemory::allocate(cuda_, port.bytes));
  if (!context_->setTensorAddress(name, memory.get()))
    return Error{Code::kInternal, str("TensorRT refuses the memory of ", name, logger_.said())};
  (is_input ? inputs_ : outputs_).push_back(std::move(port));
  (is_input ? input_memory_ : output_memory_).push_back(std::move(memory));
  return {};
}

Status TensorRtSession::enqueue() {
  if (context_->enqueueV3(stream_->get())) return {};
  return Error{Code::kInternal, str("TensorRT did not run", logger_.said())};
}

Status TensorRtSession::record_graph() {
  TRY(enqueue());  // what is made on the first run must not be recorded
  TRY(cuda_.check(cuda_.synchronize(stream_->get()), "running once"));
  TRY(cuda_.check(cuda_.begin_capture(stream_->get(), cudaStreamCaptureModeThreadLocal),
                  "recording a graph"));
  const Status recorded = enqueue();
  cudaGraph_t graph = nullptr;
  const cudaError_t ended = cuda_.end_capture(stream_->get(), &graph);
  Status status;
  if (!recorded.ok() || ended != cudaSuccess || graph == nullptr) {
    status = Error{Code::kUnsupported,
                   "this model cannot be recorded as one CUDA graph: leave out cuda_graph=on"};
  } else {
    status = cuda_.check(cuda_.instantiate(&graph_, graph, 0), "making a graph");
  }
  if (graph != nullptr) cuda_.destroy_graph(graph);
  return status;
}

Status TensorRtSession::run(std::span<const void* const> inputs, std::span<void* const> outputs) {
  if (inputs.size() != inputs_.size() || outputs.size() != outputs_.size()) {
    return Error{Code::kUsage, str("a run takes ", inputs_.size(), " inputs and ", outputs_.size(),
                                   " outputs, not ", inputs.size(), " and ", outputs.size())};
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr && inputs_[i].bytes > 0)
      return Error{Code::kUsage, str("the buffer of ", inputs_[i].name, " is null")};
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == nullptr && outputs_[i].bytes > 0)
      return Error{Code::kUsage, str("the buffer of ", outputs_[i].name, " is null")};
  }
  TRY(cuda_.check(cuda_.set_device(device_), "choosing the device"));
  const Status queued = queue(inputs, outputs);
  // Also where something failed: what was queued before it still uses the caller's buffers.
  const Status done = cuda_.check(cuda_.synchronize(stream_->get()), "running");
  return queued.ok() ? done : queued;
}

Status TensorRtSession::queue(std::span<const void* const> inputs, std::span<void* const> outputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    TRY(cuda_.check(cuda_.copy_async(input_memory_[i].get(), inputs[i], inputs_[i].bytes,
                                     cudaMemcpyHostToDevice, stream_->get()),
                    "copying an input"));
  }
  if (graph_ != nullptr) {
    TRY(cuda_.check(cuda_.launch(graph_, stream_->get()), "launching the graph"));
  } else {
    TRY(enqueue());
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    TRY(cuda_.check(cuda_.copy_async(outputs[i], output_memory_[i].get(), outputs_[i].bytes,
                                     cudaMemcpyDeviceToHost, stream_->get()),
                    "copying an output"));
  }
  return {};
}

}  // namespace slipway::engines

#endif
