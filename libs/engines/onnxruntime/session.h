// A session of ONNX Runtime on the caller's buffers.
#pragma once

#ifdef SLIPWAY_HAS_ONNXRUNTIME_HEADER

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "engines/extents.h"
#include "engines/onnxruntime/api.h"
#include "engines/onnxruntime/device.h"

namespace slipway::engines {

class OnnxRuntimeSession final : public Session {
 public:
  // Every input and output must be a tensor of numbers. Shapes of outputs that the library does not
  // know are learnt by a run on zeros. graph_device: the CUDA device whose memory the session is
  // bound to, because it records its runs; none: the caller's buffers are given as they are.
  static Result<std::unique_ptr<OnnxRuntimeSession>> create(const Library& library,
                                                            Owned<OrtSession> session,
                                                            const Extents& extents,
                                                            std::optional<int> graph_device,
                                                            std::string description);

  std::span<const Port> inputs() const override { return inputs_.ports; }
  std::span<const Port> outputs() const override { return outputs_.ports; }
  Status run(std::span<const void* const> inputs, std::span<void* const> outputs) override;
  std::string describe() const override { return description_; }

 private:
  // One side of the model: its ports and, for each, the buffer it is bound to.
  struct Side {
    std::vector<Port> ports;
    std::vector<const char*> names;
    std::vector<const void*> bound;
    std::vector<Owned<OrtValue>> owned;
    std::vector<OrtValue*> values;
  };

  OnnxRuntimeSession(const Library& library, Owned<OrtSession> session, std::string description);

  Status add_inputs(const Extents& extents);
  // False, and nothing learnt, where a shape is open and no run may tell it.
  Result<bool> add_outputs(bool may_run);
  Status run_on_device(std::span<const void* const> inputs, std::span<void* const> outputs);
  Result<std::vector<Owned<OrtValue>>> run_on_zeros(std::size_t output_count);
  Status bind(Side& side, std::size_t index, const void* buffer);

  const OrtApi& api_;
  Owned<OrtSession> session_;
  Owned<OrtMemoryInfo> memory_;
  Side inputs_;
  Side outputs_;
  std::unique_ptr<DeviceBinding> device_;  // where runs are recorded
  std::string description_;
};

}  // namespace slipway::engines

#endif
