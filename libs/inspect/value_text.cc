#include "inspect/value_text.h"

#include <algorithm>
#include <cmath>
#include <complex>

#include "base/str.h"
#include "cli/text.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

constexpr std::size_t kMostNested = 8;  // axes shown as brackets; more are shown flat

template <typename T>
std::string element_text(const T& element) {
  if constexpr (std::is_same_v<T, std::string>) {
    return str("\"", printable(element), "\"");
  } else if constexpr (std::is_same_v<T, std::complex<float>> ||
                       std::is_same_v<T, std::complex<double>>) {
    return str(element.real(), element.imag() < 0 ? "" : "+", element.imag(), "i");
  } else {
    return str(element);
  }
}

template <typename T>
std::vector<std::string> texts(const Tensor& tensor, std::size_t count) {
  std::vector<std::string> list;
  for (const T& element : tensor.data<T>().first(count)) list.push_back(element_text(element));
  return list;
}

std::vector<std::string> first_elements(const Tensor& tensor, std::size_t count) {
  switch (tensor.dtype()) {
    case DType::kString:
      return texts<std::string>(tensor, count);
    case DType::kBool:
      return texts<bool>(tensor, count);
    case DType::kFloat32:
      return texts<float>(tensor, count);
    case DType::kFloat64:
      return texts<double>(tensor, count);
    case DType::kUint64:
      return texts<std::uint64_t>(tensor, count);
    case DType::kInt64:
      return texts<std::int64_t>(tensor, count);
    case DType::kComplex64:
      return texts<std::complex<float>>(tensor, count);
    case DType::kComplex128:
      return texts<std::complex<double>>(tensor, count);
    default:
      break;
  }
  const Result<Tensor> wide =
      cast(tensor, is_float(tensor.dtype()) ? DType::kFloat32 : DType::kInt64);
  return wide.ok() ? first_elements(*wide, count) : std::vector<std::string>{};
}

// The elements of axis `axis` onwards, starting at element `at`.
void add_nested(std::string& out, const std::vector<std::string>& elements, const Shape& shape,
                std::size_t axis, std::size_t& at) {
  if (axis == shape.size()) {
    out += elements[at++];
    return;
  }
  out += '[';
  for (std::int64_t i = 0; i < shape[axis]; ++i) {
    if (i > 0) {
      const bool is_row = axis + 1 == shape.size();
      out += is_row ? std::string(", ") : str(",\n", std::string(axis + 1, ' '));
    }
    add_nested(out, elements, shape, axis + 1, at);
  }
  out += ']';
}

std::string range_text(const Tensor& tensor) {
  if (!is_float(tensor.dtype()) && !is_integer(tensor.dtype())) return "";
  const Result<Tensor> wide = cast(tensor, DType::kFloat64);
  if (!wide.ok()) return "";
  double least = INFINITY;
  double most = -INFINITY;
  std::size_t unordered = 0;
  for (const double element : wide->data<double>()) {
    if (std::isnan(element)) {
      ++unordered;
      continue;
    }
    least = std::min(least, element);
    most = std::max(most, element);
  }
  std::string nans = unordered == 0 ? "" : str(", ", unordered, " NaN");
  if (least > most) return nans;
  return str(", from ", static_cast<float>(least), " to ", static_cast<float>(most), nans);
}

std::string tensor_text(const Tensor& stored, std::size_t most_elements) {
  const Result<Tensor> tensor = stored.direct();
  if (!tensor.ok()) return tensor.error().message + "\n";
  if (tensor->size() <= most_elements && tensor->rank() <= kMostNested) {
    if (tensor->size() == 0) return "[]\n";
    std::string text;
    std::size_t at = 0;
    add_nested(text, first_elements(*tensor, tensor->size()), tensor->shape(), 0, at);
    return text + "\n";
  }
  const std::size_t shown = std::min(tensor->size(), most_elements);
  return str(join(first_elements(*tensor, shown)), shown < tensor->size() ? ", ..." : "", " (",
             tensor->size(), " elements", range_text(*tensor), ")\n");
}

std::string items_text(const std::vector<Value>& items, std::size_t most_elements) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i == most_elements) return str(text, "... (", items.size(), " items)\n");
    text += str(i, ": ", describe(items[i]), "\n", value_text(items[i], most_elements));
  }
  return text;
}

}  // namespace

std::string value_text(const Value& value, std::size_t most_elements) {
  if (value.is_tensor()) return tensor_text(value.tensor(), most_elements);
  if (value.is_sequence()) return items_text(value.sequence().items, most_elements);
  if (value.is_optional()) {
    return value.optional().held.empty() ? "empty\n"
                                         : value_text(value.optional().held[0], most_elements);
  }
  if (value.is_map()) {
    return str("keys ", tensor_text(value.map().keys, most_elements), "values ",
               tensor_text(value.map().values, most_elements));
  }
  return "absent\n";
}

}  // namespace slipway
