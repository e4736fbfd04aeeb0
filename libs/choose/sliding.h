// Windows that slide: what each run of such a plan takes, and the proof that it answers as the
// whole window would be.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "compile/compile.h"
#include "engines/engine.h"
#include "recipe/recipe.h"
#include "tensor/tensor.h"

namespace slipway::choose {

// The windows that a recipe states.
std::vector<compile::Slide> slides_of(const recipe::Recipe& recipe);

// "telemetry=2", "telemetry=2:5": as --slide takes it.
std::string slide_text(const compile::Slide& slide);

// What a caller of such a plan has to know, a sentence: `whole` are the model's inputs.
std::string slides_text(const std::vector<compile::Slide>& slides,
                        std::span<const engines::Port> whole);

// Whole windows cut into what runs take.
class Pieces {
 public:
  // `whole`: the model's inputs. kInvalid where a slide names none of them, or no axis of it.
  static Result<Pieces> create(const std::vector<compile::Slide>& slides,
                               std::span<const engines::Port> whole);

  // How many runs bring a whole window.
  std::size_t runs() const { return runs_; }
  // What run `i` of those takes: the newest positions up to then. Inputs that do not slide stay as
  // they are. What lies before the window, where the step does not divide it, is zeros.
  Result<std::vector<Tensor>> of(const std::vector<Tensor>& sample, std::size_t i) const;

 private:
  struct Cut {
    std::size_t axis = 0;
    std::int64_t step = 0;  // 0: it does not slide
  };
  std::vector<Cut> cuts_;  // in the order of the inputs
  std::size_t runs_ = 1;
};

// Windows one after the other, until false.
using NextWindow = std::function<Result<bool>(std::vector<Tensor>& window)>;

// Slides from each window into the next, and runs `whole` on each. kInternal, naming the window and
// the output, where the answers to a window differ in a bit.
Status check_sliding(engines::Session& sliding, engines::Session& whole, const Pieces& pieces,
                     const NextWindow& next);

}  // namespace slipway::choose
