#include "quantize/learn.h"

#include <algorithm>

#include "quantize/correct_bias.h"
#include "quantize/seen.h"
#include "quantize/watch.h"

namespace slipway::quantize {
namespace {

// Of values that the second walk over the samples need not compute again.
constexpr std::size_t kMostKeptBytes = std::size_t{4} << 20;

// Where each pair's value stands in placement.quantized.
std::vector<std::size_t> places_of(const Placement& placement, const std::vector<Pair>& pairs) {
  std::vector<std::size_t> places;
  for (const Pair& pair : pairs) {
    const auto found = std::ranges::find(placement.quantized, pair.between);
    places.push_back(static_cast<std::size_t>(found - placement.quantized.begin()));
  }
  return places;
}

}  // namespace

Result<Learned> learn(const Model& model, const Placement& placement,
                      const std::vector<Pair>& pairs, samples::Samples& samples,
                      const Options& options, const Progress& progress) {
  const Graph& graph = model.graph;
  const std::vector<ValueId>& values = placement.quantized;
  auto watch = TRY(Watch::create(model, values, samples, options));
  if (options.corrects_bias) watch.keep(kMostKeptBytes);
  Seen seen(graph, values, options);
  const std::vector<std::size_t> places = places_of(placement, pairs);
  Learned learned;
  learned.samples = samples.count();

  const auto take_factors = [&](const std::vector<std::vector<float>>& reached) {
    learned.factors = find_factors(graph, placement, pairs, reached, options);
    for (std::size_t i = 0; i < pairs.size(); ++i)
      seen.scale(places[i], learned.factors.at(graph.value(pairs[i].between).name));
  };
  if (options.is_per_tensor) {
    take_factors({});
  } else {
    for (const std::size_t place : places) seen.expect_factors(place);
  }
  TRY(watch.walk(0, progress, "calibrating",
                 [&](std::size_t lane, std::size_t i, const Tensor& tensor) {
                   return seen.add(lane, i, tensor);
                 }));
  if (!options.is_per_tensor) {
    std::vector<std::vector<float>> reached;
    for (const std::size_t place : places) reached.push_back(seen.reached(place));
    take_factors(reached);
  }
  const auto wants_again = [&](std::size_t i) { return seen.wants_again(i); };
  if (std::ranges::any_of(places, wants_again)) {
    TRY(watch.walk(0, progress, "calibrating what was equalised",
                   [&](std::size_t lane, std::size_t i, const Tensor& tensor) {
                     return wants_again(i) ? seen.add(lane, i, tensor) : Status();
                   }));
  }
  const std::vector<Range> ranges = TRY(seen.ranges());
  for (std::size_t i = 0; i < values.size(); ++i)
    learned.ranges[graph.value(values[i]).name] = ranges[i];
  if (!options.corrects_bias) return learned;
  Model equalized = model.clone();
  TRY(apply_factors(equalized.graph, placement, pairs, learned.factors));
  learned.shifts = TRY(find_shifts(equalized.graph, placement, learned, watch, options, progress));
  return learned;
}

}  // namespace slipway::quantize
