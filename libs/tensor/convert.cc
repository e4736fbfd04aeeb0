#include "tensor/convert.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "base/str.h"

namespace slipway {
namespace {

// Elements are widened without loss to one of three types, then narrowed with one rounding.
enum class Wide : std::uint8_t { kDouble, kSigned, kUnsigned, kNone };

Wide wide_of(DType dtype) {
  switch (info(dtype).kind) {
    case DTypeKind::kFloat:
      return Wide::kDouble;
    case DTypeKind::kSigned:
      return Wide::kSigned;
    case DTypeKind::kUnsigned:
    case DTypeKind::kBool:
      return Wide::kUnsigned;
    default:
      return Wide::kNone;
  }
}

template <typename From, typename To, typename F>
void map(const Tensor& from, std::vector<To>& to, F f) {
  const auto data = from.data<From>();
  for (std::size_t i = 0; i < data.size(); ++i) to[i] = f(data[i]);
}

std::vector<double> widen_floats(const Tensor& t) {
  std::vector<double> out(t.size());
  using U8 = std::uint8_t;
  using U16 = std::uint16_t;
  switch (t.dtype()) {
    case DType::kFloat32:
      map<float>(t, out, [](float x) { return x; });
      break;
    case DType::kFloat64:
      map<double>(t, out, [](double x) { return x; });
      break;
    case DType::kFloat16:
      map<U16>(t, out, float_from_half_bits);
      break;
    case DType::kBfloat16:
      map<U16>(t, out, float_from_bfloat16_bits);
      break;
    case DType::kFloat8e4m3fn:
      map<U8>(t, out, float_from_e4m3fn_bits);
      break;
    case DType::kFloat8e4m3fnuz:
      map<U8>(t, out, float_from_e4m3fnuz_bits);
      break;
    case DType::kFloat8e5m2:
      map<U8>(t, out, float_from_e5m2_bits);
      break;
    case DType::kFloat8e5m2fnuz:
      map<U8>(t, out, float_from_e5m2fnuz_bits);
      break;
    case DType::kFloat8e8m0:
      map<U8>(t, out, float_from_e8m0_bits);
      break;
    case DType::kFloat4e2m1:
      map<U8>(t, out, float_from_e2m1_bits);
      break;
    default:
      break;
  }
  return out;
}

template <typename To>
std::vector<To> widen_integers(const Tensor& t) {
  std::vector<To> out(t.size());
  const auto convert = []<typename From>(From x) { return static_cast<To>(x); };
  switch (t.dtype()) {
    case DType::kInt8:
    case DType::kInt4:
    case DType::kInt2:
      map<std::int8_t>(t, out, convert);
      break;
    case DType::kUint8:
    case DType::kUint4:
    case DType::kUint2:
      map<std::uint8_t>(t, out, convert);
      break;
    case DType::kInt16:
      map<std::int16_t>(t, out, convert);
      break;
    case DType::kInt32:
      map<std::int32_t>(t, out, convert);
      break;
    case DType::kInt64:
      map<std::int64_t>(t, out, convert);
      break;
    case DType::kUint16:
      map<std::uint16_t>(t, out, convert);
      break;
    case DType::kUint32:
      map<std::uint32_t>(t, out, convert);
      break;
    case DType::kUint64:
      map<std::uint64_t>(t, out, convert);
      break;
    case DType::kBool:
      map<bool>(t, out, convert);
      break;
    default:
      break;
  }
  return out;
}

template <typename To, typename From>
To narrow_integer(From value) {
  if constexpr (std::is_same_v<From, double>) {
    if (std::isnan(value)) return 0;
    // 2^digits is exact as a double; the largest integer itself may not be.
    const double limit = std::ldexp(1.0, std::numeric_limits<To>::digits);
    if (value >= limit) return std::numeric_limits<To>::max();
    if (value < static_cast<double>(std::numeric_limits<To>::min())) {
      return std::numeric_limits<To>::min();
    }
  }
  return static_cast<To>(value);
}

template <typename To, typename From, typename F>
void fill(Tensor& to, const std::vector<From>& from, F f) {
  const std::span<To> out = to.mutable_data<To>();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = f(from[i]);
}

// Keeps the low `bits` of an integer, sign-extended when To is signed.
template <typename To, typename From>
void fill_sub_byte(Tensor& to, const std::vector<From>& from, unsigned bits) {
  fill<To>(to, from, [bits](From x) {
    auto code = static_cast<unsigned>(narrow_integer<std::int64_t>(x)) & ((1U << bits) - 1);
    if (std::is_signed_v<To> && (code >> (bits - 1)) != 0) code |= ~0U << bits;
    return static_cast<To>(code);
  });
}

E8m0Rounding e8m0_rounding(CastOptions::Round round) {
  switch (round) {
    case CastOptions::Round::kDown:
      return E8m0Rounding::kDown;
    case CastOptions::Round::kNearest:
      return E8m0Rounding::kNearest;
    default:
      return E8m0Rounding::kUp;
  }
}

template <typename From>
bool narrow(Tensor& to, const std::vector<From>& from, const CastOptions& options) {
  const bool saturate = options.saturate;
  const auto d = [](From x) { return static_cast<double>(x); };
  using U8 = std::uint8_t;
  using U16 = std::uint16_t;
  switch (to.dtype()) {
    case DType::kFloat32:
      fill<float>(to, from, [](From x) { return static_cast<float>(x); });
      break;
    case DType::kFloat64:
      fill<double>(to, from, d);
      break;
    case DType::kFloat16:
      fill<U16>(to, from, [&](From x) { return half_bits_from_double(d(x)); });
      break;
    case DType::kBfloat16:
      fill<U16>(to, from, [&](From x) { return bfloat16_bits_from_double(d(x)); });
      break;
    case DType::kFloat8e4m3fn:
      fill<U8>(to, from, [&](From x) { return e4m3fn_bits_from_double(d(x), saturate); });
      break;
    case DType::kFloat8e4m3fnuz:
      fill<U8>(to, from, [&](From x) { return e4m3fnuz_bits_from_double(d(x), saturate); });
      break;
    case DType::kFloat8e5m2:
      fill<U8>(to, from, [&](From x) { return e5m2_bits_from_double(d(x), saturate); });
      break;
    case DType::kFloat8e5m2fnuz:
      fill<U8>(to, from, [&](From x) { return e5m2fnuz_bits_from_double(d(x), saturate); });
      break;
    case DType::kFloat8e8m0:
      fill<U8>(to, from, [&](From x) {
        return e8m0_bits_from_double(d(x), saturate, e8m0_rounding(options.e8m0_round));
      });
      break;
    case DType::kFloat4e2m1:
      fill<U8>(to, from, [&](From x) { return e2m1_bits_from_double(d(x)); });
      break;
    case DType::kBool:
      fill<bool>(to, from, [](From x) { return x != From{0}; });
      break;
    case DType::kInt4:
      fill_sub_byte<std::int8_t>(to, from, 4);
      break;
    case DType::kUint4:
      fill_sub_byte<std::uint8_t>(to, from, 4);
      break;
    case DType::kInt2:
      fill_sub_byte<std::int8_t>(to, from, 2);
      break;
    case DType::kUint2:
      fill_sub_byte<std::uint8_t>(to, from, 2);
      break;
    default:
      return visit_integer(to.dtype(),
                           [&]<typename To>() { fill<To>(to, from, narrow_integer<To, From>); });
  }
  return true;
}

}  // namespace

Result<Tensor> cast(const Tensor& tensor, DType to, const CastOptions& options) {
  if (tensor.dtype() == to) return tensor.direct();
  Tensor out = TRY(Tensor::create(to, tensor.shape()));
  const Tensor from = TRY(tensor.direct());
  bool done = false;
  switch (wide_of(from.dtype())) {
    case Wide::kDouble:
      done = narrow(out, widen_floats(from), options);
      break;
    case Wide::kSigned:
      done = narrow(out, widen_integers<std::int64_t>(from), options);
      break;
    case Wide::kUnsigned:
      done = narrow(out, widen_integers<std::uint64_t>(from), options);
      break;
    case Wide::kNone:
      break;
  }
  if (!done) {
    return Error{Code::kUnsupported,
                 str("no conversion from ", name(from.dtype()), " to ", name(to))};
  }
  return out;
}

}  // namespace slipway
