// What values of a model hold as it runs on samples.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/histogram.h"
#include "quantize/model_run.h"
#include "quantize/options.h"
#include "samples/samples.h"

namespace slipway::quantize {

// The model made ready once, to walk over the samples as often as it takes. In memory are some
// samples, the values of one run for each lane, and those that are kept, however many samples there
// are.
class Watch {
 public:
  // Samples are dealt to lanes in turns. Two lanes may run at once; what is summed up for each
  // lane, and the lanes' sums in their order, does not depend on whether they did.
  static constexpr std::size_t kLanes = 2;

  // Value `i`, of type float or not, in a sample of `lane`. Calls of one lane come one after the
  // other, in the order of its samples.
  using See = std::function<Status(std::size_t lane, std::size_t i, const Tensor& tensor)>;

  // Inference ends where the last of the values is known. The samples outlive the watch.
  static Result<Watch> create(const Model& model, const std::vector<ValueId>& values,
                              samples::Samples& samples, const Options& options);

  std::size_t samples() const { return samples_->count(); }

  // From now on the values of the first samples are kept, so many bytes of them at most: walks
  // after the next one run the model on the other samples alone.
  void keep(std::size_t most_bytes) { most_kept_bytes_ = most_bytes / kLanes; }

  // Runs on samples from the first one on, at most `most` of them (0: all). How many there were.
  Result<std::size_t> walk(std::size_t most, const Progress& progress, std::string_view what,
                           const See& see);

 private:
  Watch(samples::Samples& samples, ModelRun run) : samples_(&samples) {
    runs_.push_back(std::move(run));
  }
  Status prepare(const std::vector<Tensor>& sample);
  Result<std::span<const Tensor>> answers(std::size_t lane, const std::vector<Tensor>& sample);
  Status run_lane(std::size_t lane, std::span<const std::vector<Tensor>> chunk, const See& see);

  struct alignas(128) Kept {                   // of a lane; lines of a cache of its own
    std::vector<std::vector<Tensor>> answers;  // of its first samples
    std::size_t bytes = 0;
    std::size_t next = 0;  // sample of the walk
  };

  samples::Samples* samples_;
  std::size_t most_kept_bytes_ = 0;  // of a lane
  std::array<Kept, kLanes> kept_;
  std::vector<ModelRun> runs_;                               // one for each lane that has run
  std::vector<std::size_t> outputs_;                         // the value that each output is
  std::vector<std::pair<std::size_t, std::size_t>> inputs_;  // value, place in a sample
};

// Ranges of values by name, chosen as `options` say. NaN or infinity in a value is an error.
Result<std::map<std::string, Range>> find_ranges(const Model& model,
                                                 const std::vector<ValueId>& values,
                                                 samples::Samples& samples, const Options& options,
                                                 const Progress& progress);

}  // namespace slipway::quantize
