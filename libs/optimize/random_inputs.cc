#include "optimize/random_inputs.h"

#include "base/str.h"
#include "tensor/convert.h"

namespace slipway::optimize {
namespace {

constexpr std::size_t kMostElements = std::size_t{1} << 26;

// splitmix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t state_;
};

Result<Value> random_tensor(Random& random, DType dtype, const Shape& shape) {
  if (dtype == DType::kString) {
    Tensor texts = TRY(Tensor::create(dtype, shape));
    for (std::string& text : texts.mutable_data<std::string>())
      text = std::string(1, static_cast<char>('a' + random.next() % 4));
    return Value(std::move(texts));
  }
  Tensor numbers = TRY(Tensor::create(DType::kFloat64, shape));
  const bool is_real = is_float(dtype);
  for (double& x : numbers.mutable_data<double>()) {
    const std::uint64_t bits = random.next();
    x = is_real ? static_cast<double>(bits >> 11U) * 0x1p-51 - 2.0
                : static_cast<double>(bits >> (dtype == DType::kBool ? 63U : 62U));
  }
  return Value(TRY(cast(numbers, dtype)));
}

}  // namespace

Result<std::vector<NamedValue>> random_inputs(const Graph& graph, std::uint64_t seed,
                                              std::int64_t extent) {
  Random random(seed);
  std::vector<NamedValue> inputs;
  std::size_t elements = 0;
  for (const ValueId id : graph.inputs) {
    const ValueDef& input = graph.value(id);
    if (graph.initializer(id) != nullptr) continue;
    if (!input.type.is_tensor() || !input.type.dims || input.type.dtype == DType::kUndefined) {
      return Error{Code::kUnsupported, str("there is no random data for input ", input.name, ", ",
                                           to_text(input.type))};
    }
    Shape shape;
    for (const Dim& dim : *input.type.dims) shape.push_back(dim.is_known() ? dim.extent() : extent);
    elements += TRY(element_count(shape));
    if (elements > kMostElements)
      return Error{Code::kTooLarge, "the inputs have more than 67 million elements"};
    Value values = TRY(random_tensor(random, input.type.dtype, shape));
    inputs.push_back({input.name, std::move(values)});
  }
  return inputs;
}

}  // namespace slipway::optimize
