// What the values of a graph were on samples, lane by lane, and the ranges that follow.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/histogram.h"
#include "quantize/options.h"
#include "quantize/range.h"
#include "tensor/tensor.h"

namespace slipway::quantize {

class Seen {
 public:
  // `values` outlive it.
  Seen(const Graph& graph, const std::vector<ValueId>& values, const Options& options);

  // Channels of value `i` (its axis 1) will get factors, powers of two, that the samples decide:
  // until scale() gives them, what counts is what each channel reaches. Where they can be guessed
  // from a few samples, all of these are added again after guess(), and scale() keeps the guess if
  // it adds at most half as much noise again.
  void expect_factors(std::size_t i);
  void guess(std::size_t i, const std::vector<float>& factors);
  void scale(std::size_t i, const std::vector<float>& factors);
  // Those of value `i`; empty: none.
  const std::vector<float>& factors(std::size_t i) const { return of_[i].factors; }
  // Whether it is one whose factors are neither known nor guessed.
  bool expects_factors(std::size_t i) const { return of_[i].state == State::kChannels; }
  // Whether more than the extremes of a value with factors is to be known: after scale() all
  // samples have to be added once more, of these values alone.
  bool wants_again(std::size_t i) const { return of_[i].state == State::kAgain; }

  // Of several lanes at once, one call at a time of each. NaN and infinity are errors.
  Status add(std::size_t lane, std::size_t i, const Tensor& tensor);

  // The greatest magnitude in each channel of a value whose factors are expected.
  std::vector<float> reached(std::size_t i) const;
  // Of each value, as the options choose it.
  Result<std::vector<Range>> ranges() const;

 private:
  enum class State : std::uint8_t { kWhole, kChannels, kGuessed, kAgain };
  struct alignas(128) Lane {  // lines of a cache of its own: lanes write at once
    Histogram histogram;
    std::vector<Extremes> channels;
    std::vector<Extremes> rows;  // of a tensor
    std::vector<float> scaled;   // a tensor with its factors
  };
  struct OfValue {
    State state = State::kWhole;
    std::vector<float> factors;
    std::vector<Lane> lanes;
  };

  void add_channels(Lane& to, const Tensor& tensor, std::size_t& finite) const;
  std::vector<Extremes> channels(std::size_t i) const;
  bool is_close(std::size_t i, const std::vector<float>& factors) const;
  void forget(std::size_t i);
  Range range(std::size_t i) const;

  const Graph* graph_;
  const std::vector<ValueId>* values_;
  const Options* options_;
  std::vector<OfValue> of_;
};

}  // namespace slipway::quantize
