// A TensorRT engine that runs on the caller's buffers: copied to the device, run, copied back.
#pragma once

#ifdef SLIPWAY_HAS_TENSORRT_HEADERS

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "engines/tensorrt/libraries.h"

namespace slipway::engines {

// Of TensorRT's element types and ours; kUndefined where there is no such one.
DType dtype_of(nvinfer1::DataType type);
Shape shape_of(const nvinfer1::Dims& dims);
nvinfer1::Dims dims_of(const Shape& shape);

class TensorRtSession final : public Session {
 public:
  // From an engine's bytes, which are copied. With `cuda_graph` the run's work on the device is
  // recorded once and launched as one.
  static Result<std::unique_ptr<Session>> create(const TensorRt& library, int device,
                                                 std::span<const std::byte> bytes, bool cuda_graph,
                                                 std::string description);
  ~TensorRtSession() override;

  std::span<const Port> inputs() const override { return inputs_; }
  std::span<const Port> outputs() const override { return outputs_; }
  Status run(std::span<const void* const> inputs, std::span<void* const> outputs) override;
  std::string describe() const override { return description_; }

 private:
  TensorRtSession(const TensorRt& library, int device, std::string description);
  Status open(std::span<const std::byte> bytes);
  Status add_port(const char* name);
  Status queue(std::span<const void* const> inputs, std::span<void* const> outputs);
  Status enqueue();
  Status record_graph();

  const Cuda& cuda_;
  const TensorRt& library_;
  int device_;
  std::string description_;
  Logger logger_;
  // Destroyed in reverse: the context before the engine, that before the runtime.
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
  std::optional<Stream> stream_;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
  std::vector<DeviceMemory> input_memory_;
  std::vector<DeviceMemory> output_memory_;
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace slipway::engines

#endif
