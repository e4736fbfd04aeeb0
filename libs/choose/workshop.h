// The lab with real engines and clocks.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "choose/lab.h"
#include "choose/variants.h"
#include "engines/engine.h"
#include "measure/compare.h"
#include "measure/load.h"
#include "samples/samples.h"
#include "tensor/npz.h"

namespace slipway::choose {

struct WorkshopOptions {
  std::filesystem::path model;
  std::map<std::string, std::int64_t> dims;
  std::optional<std::filesystem::path> samples;
  std::size_t sample_limit = 0;  // 0: all
  std::optional<std::filesystem::path> labels;
  std::optional<double> most_drop;  // of accuracy, a share of 1, for what can be made to keep it
  std::map<std::string, std::map<std::string, std::string>> engine_options;
  std::filesystem::path folder;  // for files that the search needs
};

// Inputs and what a candidate answers to them, each array's first axis the samples.
struct Golden {
  std::vector<NamedArray> inputs;
  std::vector<NamedArray> outputs;
};

class Workshop final : public Lab {
 public:
  // Compiles the original model as it is, which is what candidates are compared with: the bits of
  // the reference implementation. Opens the samples; those of the wrong shape are the error.
  static Result<std::unique_ptr<Workshop>> open(WorkshopOptions options);

  Status prepare(const std::string& engine, const std::string& precision) override;
  std::optional<double> file_bytes(const Setup& setup) const override;
  Result<Probe> probe(const Setup& setup) override;
  Result<std::optional<report::Accuracy>> compare(const Setup& setup) override;
  Result<std::vector<double>> time(const Setup& setup, double seconds) override;

  std::size_t sample_count() const;  // 0: there are none
  bool has_labels() const { return labels_.has_value(); }
  const engines::Session& reference() const { return *reference_; }

  // The file that the engine loads, and the ONNX behind it.
  Result<std::filesystem::path> file_of(const Setup& setup) const;
  Result<std::filesystem::path> onnx_behind(const Setup& setup);
  // Opens what a setup runs; `file` instead of the one that prepare() made, where it is given.
  Result<std::unique_ptr<engines::Session>> open_session(
      const Setup& setup, const std::filesystem::path& file = {}) const;
  // A tensor for each input; made up where there are no samples.
  Result<std::vector<Tensor>> first_sample();
  // Of at most so many samples; of made-up inputs where there are none.
  Result<Golden> golden(const Setup& setup, std::size_t most);
  // Under load, by the scenarios of libs/measure.
  Result<measure::LoadResult> load(const Setup& setup, const measure::LoadOptions& options);
  // Of values inside that the original model computes too; empty where there are no samples.
  Result<std::vector<report::LayerError>> layer_errors(const Setup& setup);

 private:
  Workshop() = default;
  Status open_samples();
  Result<engines::Subject> subject_of(const Setup& setup, const std::filesystem::path& file) const;
  measure::CompareRequest comparison() const;

  WorkshopOptions options_;
  std::unique_ptr<Variants> variants_;
  std::unique_ptr<engines::Session> reference_;
  std::optional<samples::Samples> samples_;
  std::optional<std::vector<std::int64_t>> labels_;
  std::map<std::pair<std::string, std::string>, std::filesystem::path> files_;
};

}  // namespace slipway::choose
