#include "tensor/convert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#include "base/str.h"
#include "tensor/convert_text.h"

namespace slipway {
namespace {

// Elements pass, some hundred at a time, through the one of three wide types that holds them all
// exactly; narrowing rounds once.
constexpr std::size_t kChunk = 512;

template <typename From, typename Wide, typename F>
void widen_with(const Tensor& from, std::size_t begin, std::span<Wide> out, F f) {
  const From* in = from.data<From>().data() + begin;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = f(in[i]);
}

void widen(const Tensor& t, std::size_t at, std::span<double> out) {
  using U8 = std::uint8_t;
  using U16 = std::uint16_t;
  switch (t.dtype()) {
    case DType::kFloat32:
      return widen_with<float>(t, at, out, [](float x) { return x; });
    case DType::kFloat64:
      return widen_with<double>(t, at, out, [](double x) { return x; });
    case DType::kFloat16:
      return widen_with<U16>(t, at, out, float_from_half_bits);
    case DType::kBfloat16:
      return widen_with<U16>(t, at, out, float_from_bfloat16_bits);
    case DType::kFloat8e4m3fn:
      return widen_with<U8>(t, at, out, float_from_e4m3fn_bits);
    case DType::kFloat8e4m3fnuz:
      return widen_with<U8>(t, at, out, float_from_e4m3fnuz_bits);
    case DType::kFloat8e5m2:
      return widen_with<U8>(t, at, out, float_from_e5m2_bits);
    case DType::kFloat8e5m2fnuz:
      return widen_with<U8>(t, at, out, float_from_e5m2fnuz_bits);
    case DType::kFloat8e8m0:
      return widen_with<U8>(t, at, out, float_from_e8m0_bits);
    case DType::kFloat4e2m1:
      return widen_with<U8>(t, at, out, float_from_e2m1_bits);
    case DType::kFloat6e2m3:
      return widen_with<U8>(t, at, out, float_from_e2m3_bits);
    case DType::kFloat6e3m2:
      return widen_with<U8>(t, at, out, float_from_e3m2_bits);
    default:
      return;
  }
}

void widen(const Tensor& t, std::size_t at, std::span<std::int64_t> out) {
  const auto same = [](auto x) { return static_cast<std::int64_t>(x); };
  switch (t.dtype()) {
    case DType::kInt8:
    case DType::kInt4:
    case DType::kInt2:
      return widen_with<std::int8_t>(t, at, out, same);
    case DType::kInt16:
      return widen_with<std::int16_t>(t, at, out, same);
    case DType::kInt32:
      return widen_with<std::int32_t>(t, at, out, same);
    case DType::kInt64:
      return widen_with<std::int64_t>(t, at, out, same);
    default:
      return;
  }
}

void widen(const Tensor& t, std::size_t at, std::span<std::uint64_t> out) {
  const auto same = [](auto x) { return static_cast<std::uint64_t>(x); };
  switch (t.dtype()) {
    case DType::kBool:
      return widen_with<bool>(t, at, out, same);
    case DType::kUint8:
    case DType::kUint4:
    case DType::kUint2:
      return widen_with<std::uint8_t>(t, at, out, same);
    case DType::kUint16:
      return widen_with<std::uint16_t>(t, at, out, same);
    case DType::kUint32:
      return widen_with<std::uint32_t>(t, at, out, same);
    case DType::kUint64:
      return widen_with<std::uint64_t>(t, at, out, same);
    default:
      return;
  }
}

// Toward zero, beyond the range of int64 its nearest end, NaN to 0; then the low bits. uint64 takes
// what only it can hold.
template <typename To, typename From>
To narrow_integer(From value) {
  if constexpr (std::is_same_v<From, double>) {
    constexpr double kLimit = 0x1p63;
    if (std::isnan(value)) return 0;
    if constexpr (std::is_same_v<To, std::uint64_t>) {
      if (value >= 2 * kLimit) return std::numeric_limits<To>::max();
      if (value >= kLimit) return static_cast<To>(value);
    }
    if (value >= kLimit) return static_cast<To>(std::numeric_limits<std::int64_t>::max());
    if (value < -kLimit) return static_cast<To>(std::numeric_limits<std::int64_t>::min());
    return static_cast<To>(static_cast<std::int64_t>(value));
  } else {
    return static_cast<To>(value);
  }
}

// The low `kBits` of a whole number, sign-extended when To is signed.
template <typename To, unsigned kBits, typename From>
To narrow_sub_byte(From value) {
  auto code = static_cast<unsigned>(narrow_integer<std::int64_t>(value)) & ((1U << kBits) - 1);
  if (std::is_signed_v<To> && (code >> (kBits - 1)) != 0) code |= ~0U << kBits;
  return static_cast<To>(code);
}

// A double that rounds to any format of at most 24 bits as the value itself does: what a double
// cannot hold of a large whole number goes into its last bit ("rounding to odd").
double to_odd(double value) { return value; }
double to_odd(std::uint64_t value) {
  constexpr std::uint64_t kLow = (1U << 11U) - 1;
  if (value >> 53U != 0 && (value & kLow) != 0) value = (value & ~kLow) | (kLow + 1);
  return static_cast<double>(value);
}
double to_odd(std::int64_t value) {
  if (value >= 0) return to_odd(static_cast<std::uint64_t>(value));
  return -to_odd(0 - static_cast<std::uint64_t>(value));
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

template <typename To, typename From, typename F>
bool narrow_with(std::span<const From> in, Tensor& to, std::size_t begin, F f) {
  To* out = to.mutable_data<To>().data() + begin;
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = f(in[i]);
  return true;
}

template <typename From>
bool narrow(std::span<const From> in, Tensor& to, std::size_t at, const CastOptions& options) {
  using U8 = std::uint8_t;
  using I8 = std::int8_t;
  const bool clamp = options.saturate;
  const E8m0Rounding e8m0 = e8m0_rounding(options.e8m0_round);
  const auto codes = [&](auto f) {
    return narrow_with<decltype(f(0.0))>(in, to, at, [f](From x) { return f(to_odd(x)); });
  };
  switch (to.dtype()) {
    case DType::kFloat32:
      return narrow_with<float>(in, to, at, [](From x) { return static_cast<float>(x); });
    case DType::kFloat64:
      return narrow_with<double>(in, to, at, [](From x) { return static_cast<double>(x); });
    case DType::kFloat16:
      return codes(half_bits_from_double);
    case DType::kBfloat16:
      return codes(bfloat16_bits_from_double);
    case DType::kFloat8e4m3fn:
      return codes([=](double x) { return e4m3fn_bits_from_double(x, clamp); });
    case DType::kFloat8e4m3fnuz:
      return codes([=](double x) { return e4m3fnuz_bits_from_double(x, clamp); });
    case DType::kFloat8e5m2:
      return codes([=](double x) { return e5m2_bits_from_double(x, clamp); });
    case DType::kFloat8e5m2fnuz:
      return codes([=](double x) { return e5m2fnuz_bits_from_double(x, clamp); });
    case DType::kFloat8e8m0:
      return codes([=](double x) { return e8m0_bits_from_double(x, clamp, e8m0); });
    case DType::kFloat4e2m1:
      return codes(e2m1_bits_from_double);
    case DType::kFloat6e2m3:
      return codes(e2m3_bits_from_double);
    case DType::kFloat6e3m2:
      return codes(e3m2_bits_from_double);
    case DType::kBool:
      return narrow_with<bool>(in, to, at, [](From x) { return x != From{0}; });
    case DType::kInt4:
      return narrow_with<I8>(in, to, at, narrow_sub_byte<I8, 4, From>);
    case DType::kUint4:
      return narrow_with<U8>(in, to, at, narrow_sub_byte<U8, 4, From>);
    case DType::kInt2:
      return narrow_with<I8>(in, to, at, narrow_sub_byte<I8, 2, From>);
    case DType::kUint2:
      return narrow_with<U8>(in, to, at, narrow_sub_byte<U8, 2, From>);
    default:
      return visit_integer(to.dtype(), [&]<typename To>() {
        narrow_with<To>(in, to, at, narrow_integer<To, From>);
      });
  }
}

template <typename Wide>
bool convert(const Tensor& from, Tensor& to, const CastOptions& options) {
  std::array<Wide, kChunk> buffer;
  bool known = true;
  for (std::size_t at = 0; known && at < from.size(); at += kChunk) {
    const std::span<Wide> chunk(buffer.data(), std::min(kChunk, from.size() - at));
    widen(from, at, chunk);
    known = narrow(std::span<const Wide>(chunk), to, at, options);
  }
  return known;
}

bool convert(const Tensor& from, Tensor& to, const CastOptions& options) {
  switch (info(from.dtype()).kind) {
    case DTypeKind::kFloat:
      return convert<double>(from, to, options);
    case DTypeKind::kSigned:
      return convert<std::int64_t>(from, to, options);
    case DTypeKind::kUnsigned:
    case DTypeKind::kBool:
      return convert<std::uint64_t>(from, to, options);
    default:
      return false;
  }
}

bool converts(DType dtype) {
  const DTypeKind kind = info(dtype).kind;
  return kind != DTypeKind::kComplex && kind != DTypeKind::kNone;
}

}  // namespace

Result<Tensor> cast(const Tensor& tensor, DType to, const CastOptions& options) {
  if (tensor.dtype() == to) return tensor.direct();
  if (!converts(tensor.dtype()) || !converts(to)) {
    return Error{Code::kUnsupported,
                 str("no conversion from ", name(tensor.dtype()), " to ", name(to))};
  }
  const Tensor from = TRY(tensor.direct());
  if (from.dtype() == DType::kString) return numbers_from_text(from, to, options);
  if (to == DType::kString) return text_from_numbers(from);
  Tensor out = TRY(Tensor::create(to, tensor.shape()));
  if (!convert(from, out, options)) {
    return Error{Code::kUnsupported,
                 str("no conversion from ", name(from.dtype()), " to ", name(to))};
  }
  return out;
}

}  // namespace slipway
