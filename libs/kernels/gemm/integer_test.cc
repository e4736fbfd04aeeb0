#include "kernels/gemm/integer.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace slipway {
namespace {

struct Case {
  std::size_t rows, columns, depth;
  bool is_a_signed, is_b_signed, has_b_zeros;
  bool is_extreme = false;  // the numbers whose sums are the greatest
};

std::int32_t value_of(std::uint8_t byte, bool is_signed) {
  return is_signed ? static_cast<std::int8_t>(byte) : byte;
}

void expect_definition(const Case& c) {
  std::mt19937 random(static_cast<std::uint32_t>(c.rows * 31 + c.columns * 7 + c.depth));
  const auto bytes = [&](std::size_t count) {
    std::vector<std::uint8_t> all(count);
    for (std::uint8_t& x : all) x = static_cast<std::uint8_t>(c.is_extreme ? 0xFF : random());
    return all;
  };
  const std::vector<std::uint8_t> a = bytes(c.rows * c.depth);
  const std::vector<std::uint8_t> b = bytes(c.depth * c.columns);
  const std::uint8_t a_turned = c.is_a_signed ? kTurned : 0;
  const std::uint8_t b_turned = c.is_b_signed ? 0 : kTurned;
  const auto a_zero = static_cast<std::uint8_t>(random());
  const std::size_t whole = (c.columns + kIntegerBlock - 1) / kIntegerBlock * kIntegerBlock;
  // Without: the bytes that are zeros once they are turned.
  std::vector<std::uint8_t> b_zero(c.columns, b_turned);
  std::vector<std::int32_t> b_zeros(whole);
  for (std::size_t j = 0; j < c.columns && c.has_b_zeros; ++j) {
    b_zero[j] = static_cast<std::uint8_t>(random());
    b_zeros[j] = static_cast<std::int8_t>(b_zero[j] ^ b_turned);
  }
  std::vector<std::int32_t> want(c.rows * c.columns);
  for (std::size_t i = 0; i < c.rows; ++i) {
    for (std::size_t j = 0; j < c.columns; ++j) {
      std::int64_t sum = 0;
      for (std::size_t p = 0; p < c.depth; ++p) {
        sum += (value_of(a[i * c.depth + p], c.is_a_signed) - value_of(a_zero, c.is_a_signed)) *
               (value_of(b[p * c.columns + j], c.is_b_signed) - value_of(b_zero[j], c.is_b_signed));
      }
      want[i * c.columns + j] = static_cast<std::int32_t>(sum);
    }
  }
  std::vector<std::int8_t> packed(packed_integer_bytes(c.columns, c.depth));
  std::vector<std::int32_t> b_sums(whole);
  std::vector<std::uint8_t> gathered(c.rows * ((c.depth + 3) / 4 * 4));
  std::vector<std::int32_t> a_sums(c.rows);
  gather_integers(a.data(), c.rows, c.depth, a_turned, gathered.data(), a_sums.data());
  for (const Isa isa : isas_here()) {
    integer_kernels(isa).pack(b.data(), c.columns, c.columns, c.depth, b_turned, packed.data(),
                              b_sums.data());
    std::vector<std::int32_t> y(c.rows * c.columns + 1, 77);
    std::vector<std::int32_t> start(whole);
    const std::int32_t* const zeros = c.has_b_zeros ? b_zeros.data() : nullptr;
    start_integers(integer_kernels(isa), a_zero ^ a_turned, c.depth, b_sums.data(), zeros,
                   c.columns, start.data());
    integer_kernels(isa).product({c.rows, c.columns, c.depth, gathered.data(), a_sums.data(),
                                  packed.data(), start.data(), zeros, y.data(), c.columns});
    ASSERT_EQ(y.back(), 77);
    y.pop_back();
    ASSERT_EQ(y, want) << isa_name(isa) << " " << c.rows << " x " << c.columns << " x " << c.depth;
  }
}

TEST(IntegerProduct, HasTheSumsOfTheDefinitionOnEveryInstructionSet) {
  for (const bool is_a_signed : {false, true}) {
    for (const bool is_b_signed : {false, true}) {
      for (const bool has_b_zeros : {false, true}) {
        for (const std::size_t rows : {1U, 5U, 6U, 15U}) {
          for (const std::size_t columns : {1U, 16U, 17U, 33U, 70U}) {
            for (const std::size_t depth : {1U, 4U, 63U, 200U})
              expect_definition({rows, columns, depth, is_a_signed, is_b_signed, has_b_zeros});
          }
        }
      }
    }
  }
}

TEST(IntegerProduct, SumsWrap) {
  for (const bool is_signed : {false, true})
    expect_definition({2, 17, 70000, is_signed, is_signed, !is_signed, true});
}

}  // namespace
}  // namespace slipway
