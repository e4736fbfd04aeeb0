// The bits themselves. Each row is a hash of a function's outputs over a fixed sweep; a platform,
// compiler or change that gives any other bit fails here. A deliberate change of the contract
// raises its version in docs/numerics.md and rewrites the rows from what the failing test prints.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/numeric/dot.h"
#include "kernels/numeric/fixed.h"
#include "kernels/numeric/float_math.h"
#include "kernels/numeric/random.h"
#include "kernels/numeric/reduce.h"
#include "kernels/numeric/round.h"
#include "kernels/numeric/winograd.h"

namespace slipway::numeric {
namespace {

// FNV-1a over the bytes of each value, low byte first; every NaN counts as the same one.
class Hash {
 public:
  void add(float x) { add_bytes(x != x ? 0x7FC00000U : std::bit_cast<std::uint32_t>(x), 4); }
  void add(double x) {
    add_bytes(x != x ? 0x7FF8000000000000U : std::bit_cast<std::uint64_t>(x), 8);
  }
  std::uint64_t value() const { return state_; }

 private:
  void add_bytes(std::uint64_t bits, int count) {
    for (int i = 0; i < count; ++i) {
      state_ = (state_ ^ ((bits >> (8 * i)) & 0xFFU)) * 0x100000001B3U;
    }
  }
  std::uint64_t state_ = 0xCBF29CE484222325U;
};

struct Unary {
  std::string_view name;
  float (*narrow)(float);
  double (*wide)(double);
  std::uint64_t narrow_hash, wide_hash;
};

const Unary kUnary[] = {
    {"exp", exp, exp, 0x82B568397BE07ED4U, 0xE7A59AE1667127F0U},
    {"expm1", expm1, expm1, 0xB2357DA62F093F14U, 0xDC32B0A469233067U},
    {"log", log, log, 0xCA07B902C0B5D00EU, 0xD80CDFB52E39E3E9U},
    {"log1p", log1p, log1p, 0x9A0A2AAC1865D9AEU, 0x2EE5C6BEE3F8A5DFU},
    {"sqrt", sqrt, sqrt, 0x37FB58CE05C1EBD5U, 0xA2DCAE4C700F0D52U},
    {"tanh", tanh, tanh, 0xD3C6B51CC56CE3EDU, 0x1DD215FE70EAE621U},
    {"sigmoid", sigmoid, sigmoid, 0xF3E22DD897D4FF48U, 0xC4D787F51757D6AFU},
    {"softplus", softplus, softplus, 0x315DF7E113C3C2FAU, 0xE8AED8CCCEFED5CEU},
    {"erf", erf, erf, 0xA90BC77D19A81F0DU, 0x15F584AB4731F179U},
    {"sin", sin, sin, 0x8D05EBC766527849U, 0x9A6F70BCCCFE5229U},
    {"cos", cos, cos, 0xCDE8017214A56449U, 0x9C1E53E1E9FDBBE4U},
    {"tan", tan, tan, 0x48E9A0A58DF8394DU, 0xF6C60B009D1561C5U},
    {"asin", asin, asin, 0xE825CE9F1FF64879U, 0x42D33E603FB88DA5U},
    {"acos", acos, acos, 0x55F91DE3A583FB6EU, 0x3CCBF0E36DC39F4BU},
    {"atan", atan, atan, 0x425474ED74D5E3ADU, 0xD794398C339871B9U},
    {"sinh", sinh, sinh, 0x7756D679D8983649U, 0x0B1C173C47E3223DU},
    {"cosh", cosh, cosh, 0x8E780FF786D1E9B9U, 0x3405BA42F7134C20U},
    {"asinh", asinh, asinh, 0x0B6B55E59F3D0E99U, 0x6E04DB0C30C1F345U},
    {"acosh", acosh, acosh, 0xE0E0621BF9E56CCDU, 0x84066AB783741D2EU},
    {"atanh", atanh, atanh, 0x2145EEB0D6C38309U, 0xB7EB0A3960F793D1U},
    {"gelu", gelu, gelu, 0x7D80F1E33F0CFADBU, 0x68069970136D8216U},
    {"gelu_tanh", gelu_tanh, gelu_tanh, 0x91396D938997E829U, 0x6CB72B3637718A36U},
    {"round_half_even", round_half_even, round_half_even, 0xBAAD378737EDB681U, 0x4FEB666ED6392E69U},
};

// Floats of every magnitude, both signs.
std::uint64_t hash_of(float (*f)(float)) {
  Hash hash;
  for (std::uint32_t bits = 0; bits <= 0x7F900000U; bits += 65521) {
    hash.add(f(std::bit_cast<float>(bits)));
    hash.add(f(std::bit_cast<float>(bits | 0x80000000U)));
  }
  return hash.value();
}

// Doubles of every magnitude, then evenly through [-20, 20].
std::uint64_t hash_of(double (*f)(double)) {
  Hash hash;
  for (std::uint64_t i = 0; i <= 20000; ++i) {
    const std::uint64_t bits = i * 0x0001A3B7C5D9E1F3U;
    hash.add(f(std::bit_cast<double>(bits)));
    hash.add(f(std::bit_cast<double>(bits | 0x8000000000000000U)));
    hash.add(f((static_cast<double>(i) - 10000) * 0x1.062p-9));
  }
  return hash.value();
}

TEST(Golden, ElementaryFunctions) {
  for (const Unary& row : kUnary) {
    EXPECT_EQ(hash_of(row.narrow), row.narrow_hash) << row.name << " of float";
    EXPECT_EQ(hash_of(row.wide), row.wide_hash) << row.name << " of double";
  }
}

TEST(Golden, Pow) {
  Hash narrow;
  Hash wide;
  for (int i = -60; i <= 60; ++i) {
    for (int j = -60; j <= 60; ++j) {
      narrow.add(pow(static_cast<float>(i) * 0.37F, static_cast<float>(j) * 0.5F));
      wide.add(pow(static_cast<double>(i) * 0.37, static_cast<double>(j) * 0.5));
      wide.add(pow(1 + static_cast<double>(i) * 0x1p-30, static_cast<double>(j) * 0x1p33));
    }
  }
  EXPECT_EQ(narrow.value(), 0xB4172CE448BBC895U);
  EXPECT_EQ(wide.value(), 0x09A603F54173DDA0U);
}

template <typename T>
std::vector<T> noise(std::size_t count, std::uint64_t seed) {
  const Random random(seed);
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<T>(random.uniform_double(i) * 4 - 2);
  return values;
}

template <typename T>
std::uint64_t products_hash() {
  Hash hash;
  for (const std::array<std::size_t, 3> shape : {std::array<std::size_t, 3>{3, 1, 300},
                                                 {5, 12, 100},
                                                 {2, 20, 257},
                                                 {3, 48, 129},
                                                 {9, 65, 70},
                                                 {3, 200, 96}}) {
    const auto [m, n, k] = shape;
    const auto a = noise<T>(m * k, 1);
    const auto b = noise<T>(k * n, 2);
    std::vector<T> c(m * n);
    gemm(m, n, k, Matrix<const T>{a.data(), static_cast<std::ptrdiff_t>(k), 1},
         Matrix<const T>{b.data(), static_cast<std::ptrdiff_t>(n), 1},
         Matrix<T>{c.data(), static_cast<std::ptrdiff_t>(n), 1});
    for (const T v : c) hash.add(v);
  }
  return hash.value();
}

TEST(Golden, Products) {
  EXPECT_EQ(products_hash<float>(), 0xB03191DD69A2C933U);
  EXPECT_EQ(products_hash<double>(), 0xE6616C1FB5D4C522U);
}

TEST(Golden, FixedPointProducts) {
  Hash hash;
  for (const std::size_t k : {1, 25, 64, 300, 1024, 2500}) {
    for (const int least_exponent : {kLeastInputExponent, kLeastStateExponent}) {
      const auto x = noise<float>(k, k);
      const auto w = noise<float>(k, k + 1);
      std::vector<std::int16_t> q(k);
      std::vector<std::int8_t> weights(k);
      for (std::size_t i = 0; i < k; ++i)
        weights[i] = static_cast<std::int8_t>(round_half_even(w[i] * 63));
      for (const float size : {1.0F, 0.01F, 300.0F}) {
        std::vector<float> sized = x;
        for (float& v : sized) v *= size;
        const FixedScale scale = fixed_scale(sized.data(), k, least_exponent);
        to_fixed(sized.data(), k, scale, q.data());
        hash.add(fixed_dot(q.data(), weights.data(), k) * scale.unit);
      }
    }
  }
  EXPECT_EQ(hash.value(), 0xA695DE53F1D1AB3U);
}

TEST(Golden, WinogradTiles) {
  Hash hash;
  const auto x = noise<float>(16, 7);
  const auto g = noise<float>(9, 8);
  float patch[16];
  float points[16];
  float filter[16];
  float outputs[4];
  std::copy_n(x.data(), 16, patch);
  winograd_input(patch, points);
  winograd_filter(g.data(), filter);
  for (std::size_t i = 0; i < 16; ++i) points[i] *= filter[i];
  winograd_output(points, outputs);
  for (const float point : filter) hash.add(point);
  for (const float point : points) hash.add(point);
  for (const float output : outputs) hash.add(output);
  EXPECT_EQ(hash.value(), 0x956A78643EF25CBFU);
}

template <typename T>
std::uint64_t rows_hash() {
  Hash hash;
  for (const std::size_t n : {1, 7, 16, 50, 197, 1000}) {
    const auto x = noise<T>(n, n);
    const auto scale = noise<T>(n, n + 1);
    const auto bias = noise<T>(n, n + 2);
    std::vector<T> y(n);
    const auto add_row = [&] {
      for (const T v : y) hash.add(v);
    };
    hash.add(sum(x.data(), n));
    hash.add(mean(x.data(), n));
    hash.add(max(x.data(), n));
    hash.add(min(x.data(), n));
    hash.add(sum_of_squares(x.data(), n));
    hash.add(log_sum_exp(x.data(), n));
    softmax_row(x.data(), y.data(), n);
    add_row();
    log_softmax_row(x.data(), y.data(), n);
    add_row();
    layer_norm_row(x.data(), y.data(), n, 1, T(1e-5), {scale.data(), bias.data(), 1});
    add_row();
    rms_norm_row(x.data(), y.data(), n, 1, T(1e-5), {scale.data(), nullptr, 1});
    add_row();
  }
  return hash.value();
}

TEST(Golden, Rows) {
  EXPECT_EQ(rows_hash<float>(), 0xE1054BAA1980E998U);
  EXPECT_EQ(rows_hash<double>(), 0xCC0B8DE2011209E0U);
}

TEST(Golden, Normals) {
  Hash hash;
  const Random random(7);
  for (std::uint64_t i = 0; i < 1000; ++i) hash.add(random.normal(i));
  EXPECT_EQ(hash.value(), 0x52FC0FC6795B92EFU);
}

}  // namespace
}  // namespace slipway::numeric
