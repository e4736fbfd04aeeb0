// Samples for calibration, cut into batches of a model's shapes.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "tensor/tensor.h"

namespace slipway::engines {

class Samples {
 public:
  // A .npz with an array for each port, or a .npy for a model of one port. An array's first axis
  // counts samples: it holds one batch of the port's shape, or any number of them; what is left
  // over is not used.
  static Result<Samples> read(const std::filesystem::path& file, std::span<const Port> ports);

  std::size_t batches() const { return batches_; }
  // The bytes of a port in a batch.
  std::span<const std::byte> batch(std::size_t port, std::size_t index) const;

 private:
  Samples() = default;
  std::vector<Tensor> arrays_;  // in the order of the ports
  std::vector<std::size_t> port_bytes_;
  std::size_t batches_ = 0;
};

}  // namespace slipway::engines
