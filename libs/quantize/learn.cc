#include "quantize/learn.h"

#include <algorithm>

#include "quantize/correct_bias.h"
#include "quantize/seen.h"
#include "quantize/watch.h"

namespace slipway::quantize {
namespace {

// Of values that the second walk over the samples need not compute again.
constexpr std::size_t kMostKeptBytes = std::size_t{4} << 20;

// Samples by which the factors of pairs are guessed, where there are many more of them.
constexpr std::size_t kGuessedFrom = 64;
constexpr std::size_t kWorthGuessing = 4 * kGuessedFrom;

// Ranges of all values and factors of those between pairs, in as few walks as it takes.
class Ranges {
 public:
  Ranges(const Graph& graph, const Placement& placement, const std::vector<Pair>& pairs,
         const Options& options)
      : graph_(graph),
        placement_(placement),
        pairs_(pairs),
        options_(options),
        seen_(graph, placement.quantized, options) {
    for (const Pair& pair : pairs) {
      const auto found = std::ranges::find(placement.quantized, pair.between);
      places_.push_back(static_cast<std::size_t>(found - placement.quantized.begin()));
    }
  }

  // Without samples where weights alone decide, by what channels reach on a few, or later.
  Status expect_factors(Watch& watch, const Progress& progress) {
    if (options_.is_per_tensor) {
      take_factors();
      return {};
    }
    for (const std::size_t place : places_) seen_.expect_factors(place);
    if (pairs_.empty() || options_.method == Method::kMinMax || watch.samples() < kWorthGuessing)
      return {};
    TRY(watch.walk(kGuessedFrom, progress, "looking ahead",
                   see_where([&](std::size_t i) { return seen_.expects_factors(i); })));
    const std::vector<std::vector<float>> guessed = factors();
    for (std::size_t i = 0; i < pairs_.size(); ++i) seen_.guess(places_[i], guessed[i]);
    return {};
  }

  Status find(Watch& watch, const Progress& progress) {
    TRY(watch.walk(0, progress, "calibrating", see_where([](std::size_t) { return true; })));
    if (!options_.is_per_tensor) take_factors();
    const auto wants_again = [&](std::size_t i) { return seen_.wants_again(i); };
    if (std::ranges::none_of(places_, wants_again)) return {};
    TRY(watch.walk(0, progress, "calibrating what was equalised", see_where(wants_again)));
    return {};
  }

  Status tell(Learned& learned) const {
    for (std::size_t i = 0; i < pairs_.size(); ++i)
      learned.factors[graph_.value(pairs_[i].between).name] = seen_.factors(places_[i]);
    const std::vector<Range> ranges = TRY(seen_.ranges());
    for (std::size_t i = 0; i < ranges.size(); ++i)
      learned.ranges[graph_.value(placement_.quantized[i]).name] = ranges[i];
    return {};
  }

 private:
  template <typename Where>
  Watch::See see_where(Where is_wanted) {
    return [this, is_wanted](std::size_t lane, std::size_t i, const Tensor& tensor) {
      return is_wanted(i) ? seen_.add(lane, i, tensor) : Status();
    };
  }

  // Of each pair, by what was seen so far.
  std::vector<std::vector<float>> factors() const {
    std::vector<std::vector<float>> reached;
    for (const std::size_t place : places_) {
      if (!options_.is_per_tensor) reached.push_back(seen_.reached(place));
    }
    const auto by_name = find_factors(graph_, placement_, pairs_, reached, options_);
    std::vector<std::vector<float>> found;
    for (const Pair& pair : pairs_) found.push_back(by_name.at(graph_.value(pair.between).name));
    return found;
  }

  void take_factors() {
    const std::vector<std::vector<float>> found = factors();
    for (std::size_t i = 0; i < pairs_.size(); ++i) seen_.scale(places_[i], found[i]);
  }

  const Graph& graph_;
  const Placement& placement_;
  const std::vector<Pair>& pairs_;
  const Options& options_;
  Seen seen_;
  std::vector<std::size_t> places_;  // of each pair's value, in placement.quantized
};

}  // namespace

Result<Learned> learn(const Model& model, const Placement& placement,
                      const std::vector<Pair>& pairs, samples::Samples& samples,
                      const Options& options, const Progress& progress) {
  auto watch = TRY(Watch::create(model, placement.quantized, samples, options));
  if (options.corrects_bias) watch.keep(kMostKeptBytes);
  Ranges ranges(model.graph, placement, pairs, options);
  TRY(ranges.expect_factors(watch, progress));
  TRY(ranges.find(watch, progress));
  Learned learned;
  learned.samples = samples.count();
  TRY(ranges.tell(learned));
  if (!options.corrects_bias) return learned;
  Model equalized = model.clone();
  TRY(apply_factors(equalized.graph, placement, pairs, learned.factors));
  learned.shifts = TRY(find_shifts(equalized.graph, placement, learned, watch, options, progress));
  return learned;
}

}  // namespace slipway::quantize
