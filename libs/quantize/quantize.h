// A model in fewer bits, as standard ONNX.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/learned.h"
#include "quantize/options.h"
#include "quantize/placement.h"
#include "samples/samples.h"

namespace slipway::quantize {

struct Outcome {
  Model model;
  std::vector<std::string> notes;  // what was done, and what was not and why
};

// Static quantisation, in steps, so that several candidates can come of what was learned once.
class Calibrated {
 public:
  // Prepares the model and learns from samples what is not in `learned`. Without samples all of it
  // has to be there.
  static Result<Calibrated> create(Model model, const Options& options, samples::Samples* samples,
                                   std::optional<Learned> learned, const Progress& progress);

  const Model& floats() const { return model_; }  // prepared, not equalised
  const Placement& placement() const { return placement_; }
  const Learned& learned() const { return learned_; }

  // The quantised model, but for the nodes named in `kept`, which stay float.
  Result<Outcome> quantize(const std::set<std::string>& kept = {}) const;

 private:
  Options options_;
  Model model_;
  Model equalized_;
  Placement placement_;
  Learned learned_;
  std::vector<std::string> notes_;
};

// The other ways, which need no samples: dynamic, weights alone, halves.
Result<Outcome> quantize_without_samples(Model model, const Options& options);

// What is wrong with options as a whole, or with names in them.
Status check_options(const Model& model, const Options& options);

}  // namespace slipway::quantize
