#include "quantize/watch.h"

#include <algorithm>

#include "base/str.h"
#include "passes/rewrite.h"
#include "quantize/seen.h"
#include "quantize/together.h"

namespace slipway::quantize {
namespace {

// Samples that are read before the lanes run: enough that starting a thread for them costs little.
constexpr std::size_t kMostInChunk = 128;
constexpr std::size_t kMostChunkBytes = std::size_t{1} << 20;

std::size_t bytes_of(std::span<const Tensor> tensors) {
  std::size_t bytes = 0;
  for (const Tensor& tensor : tensors) bytes += tensor.bytes().size();
  return bytes;
}

}  // namespace

Result<Watch> Watch::create(const Model& model, const std::vector<ValueId>& values,
                            samples::Samples& samples, const Options& options) {
  Model watched = model.clone();
  watched.graph.outputs.clear();
  std::vector<std::size_t> outputs;
  std::vector<std::pair<std::size_t, std::size_t>> inputs;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& names = samples.inputs();
    const auto found =
        std::ranges::find(names, model.graph.value(values[i]).name, &samples::Wanted::name);
    if (is_input(model.graph, values[i]) && found != names.end()) {
      inputs.emplace_back(i, static_cast<std::size_t>(found - names.begin()));
    } else {
      watched.graph.outputs.push_back(values[i]);
      outputs.push_back(i);
    }
  }
  Watch watch(samples, TRY(ModelRun::create(std::move(watched), options.dims)));
  watch.outputs_ = std::move(outputs);
  watch.inputs_ = std::move(inputs);
  return watch;
}

Status Watch::prepare(const std::vector<Tensor>& sample) {
  if (runs_.size() == kLanes) return {};
  TRY(runs_[0].prepare(sample));
  while (runs_.size() < kLanes) runs_.push_back(TRY(runs_[0].another()));
  return {};
}

Result<std::span<const Tensor>> Watch::answers(std::size_t lane,
                                               const std::vector<Tensor>& sample) {
  Kept& kept = kept_[lane];
  const std::size_t place = kept.next++;
  if (place < kept.answers.size()) return std::span<const Tensor>(kept.answers[place]);
  const std::span<const Tensor> fresh = TRY(runs_[lane].run(sample));
  const std::size_t bytes = bytes_of(fresh);
  if (place == kept.answers.size() && bytes <= most_kept_bytes_ - kept.bytes) {
    kept.answers.emplace_back(fresh.begin(), fresh.end());
    kept.bytes += bytes;
  }
  return fresh;
}

Status Watch::run_lane(std::size_t lane, std::span<const std::vector<Tensor>> chunk,
                       const See& see) {
  for (std::size_t s = lane; s < chunk.size(); s += kLanes) {
    for (const auto& [value, input] : inputs_) TRY(see(lane, value, chunk[s][input]));
    if (outputs_.empty()) continue;
    const std::span<const Tensor> values = TRY(answers(lane, chunk[s]));
    for (std::size_t i = 0; i < outputs_.size(); ++i) TRY(see(lane, outputs_[i], values[i]));
  }
  return {};
}

Result<std::size_t> Watch::walk(std::size_t most, const Progress& progress, std::string_view what,
                                const See& see) {
  samples_->rewind();
  for (Kept& kept : kept_) kept.next = 0;
  const std::size_t count = most == 0 ? samples_->count() : std::min(most, samples_->count());
  std::vector<std::vector<Tensor>> chunk;
  std::size_t done = 0;
  for (bool is_over = false; done < count && !is_over; done += chunk.size()) {
    chunk.clear();
    for (std::size_t bytes = 0; chunk.size() < std::min(kMostInChunk, count - done) &&
                                (bytes < kMostChunkBytes || chunk.size() % kLanes != 0);
         bytes += bytes_of(chunk.back())) {
      std::vector<Tensor> sample;
      is_over = !TRY(samples_->next(sample));
      if (is_over) break;
      chunk.push_back(std::move(sample));
    }
    if (chunk.empty()) break;
    TRY(prepare(chunk[0]));
    TRY(run_together([&] { return run_lane(0, chunk, see); },
                     [&] { return run_lane(1, chunk, see); }));
    if (progress)
      progress(what, static_cast<double>(done + chunk.size()) / static_cast<double>(count));
  }
  return done;
}

Result<std::map<std::string, Range>> find_ranges(const Model& model,
                                                 const std::vector<ValueId>& values,
                                                 samples::Samples& samples, const Options& options,
                                                 const Progress& progress) {
  auto watch = TRY(Watch::create(model, values, samples, options));
  Seen seen(model.graph, values, options);
  TRY(watch.walk(0, progress, "calibrating",
                 [&](std::size_t lane, std::size_t i, const Tensor& tensor) {
                   return seen.add(lane, i, tensor);
                 }));
  std::map<std::string, Range> ranges;
  const std::vector<Range> chosen = TRY(seen.ranges());
  for (std::size_t i = 0; i < values.size(); ++i)
    ranges[model.graph.value(values[i]).name] = chosen[i];
  return ranges;
}

}  // namespace slipway::quantize
