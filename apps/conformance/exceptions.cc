#include "exceptions.h"

#include <regex>

namespace slipway {
namespace {

constexpr Exception kSkipped[] = {
    {"/test_gradient_of_",
     "Gradient (ai.onnx.preview.training) differentiates a graph: Slipway runs trained models"},
    {"libonnx-testdata/data/node/test_adam_multiple$",
     "its expected values come from epsilon 0.01, which its model does not state (onnx 1.13 "
     "corrects it)"},
};

constexpr Exception kRandom[] = {
    {"/test_bernoulli", "random numbers without a defined generator: type and shape are compared"},
    {"/test_training_dropout(_default)?(_mask)?$",
     "random numbers without a defined generator: type and shape are compared"},
};

constexpr Exception kOpenShapes[] = {
    {"/test_castlike_(FLOAT_to_BFLOAT16|BFLOAT16_to_FLOAT)",
     "the model states another shape than its data has"},
};

constexpr Exception kNoisy[] = {
    {"/test_dft_inverse",
     "zeros of the expected transform hold a single precision's rounding noise"},
};

constexpr Exception kHalf[] = {
    {"/test_attention_4d_causal_fp16_expanded$",
     "expected values that were rounded to float16 at every step agree within two units of its "
     "last "
     "place"},
};

}  // namespace

std::span<const Exception> skipped_cases() { return kSkipped; }
std::span<const Exception> random_cases() { return kRandom; }
std::span<const Exception> open_shape_cases() { return kOpenShapes; }
std::span<const Exception> noisy_cases() { return kNoisy; }
std::span<const Exception> half_cases() { return kHalf; }

const Exception* find_exception(std::span<const Exception> table,
                                const std::filesystem::path& folder) {
  for (const Exception& row : table) {
    if (std::regex_search(folder.string(), std::regex(std::string(row.pattern)))) return &row;
  }
  return nullptr;
}

}  // namespace slipway
