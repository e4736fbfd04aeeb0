// Any text: an error with its place, or a model that prints and parses back to the same text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graph/text.h"
#include "graph/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  using namespace slipway;
  const Result<Model> model = parse_model({reinterpret_cast<const char*>(data), size_bytes});
  if (!model.ok()) return 0;
  Problems problems;
  verify(*model, problems);
  const std::string text = print(*model);
  const Result<Model> back = parse_model(text);
  if (!back.ok() || print(*back) != text) std::abort();
  return 0;
}
