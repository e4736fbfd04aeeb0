// Memory for the inputs and outputs of a session, filled from samples.
#pragma once

#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "tensor/tensor.h"

namespace slipway::choose {

class Buffers {
 public:
  static Result<Buffers> create(const engines::Session& session);

  // A tensor for each input, in the order of the session's; of its types and sizes.
  Status fill(const std::vector<Tensor>& sample);
  Status run(engines::Session& session) { return session.run(from_, to_); }
  const std::vector<Tensor>& outputs() const { return outputs_; }

 private:
  Buffers() = default;
  std::vector<Tensor> inputs_;
  std::vector<Tensor> outputs_;
  std::vector<const void*> from_;
  std::vector<void*> to_;
};

}  // namespace slipway::choose
