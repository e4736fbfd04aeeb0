#include "kernels/gemm/gemm.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "base/float_bits.h"
#include "kernels/numeric/dot.h"

namespace slipway {
namespace {

using Floats = std::vector<float>;

Floats random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  Floats x(count);
  for (float& v : x) v = static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-31F;
  return x;
}

// 64-byte aligned, ends where its bytes end.
struct Aligned {
  explicit Aligned(std::size_t bytes) : bytes_(bytes + 64) {}
  void* data() {
    const auto at = reinterpret_cast<std::uintptr_t>(bytes_.data());
    return bytes_.data() + (64 - at % 64) % 64;
  }
  float* floats() { return static_cast<float*>(data()); }
  std::vector<unsigned char> bytes_;
};

struct Shape {
  std::size_t m, n, k;
};

// Every chain count, every tail.
const Shape kShapes[] = {
    {1, 1, 0},    {3, 5, 0},      {1, 1, 1},      {1, 1, 16},     {1, 1, 63},     {1, 1, 64},
    {1, 1, 65},   {5, 1, 130},    {1, 12, 256},   {9, 12, 100},   {4, 15, 81},    {6, 7, 33},
    {2, 3, 17},   {1, 15, 15},    {1, 16, 31},    {1, 16, 32},    {7, 16, 45},    {1, 17, 16},
    {13, 31, 77}, {1, 31, 33},    {1, 32, 20},    {1, 48, 100},   {8, 33, 15},    {5, 63, 40},
    {1, 64, 64},  {2, 64, 9},     {1, 100, 37},   {25, 127, 50},  {1, 127, 8},    {1, 128, 1},
    {1, 129, 33}, {3, 128, 17},   {12, 160, 30},  {13, 144, 40},  {24, 150, 7},   {1, 256, 48},
    {1, 400, 65}, {4, 131, 1030}, {13, 20, 1100}, {2, 130, 2050}, {1, 140, 1025}, {40, 1, 10},
    {35, 3, 4},   {20, 2, 33},    {17, 4, 63},    {32, 1, 1},     {16, 3, 0},     {33, 8, 10},
    {16, 15, 32}, {18, 10, 3},
};

struct Storage {
  const char* name;
  WeightType type;
};
const Storage kStorages[] = {{"f32", WeightType::kF32},
                             {"f16", WeightType::kF16},
                             {"bf16", WeightType::kBf16},
                             {"int8", WeightType::kI8}};

// Weights as stored, [k][n], and what they widen to.
struct Weights {
  std::vector<unsigned char> stored;
  Floats wide;
};

Weights store_as(WeightType type, const Floats& x) {
  Weights weights;
  weights.stored.resize(x.size() * bytes_of(type));
  weights.wide = x;
  for (std::size_t i = 0; i < x.size(); ++i) {
    unsigned char* const to = weights.stored.data() + i * bytes_of(type);
    if (type == WeightType::kF32) {
      std::memcpy(to, &x[i], 4);
    } else if (type == WeightType::kI8) {
      const auto q = static_cast<std::int8_t>(std::lround(x[i] * 127));
      std::memcpy(to, &q, 1);
      weights.wide[i] = q;
    } else {
      const bool is_half = type == WeightType::kF16;
      const std::uint16_t bits =
          is_half ? half_bits_from_float(x[i]) : bfloat16_bits_from_float(x[i]);
      std::memcpy(to, &bits, 2);
      weights.wide[i] = is_half ? float_from_half_bits(bits) : float_from_bfloat16_bits(bits);
    }
  }
  return weights;
}

void expect_same(const Floats& got, const Floats& want, const std::string& what) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(got[i]) && std::isnan(want[i])) continue;
    ASSERT_EQ(std::bit_cast<std::uint32_t>(got[i]), std::bit_cast<std::uint32_t>(want[i]))
        << what << ": element " << i << " is " << got[i] << ", not " << want[i];
  }
}

std::string text(Isa isa, const char* name, const Shape& s) {
  return std::string(isa_name(isa)) + " " + name + " " + std::to_string(s.m) + "x" +
         std::to_string(s.n) + "x" + std::to_string(s.k);
}

TEST(Gemm, HasTheBitsOfDotForEveryStorageOnEveryInstructionSet) {
  for (const Shape& s : kShapes) {
    const std::size_t chains = numeric::chain_count(s.n, s.k);
    const Floats a = random_floats(s.m * s.k, 1);
    const Floats scale = random_floats(s.n, 3);
    for (const Storage& storage : kStorages) {
      const Weights weights = store_as(storage.type, random_floats(s.k * s.n, 2));
      const bool is_int8 = storage.type == WeightType::kI8;
      Floats want(s.m * s.n);
      for (std::size_t i = 0; i < want.size(); ++i) {
        const std::size_t j = i % s.n;
        want[i] = numeric::dot(a.data() + i / s.n * s.k, 1, weights.wide.data() + j,
                               static_cast<std::ptrdiff_t>(s.n), s.k, s.n);
        if (is_int8) want[i] *= scale[j];
      }
      Aligned packed(packed_bytes(storage.type, s.n, s.k, chains));
      for (const std::size_t abreast : {std::size_t{1}, kPanelsAbreast}) {
        pack_b(storage.type, weights.stored.data(), static_cast<std::ptrdiff_t>(s.n), 1, s.n, s.k,
               chains, packed.data(), abreast);
        const PackedB b = {packed.data(), storage.type, is_int8 ? scale.data() : nullptr, s.n, s.k,
                           chains,        abreast};
        Aligned scratch(gemm_scratch_floats(b) * 4);
        for (const Isa isa : isas_here()) {
          Floats c(s.m * s.n, NAN);
          gemm_kernels(isa).gemm({s.m, a.data(), s.k, b, c.data(), s.n, {}, scratch.floats()},
                                 whole(s.m, s.n));
          expect_same(c, want, text(isa, storage.name, s) + (abreast == 1 ? "" : ", abreast"));
        }
      }
    }
  }
}

TEST(Gemm, OfTwoActivationsHasTheBitsOfDot) {
  for (const Shape& s : kShapes) {
    const std::size_t chains = numeric::chain_count(s.n, s.k);
    const Floats a = random_floats(s.m * s.k, 4);
    const Floats b = random_floats(s.k * s.n, 5);
    for (const bool is_transposed : {false, true}) {
      const auto row = static_cast<std::ptrdiff_t>(is_transposed ? 1 : s.n);
      const auto column = static_cast<std::ptrdiff_t>(is_transposed ? s.k : 1);
      Floats want(s.m * s.n);
      for (std::size_t i = 0; i < want.size(); ++i) {
        want[i] =
            numeric::dot(a.data() + i / s.n * s.k, 1,
                         b.data() + static_cast<std::ptrdiff_t>(i % s.n) * column, row, s.k, s.n);
      }
      Aligned scratch(matmul_scratch_floats(s.n, s.k, chains) * 4);
      for (const Isa isa : isas_here()) {
        Floats c(s.m * s.n, NAN);
        gemm_kernels(isa).matmul({s.m,
                                  s.n,
                                  s.k,
                                  chains,
                                  a.data(),
                                  s.k,
                                  b.data(),
                                  row,
                                  column,
                                  c.data(),
                                  s.n,
                                  {},
                                  scratch.floats()},
                                 whole(s.m, s.n));
        expect_same(c, want, text(isa, is_transposed ? "transposed" : "in rows", s));
      }
    }
  }
}

TEST(Gemm, FollowedByAnEpilogueHasTheBitsOfItsSteps) {
  const Shape shapes[] = {{1, 12, 70}, {3, 40, 20}, {14, 150, 30}, {1, 150, 30}, {2, 20, 0}};
  const ActivationSpec activations[] = {{Activation::kNone},
                                        {Activation::kRelu},
                                        {Activation::kClip, -0.5F, 0.75F},
                                        {Activation::kLeakyRelu, 0.1F},
                                        {Activation::kTanh},
                                        {Activation::kGelu}};
  for (const Shape& s : shapes) {
    const std::size_t chains = numeric::chain_count(s.n, s.k);
    const Floats a = random_floats(s.m * s.k, 6);
    const Floats b = random_floats(s.k * s.n, 7);
    const Floats bias = random_floats(s.n, 8);
    const Floats addend = random_floats(s.m * s.n, 9);
    Aligned packed(packed_bytes(WeightType::kF32, s.n, s.k, chains));
    pack_b(WeightType::kF32, b.data(), static_cast<std::ptrdiff_t>(s.n), 1, s.n, s.k, chains,
           packed.data());
    for (const ActivationSpec& activation : activations) {
      for (unsigned present = 0; present < 4; ++present) {
        Epilogue epilogue;
        epilogue.activation = activation;
        if ((present & 1) != 0) epilogue.bias = bias.data();
        if ((present & 2) != 0) epilogue.addend = addend.data();
        epilogue.addend_stride = s.n;
        Floats want(s.m * s.n);
        for (std::size_t i = 0; i < want.size(); ++i) {
          float x = numeric::dot(a.data() + i / s.n * s.k, 1, b.data() + i % s.n,
                                 static_cast<std::ptrdiff_t>(s.n), s.k, s.n);
          if ((present & 1) != 0) x += bias[i % s.n];
          if ((present & 2) != 0) x += addend[i];
          want[i] = activate(x, activation);
        }
        const PackedB weights = {packed.data(), WeightType::kF32, nullptr, s.n, s.k, chains};
        for (const Isa isa : isas_here()) {
          Floats c(s.m * s.n, NAN);
          gemm_kernels(isa).gemm({s.m, a.data(), s.k, weights, c.data(), s.n, epilogue, nullptr},
                                 whole(s.m, s.n));
          expect_same(c, want, text(isa, "epilogue", s));
        }
      }
    }
  }
}

TEST(Gemm, OfPartsIsTheWhole) {
  const Shape s = {29, 150, 40};
  const std::size_t chains = numeric::chain_count(s.n, s.k);
  const std::size_t a_stride = s.k + 3;
  const std::size_t c_stride = s.n + 5;
  const Floats a = random_floats(s.m * a_stride, 10);
  const Floats b = random_floats(s.k * s.n, 11);
  Aligned packed(packed_bytes(WeightType::kF32, s.n, s.k, chains));
  const GemmPart parts[] = {{0, 7, 0, 3}, {7, 29, 0, 3}, {0, 28, 3, 10}, {28, 29, 3, 10}};
  Floats want(s.m * c_stride, 7.0F);  // between the rows nothing is written
  for (std::size_t i = 0; i < s.m; ++i) {
    for (std::size_t j = 0; j < s.n; ++j) {
      want[i * c_stride + j] = numeric::dot(a.data() + i * a_stride, 1, b.data() + j,
                                            static_cast<std::ptrdiff_t>(s.n), s.k, s.n);
    }
  }
  for (const std::size_t abreast : {std::size_t{1}, kPanelsAbreast}) {
    pack_b(WeightType::kF32, b.data(), static_cast<std::ptrdiff_t>(s.n), 1, s.n, s.k, chains,
           packed.data(), abreast);
    const PackedB weights = {packed.data(), WeightType::kF32, nullptr, s.n, s.k, chains, abreast};
    for (const Isa isa : isas_here()) {
      Floats c(s.m * c_stride, 7.0F);
      for (const GemmPart& part : parts) {
        gemm_kernels(isa).gemm({s.m, a.data(), a_stride, weights, c.data(), c_stride, {}, nullptr},
                               part);
      }
      expect_same(c, want, isa_name(isa));
    }
  }
}

// A sum may be -0 only through underflow; the padding must not make it +0.
TEST(Gemm, KeepsANegativeZero) {
  const std::size_t k = 65;
  Floats a(k, 0x1p-140F);
  const Floats b(k, -0x1p-140F);
  for (const Isa isa : isas_here()) {
    Aligned scratch(matmul_scratch_floats(1, k, 16) * 4);
    float c = 1;
    gemm_kernels(isa).matmul(
        {1, 1, k, 16, a.data(), k, b.data(), 1, 1, &c, 1, {}, scratch.floats()}, whole(1, 1));
    const float want = numeric::dot(a.data(), 1, b.data(), 1, k, 1);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(c), std::bit_cast<std::uint32_t>(want))
        << isa_name(isa) << " " << c << " " << want;
  }
}

}  // namespace
}  // namespace slipway
