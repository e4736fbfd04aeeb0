// A session with memory for its inputs and outputs.
#pragma once

#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "ops/interpreter.h"

namespace slipway::engines {

class Values {
 public:
  // The values, in any order, must be of the ports' names, types and shapes, and no more than the
  // ports. The session must outlive them.
  static Result<Values> create(Session& session, const std::vector<NamedValue>& inputs);

  Status run() { return session_->run(from_, to_); }
  // Of the last run, in the order of the ports.
  std::vector<NamedValue> outputs() const { return outputs_; }

  std::span<const void* const> input_pointers() const { return from_; }
  std::span<void* const> output_pointers() const { return to_; }

 private:
  explicit Values(Session& session) : session_(&session) {}

  Session* session_;
  std::vector<Tensor> inputs_;
  std::vector<NamedValue> outputs_;
  std::vector<const void*> from_;
  std::vector<void*> to_;
};

// For every input of a session, from a fixed sequence of numbers: floats in [-2, 2), small
// non-negative integers.
Result<std::vector<NamedValue>> sample_inputs(const Session& session, std::uint64_t seed);

}  // namespace slipway::engines
