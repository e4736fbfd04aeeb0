// The lab with real engines and clocks.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "choose/lab.h"
#include "choose/optimised.h"
#include "choose/sliding.h"
#include "choose/variants.h"
#include "engines/engine.h"
#include "measure/compare.h"
#include "measure/load.h"
#include "samples/samples.h"

namespace slipway::choose {

struct WorkshopOptions {
  std::filesystem::path model;
  std::map<std::string, std::int64_t> dims;
  bool optimises = true;
  std::vector<compile::Slide> slides;  // of the windows that may slide
  std::optional<std::filesystem::path> samples;
  std::size_t sample_limit = 0;  // 0: all
  std::optional<std::filesystem::path> labels;
  std::optional<double> most_drop;  // of accuracy, a share of 1, for what can be made to keep it
  std::map<std::string, std::map<std::string, std::string>> engine_options;
  std::filesystem::path folder;  // for files that the search needs
};

class Workshop final : public Lab {
 public:
  // Compiles the original model as it is, which is what candidates are compared with: the bits of
  // the reference implementation. Opens the samples; those of the wrong shape are the error. Then
  // optimises the model, of which candidates are made.
  static Result<std::unique_ptr<Workshop>> open(WorkshopOptions options);

  Status prepare(const Setup& setup) override;
  std::optional<double> file_bytes(const Setup& setup) const override;
  Result<Probe> probe(const Setup& setup) override;
  Result<std::optional<report::Accuracy>> compare(const Setup& setup) override;
  Result<std::vector<double>> time(const Setup& setup, double seconds) override;

  std::size_t sample_count() const;  // 0: there are none
  bool has_labels() const { return labels_.has_value(); }
  const engines::Session& reference() const { return *reference_; }
  const std::optional<report::Optimised>& optimised() const { return optimised_; }
  // Of engines that were given another model than the others.
  const std::vector<std::string>& notes() const { return base_.notes(); }
  const std::vector<compile::Slide>& slides() const { return options_.slides; }
  // How many of so many threads share a run of native.
  Result<std::size_t> native_threads(std::size_t asked) const;
  // Whether the windows can slide; the error says why not.
  Status can_slide();

  // The file that the engine loads, the ONNX behind it, and the words that make a plan of that.
  Result<std::filesystem::path> file_of(const Setup& setup) const;
  Result<std::filesystem::path> onnx_behind(const Setup& setup);
  std::string plan_command(const Setup& setup) const;
  // Where the engine keeps what it built; nullopt of one that is opened fast.
  Result<std::optional<std::filesystem::path>> engine_cache_of(const Setup& setup) const;
  // Opens what a setup runs; `file` instead of the one that prepare() made, `engine_cache` instead
  // of the folder that was used here, where they are given.
  Result<std::unique_ptr<engines::Session>> open_session(
      const Setup& setup, const std::filesystem::path& file = {},
      const std::filesystem::path& engine_cache = {}) const;

  // The first samples, whole, in their order; a made-up one where there are none.
  using TakeSample = std::function<Status(const std::vector<Tensor>& sample)>;
  Status for_each_sample(std::size_t most, const TakeSample& take);
  // How many runs answer a sample, and the inputs of each: of a window that slides, its pieces.
  std::size_t runs_of_a_sample(const Setup& setup) const;
  Result<std::vector<Tensor>> inputs_of(const Setup& setup, const std::vector<Tensor>& sample,
                                        std::size_t run) const;
  // Of the run that answers the first sample.
  Result<std::vector<Tensor>> inputs_of_a_run(const Setup& setup);

  // Under load, by the scenarios of libs/measure.
  Result<measure::LoadResult> load(const Setup& setup, const measure::LoadOptions& options);
  // Of values inside that the original model computes too; empty where there are no samples.
  Result<std::vector<report::LayerError>> layer_errors(const Setup& setup);

 private:
  struct Made {
    std::filesystem::path file;
    Variants* from = nullptr;
  };

  Workshop() = default;
  Status open_samples();
  Result<std::optional<std::vector<std::int64_t>>> named_labels() const;
  Status make_variants();
  Variants& variants_for(const std::string& engine) const;
  bool keeps_engine(const Setup& setup) const;
  Status make(const Setup& setup);
  bool gives_way(const Setup& setup);
  Result<const Made*> find(const Setup& setup) const;
  Result<Probe> probe_once(const Setup& setup);
  Status check_sliding_bits(const Setup& setup);
  Result<engines::Subject> subject_of(const Setup& setup, const std::filesystem::path& file) const;
  measure::CompareRequest comparison() const;

  WorkshopOptions options_;
  std::unique_ptr<engines::Session> reference_;
  std::optional<samples::Samples> samples_;
  std::optional<std::vector<std::int64_t>> labels_;
  std::optional<Pieces> pieces_;
  std::optional<report::Optimised> optimised_;
  std::unique_ptr<Variants> original_;
  std::unique_ptr<Variants> better_;  // of the optimised model, where it is used
  BaseModel base_;
  std::map<Setup, Made> made_;                  // without threads
  std::map<Setup, report::Accuracy> compared_;  // the same
};

}  // namespace slipway::choose
