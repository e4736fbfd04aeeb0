// A model file of any bytes: an error, or a model that keeps the rules and whose text form comes
// back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "graph/text.h"
#include "graph/verify.h"
#include "onnx/reader.h"
#include "onnx/writer.h"

namespace {

// Written and read again; only writing may fail.
slipway::Result<slipway::Model> rewritten(const slipway::Model& model) {
  const std::string bytes = TRY(slipway::model_bytes(model));
  slipway::Result<slipway::Model> back =
      slipway::read_model_bytes(std::as_bytes(std::span(bytes)), nullptr, {});
  if (!back.ok()) std::abort();
  return back;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  using namespace slipway;
  const auto bytes = std::as_bytes(std::span(data, size_bytes));
  Problems problems;
  (void)read_model_bytes(bytes, nullptr, {}, &problems);
  for (const Type& type : {Type{}, Type::sequence({}), Type::optional({}), Type::map({}, {})}) {
    (void)read_value_bytes(bytes, nullptr, type);
  }
  const Result<Model> model = read_model_bytes(bytes, nullptr, {});
  if (!model.ok()) return 0;
  Problems broken_rules;
  verify(*model, broken_rules);
  if (!broken_rules.empty()) std::abort();
  const std::string text = print(*model);
  const Result<Model> back = parse_model(text);
  if (!back.ok() || print(*back) != text) std::abort();
  // Writing settles names and the order of captures; from then on nothing may change.
  const Result<Model> settled = rewritten(*model);
  if (!settled.ok()) return 0;
  const Result<Model> again = rewritten(*settled);
  if (!again.ok() || print(*again) != print(*settled)) std::abort();
  return 0;
}
