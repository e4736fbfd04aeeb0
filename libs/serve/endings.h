// The last steps of a classifier as a plan can hold them. Where a model ends in text, a class's
// label say, a plan gives the label's place among all there are; where it ends in a list of dicts
// (ZipMap), the scores. Who hands the results on puts the labels back.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "graph/graph.h"

namespace slipway::serve {

struct Ending {
  enum class Kind : std::uint8_t {
    kPlain,  // the plan gives the output
    kText,   // it gives int64: each element's place among the labels
    kDicts,  // it gives float[rows, labels], or float[labels] of one row: the values of each dict
  };

  Kind kind = Kind::kPlain;
  // The labels: text, or integers as keys of dicts.
  std::variant<std::vector<std::string>, std::vector<std::int64_t>> labels;
};

// Takes such endings off a model whose types are inferred; one for each of its outputs, which keep
// their order. What is not understood stays as it is.
std::vector<Ending> take_endings(Model& model);

}  // namespace slipway::serve
