#include "quantize/watch.h"

#include <algorithm>

#include "base/str.h"
#include "passes/rewrite.h"
#include "quantize/model_run.h"

namespace slipway::quantize {

Result<std::size_t> watch(const Model& model, const std::vector<ValueId>& values,
                          samples::Samples& samples, std::size_t most, const Options& options,
                          const Progress& progress, std::string_view what,
                          const std::function<Status(std::size_t, const Tensor&)>& see) {
  Model watched = model.clone();
  watched.graph.outputs.clear();
  std::vector<std::size_t> places;                          // of each output, in `values`
  std::vector<std::pair<std::size_t, std::size_t>> inputs;  // place in `values`, in a sample
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& names = samples.inputs();
    const auto found =
        std::ranges::find(names, model.graph.value(values[i]).name, &samples::Wanted::name);
    if (is_input(model.graph, values[i]) && found != names.end()) {
      inputs.emplace_back(i, static_cast<std::size_t>(found - names.begin()));
    } else {
      watched.graph.outputs.push_back(values[i]);
      places.push_back(i);
    }
  }
  auto run = TRY(ModelRun::create(watched, options.dims));
  samples.rewind();
  const std::size_t count = most == 0 ? samples.count() : std::min(most, samples.count());
  std::vector<Tensor> sample;
  for (std::size_t done = 0; done < count; ++done) {
    if (!TRY(samples.next(sample))) return done;
    for (const auto& [place, input] : inputs) TRY(see(place, sample[input]));
    if (!places.empty()) {
      const std::span<const Tensor> outputs = TRY(run.run(sample));
      for (std::size_t i = 0; i < places.size(); ++i) TRY(see(places[i], outputs[i]));
    }
    if (progress) progress(what, static_cast<double>(done + 1) / static_cast<double>(count));
  }
  return count;
}

Result<std::map<std::string, Range>> find_ranges(const Model& model,
                                                 const std::vector<ValueId>& values,
                                                 samples::Samples& samples, const Options& options,
                                                 const Progress& progress) {
  std::vector<Histogram> seen(values.size(), Histogram(options.method != Method::kMinMax));
  TRY(watch(model, values, samples, 0, options, progress, "calibrating",
            [&](std::size_t i, const Tensor& tensor) -> Status {
              if (tensor.dtype() != DType::kFloat32) return {};
              seen[i].add(tensor.data<float>());
              if (seen[i].not_finite() == 0) return {};
              return Error{Code::kInvalid,
                           str("value ", model.graph.value(values[i]).name,
                               " is NaN or infinite for a sample: leave out the sample, or the "
                               "node with --exclude")};
            }));
  std::map<std::string, Range> ranges;
  for (std::size_t i = 0; i < values.size(); ++i) {
    ranges[model.graph.value(values[i]).name] =
        choose_range(seen[i], options.method, options.percentile, 256, options.is_symmetric);
  }
  return ranges;
}

}  // namespace slipway::quantize
