// What a model or a plan takes and gives, without running it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "graph/graph.h"
#include "samples/array_stream.h"

namespace slipway::measure {

struct Signature {
  bool is_plan = false;
  Model model;  // its types inferred; of a plan, the inputs and outputs alone
};

Result<Signature> read_signature(const std::filesystem::path& model);

// A sample of each input that has no default: the batch 1 (or the subject's) where it is open,
// extents as the subject names them, -1 where the samples decide. Fails for an input that is no
// tensor.
Result<std::vector<samples::Wanted>> wanted_samples(const Signature& signature,
                                                    const engines::Subject& subject);

// The subject for inputs of these shapes: open dimensions get their extents, but for a leading one
// that is the subject's batch and that it does not name.
Result<engines::Subject> bind_subject(const Signature& signature, engines::Subject subject,
                                      const std::vector<samples::Wanted>& inputs);

// Outputs that tell a class: the last thing computed is Softmax or ArgMax, or the name says so.
bool tells_classes(const Signature& signature, const std::string& output);

}  // namespace slipway::measure
