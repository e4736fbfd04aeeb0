// A model file of any bytes through every check and through type inference: problems, never a
// crash.
#include <cstddef>
#include <cstdint>

#include "graph/inline_functions.h"
#include "onnx/reader.h"
#include "ops/check.h"
#include "ops/infer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  using namespace slipway;
  Result<Model> model = read_model_bytes(std::as_bytes(std::span(data, size_bytes)), nullptr, {});
  if (!model.ok()) return 0;
  Problems problems;
  check_model(*model, problems);
  if (inline_functions(*model).ok()) infer_types(*model, problems);
  return 0;
}
