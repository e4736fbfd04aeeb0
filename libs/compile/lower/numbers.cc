#include "compile/lower/numbers.h"

#include "tensor/convert.h"

namespace slipway::compile {
namespace {

template <typename T>
std::optional<std::vector<T>> elements_of(const Tensor& tensor, DType dtype) {
  const Result<Tensor> direct = tensor.direct();
  if (!direct.ok()) return std::nullopt;
  const Result<Tensor> converted = cast(*direct, dtype);
  if (!converted.ok()) return std::nullopt;
  const auto data = converted->data<T>();
  return std::vector<T>(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(tensor.size()));
}

}  // namespace

std::optional<std::vector<std::int64_t>> ints_of(const Lowering& lowering, ValueId id) {
  const Tensor* const tensor = lowering.constant(id);
  if (tensor == nullptr || !is_integer(tensor->dtype())) return std::nullopt;
  return elements_of<std::int64_t>(*tensor, DType::kInt64);
}

std::optional<std::vector<float>> floats_of(const Lowering& lowering, ValueId id) {
  const Tensor* const tensor = lowering.constant(id);
  if (tensor == nullptr || !is_float(tensor->dtype())) return std::nullopt;
  return elements_of<float>(*tensor, DType::kFloat32);
}

}  // namespace slipway::compile
