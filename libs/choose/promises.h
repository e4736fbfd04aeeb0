// Whether samples and answers are what the recipe says of inputs and outputs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "choose/workshop.h"
#include "recipe/recipe.h"
#include "report/report.h"
#include "tensor/tensor.h"

namespace slipway::choose {

// How far the answers of an output go, and how many leave the clamp.
class OutputWatch {
 public:
  OutputWatch(std::string name, const recipe::OutputPart* part);

  Status add(const Tensor& answer);  // of one sample
  const report::OutputRange& range() const { return range_; }

 private:
  report::OutputRange range_;
};

// Whether an input's samples look like (value - mean) / scale, as the model takes them, or like the
// values before that. For each position of the last axis, or for all values where there is but one
// mean and scale, the mean and the spread (standard deviation) of the samples are held against 0
// and 1 on the one side and the declared mean and scale on the other; the distance is that of the
// means, in units of the spread expected, and of the logarithms of the spreads. One that is
// clearly smaller tells what they are (report/checklist.cc). Positions that never change, and those
// whose declared mean and scale are nearly 0 and 1, say nothing.
class InputWatch {
 public:
  InputWatch(std::string name, const recipe::InputPart& part);

  Status add(const Tensor& sample);
  report::InputLook look() const;

 private:
  struct Sums {
    double count = 0;
    double mean = 0;
    double squares = 0;  // of differences from the mean
  };
  double mean_of(std::size_t position) const;
  double scale_of(std::size_t position) const;

  std::string name_;
  std::vector<double> mean_;
  std::vector<double> scale_;
  std::vector<Sums> sums_;
  std::uint64_t samples_ = 0;
};

// Every output of the chosen one, run on all samples where a clamp is stated; inputs with a mean or
// a scale. Without samples nothing is run, and what is declared is told.
Status check_promises(const recipe::Recipe& recipe, const Setup& chosen, Workshop& workshop,
                      report::Report& report);

}  // namespace slipway::choose
