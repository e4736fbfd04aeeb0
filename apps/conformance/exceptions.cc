#include "exceptions.h"

#include <regex>

namespace slipway {
namespace {

constexpr Exception kSkipped[] = {
    {"^test_gradient_of_",
     "Gradient (ai.onnx.preview.training) differentiates a graph: Slipway runs trained models"},
    {"^test_image_decoder_decode_jpeg2k",
     "JPEG 2000 images are not decoded: BMP, JPEG, PNG, PNM, TIFF and WebP are"},
};

constexpr Exception kRandom[] = {
    {"^test_bernoulli", "random numbers without a defined generator: type and shape are compared"},
    {"^test_training_dropout(_default)?(_mask)?$",
     "random numbers without a defined generator: type and shape are compared"},
};

constexpr Exception kOpenShapes[] = {
    {"^test_castlike_(FLOAT_to_BFLOAT16|BFLOAT16_to_FLOAT)",
     "the model states another shape than its data has"},
};

constexpr Exception kNoisy[] = {
    {"^test_dft_inverse",
     "zeros of the expected transform hold a single precision's rounding noise"},
};

}  // namespace

std::span<const Exception> skipped_cases() { return kSkipped; }
std::span<const Exception> random_cases() { return kRandom; }
std::span<const Exception> open_shape_cases() { return kOpenShapes; }
std::span<const Exception> noisy_cases() { return kNoisy; }

const Exception* find_exception(std::span<const Exception> table, const std::string& name) {
  for (const Exception& row : table) {
    if (std::regex_search(name, std::regex(std::string(row.pattern)))) return &row;
  }
  return nullptr;
}

}  // namespace slipway
