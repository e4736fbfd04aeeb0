#include "compare.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <functional>

#include "base/str.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

constexpr double kBfloat16Tolerance = 0x1p-6;

std::string position_text(const Shape& shape, std::size_t at) {
  if (shape.empty()) return "";
  std::vector<std::size_t> position(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const auto extent = static_cast<std::size_t>(shape[axis]);
    position[axis] = at % extent;
    at /= extent;
  }
  return str("[", join(position, ","), "]");
}

struct Mismatches {
  std::size_t first = 0;
  std::size_t count = 0;

  void add(std::size_t at) {
    if (count++ == 0) first = at;
  }
};

template <typename T>
std::string element_text(const T& element) {
  if constexpr (std::is_same_v<T, std::string>) {
    return str("\"", element.substr(0, 60), "\"");
  } else if constexpr (std::is_same_v<T, std::complex<double>>) {
    return str(element.real(), element.imag() < 0 ? "" : "+", element.imag(), "i");
  } else {
    return str(element);
  }
}

// The mismatches of two tensors of the same type and shape, told in one line.
template <typename T>
std::string compare_elements(const Tensor& got, const Tensor& want,
                             const std::function<bool(const T&, const T&)>& agree) {
  const auto a = got.data<T>();
  const auto b = want.data<T>();
  Mismatches wrong;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!agree(a[i], b[i])) wrong.add(i);
  }
  if (wrong.count == 0) return "";
  const T& g = a[wrong.first];
  const T& w = b[wrong.first];
  return str(position_text(want.shape(), wrong.first), ": got ", element_text(g), ", want ",
             element_text(w), " (", wrong.count, " of ", a.size(), " differ)");
}

template <typename T>
std::string compare_exactly(const Tensor& got, const Tensor& want) {
  return compare_elements<T>(got, want, [](const T& a, const T& b) { return a == b; });
}

bool near(double got, double want, double relative, double absolute) {
  if (std::isnan(got) || std::isnan(want)) return std::isnan(got) && std::isnan(want);
  if (std::isinf(got) || std::isinf(want)) return got == want;
  return std::abs(got - want) <= absolute + relative * std::abs(want);
}

std::string compare_floats(const Tensor& got, const Tensor& want, const Tolerance& tolerance) {
  const double relative = want.dtype() == DType::kBfloat16
                              ? std::max(tolerance.relative, kBfloat16Tolerance)
                              : tolerance.relative;
  const Result<Tensor> a = cast(got, DType::kFloat64);
  const Result<Tensor> b = cast(want, DType::kFloat64);
  if (!a.ok()) return str(": ", a.error().message);
  if (!b.ok()) return str(": ", b.error().message);
  return compare_elements<double>(*a, *b, [&](const double& g, const double& w) {
    return near(g, w, relative, tolerance.absolute);
  });
}

std::string compare_complex(const Tensor& got, const Tensor& want, const Tolerance& tolerance) {
  const auto agree = [&](const auto& g, const auto& w) {
    const std::complex<double> a(g), b(w);
    if (std::isfinite(a.real()) && std::isfinite(a.imag()) && std::isfinite(b.real()) &&
        std::isfinite(b.imag())) {
      return std::abs(a - b) <= tolerance.absolute + tolerance.relative * std::abs(b);
    }
    return near(a.real(), b.real(), tolerance.relative, tolerance.absolute) &&
           near(a.imag(), b.imag(), tolerance.relative, tolerance.absolute);
  };
  if (want.dtype() == DType::kComplex128)
    return compare_elements<std::complex<double>>(got, want, agree);
  const auto widened = [](const Tensor& tensor) {
    std::vector<std::complex<double>> values;
    for (const auto& z : tensor.data<std::complex<float>>()) values.emplace_back(z);
    return Tensor::of<std::complex<double>>(tensor.shape(), values);
  };
  return compare_elements<std::complex<double>>(widened(got), widened(want), agree);
}

std::string compare_integers(const Tensor& got, const Tensor& want) {
  const DType wide = want.dtype() == DType::kUint64 ? DType::kUint64 : DType::kInt64;
  const Result<Tensor> a = cast(got, wide);
  const Result<Tensor> b = cast(want, wide);
  if (!a.ok()) return str(": ", a.error().message);
  if (!b.ok()) return str(": ", b.error().message);
  return wide == DType::kUint64 ? compare_exactly<std::uint64_t>(*a, *b)
                                : compare_exactly<std::int64_t>(*a, *b);
}

std::string compare_tensors(const Tensor& got, const Tensor& want, const Tolerance& tolerance) {
  if (got.dtype() != want.dtype() || got.shape() != want.shape()) {
    return str(": got ", name(got.dtype()), shape_text(got.shape()), ", want ", name(want.dtype()),
               shape_text(want.shape()));
  }
  if (tolerance.type_and_shape_only) return "";
  const Result<Tensor> a = got.direct();
  const Result<Tensor> b = want.direct();
  if (!a.ok()) return str(": ", a.error().message);
  if (!b.ok()) return str(": ", b.error().message);
  switch (info(want.dtype()).kind) {
    case DTypeKind::kString:
      return compare_exactly<std::string>(*a, *b);
    case DTypeKind::kBool:
      return compare_exactly<bool>(*a, *b);
    case DTypeKind::kFloat:
      return compare_floats(*a, *b, tolerance);
    case DTypeKind::kComplex:
      return compare_complex(*a, *b, tolerance);
    case DTypeKind::kSigned:
    case DTypeKind::kUnsigned:
      return compare_integers(*a, *b);
    case DTypeKind::kNone:
      break;
  }
  return "";
}

std::string compare_items(const std::vector<Value>& got, const std::vector<Value>& want,
                          const Tolerance& tolerance) {
  if (got.size() != want.size()) return str(": got ", got.size(), " items, want ", want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::string found = difference(got[i], want[i], tolerance);
    if (!found.empty()) return str(" item ", i, found);
  }
  return "";
}

}  // namespace

std::string difference(const Value& got, const Value& want, const Tolerance& tolerance) {
  if (got.is_tensor() && want.is_tensor())
    return compare_tensors(got.tensor(), want.tensor(), tolerance);
  if (got.is_sequence() && want.is_sequence()) {
    return compare_items(got.sequence().items, want.sequence().items, tolerance);
  }
  if (got.is_optional() && want.is_optional()) {
    return compare_items(got.optional().held, want.optional().held, tolerance);
  }
  if (got.is_map() && want.is_map()) {
    const std::string keys = compare_tensors(got.map().keys, want.map().keys, tolerance);
    if (!keys.empty()) return str(" keys", keys);
    const std::string values = compare_tensors(got.map().values, want.map().values, tolerance);
    return values.empty() ? "" : str(" values", values);
  }
  if (got.is_absent() && want.is_absent()) return "";
  return str(": got ", describe(got), ", want ", describe(want));
}

}  // namespace slipway
