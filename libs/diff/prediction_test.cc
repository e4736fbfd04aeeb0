// Predictions are part of the format: every processor has to make the same.
#include "delta/prediction.h"

#include <cmath>
#include <limits>

#include "diff/testing.h"

namespace slipway::diff {
namespace {

using delta::Element;

struct Case {
  const char* name;
  Element element;
  std::uint64_t columns;
  std::uint64_t lanes;
  bool has_scales;
  std::uint32_t rank;
  std::int32_t unit;
};

constexpr Case kCases[] = {
    {"rows grow", Element::kF32, 100, 1, true, 0, 0},
    {"a product of an odd rank", Element::kF32, 77, 1, false, 5, -50},
    {"both, in panels", Element::kF32, 40, 16, true, 7, -45},
    {"a product beyond all floats", Element::kF32, 64, 1, true, 2, 400},
    {"a product below all floats", Element::kF32, 64, 1, true, 2, -400},
    {"half floats grow", Element::kF16, 100, 1, true, 0, 0},
    {"half floats and a product", Element::kF16, 55, 1, true, 12, -35},
    {"half floats in panels", Element::kF16, 33, 8, false, 3, -30},
    {"half floats and a large product", Element::kF16, 55, 1, true, 2, 400},
    {"bfloat16 and a product", Element::kBf16, 55, 1, true, 9, -40},
    {"bfloat16 in panels", Element::kBf16, 33, 16, true, 2, -400},
    {"bytes grow", Element::kI8, 99, 1, true, 0, 0},
    {"bytes grow in panels", Element::kU8, 33, 32, true, 0, 0},
    {"words grow", Element::kI32, 60, 1, true, 0, 0},
};

std::int32_t within(std::mt19937& random, std::int32_t most) {
  return std::uniform_int_distribution<std::int32_t>(-most, most)(random);
}

delta::Prediction prediction_of(const Case& it, std::uint64_t elements, std::mt19937& random) {
  delta::Prediction prediction;
  prediction.element = it.element;
  prediction.matrix = {elements, it.columns, it.lanes};
  const auto rows = static_cast<std::size_t>(prediction.matrix.rows());
  if (it.has_scales) {
    prediction.scales.resize(rows);
    for (std::int32_t& scale : prediction.scales) scale = within(random, delta::kMostScale);
  }
  prediction.rank = it.rank;
  prediction.unit = it.unit;
  prediction.left.resize(delta::paired_count(it.rank, rows));
  prediction.right.resize(delta::paired_count(it.rank, static_cast<std::size_t>(it.columns)));
  for (std::int16_t& number : prediction.left) {
    number = static_cast<std::int16_t>(within(random, 32767));
  }
  for (std::int16_t& number : prediction.right) {
    number = static_cast<std::int16_t>(within(random, 32767));
  }
  return prediction;
}

TEST(Prediction, IsTheSameOnEveryProcessor) {
  constexpr std::size_t kElements = 4001;
  std::mt19937 random(1);
  for (const Case& it : kCases) {
    SCOPED_TRACE(it.name);
    const delta::Prediction prediction = prediction_of(it, kElements, random);
    // Any bits: infinities, NaN and the smallest numbers are among them.
    std::vector<std::uint32_t> words(kElements);
    for (std::uint32_t& word : words) word = static_cast<std::uint32_t>(random());
    const std::string old = file_of(words);
    const std::span<const std::byte> bytes =
        bytes_of(old).first(kElements * delta::bytes_of(it.element));
    for (const std::size_t first : {std::size_t{0}, std::size_t{1234}}) {
      const std::size_t count = kElements - first;
      const std::span<const std::byte> from = bytes.subspan(first * delta::bytes_of(it.element));
      std::vector<std::int32_t> here(count);
      std::vector<std::int32_t> anywhere(count);
      std::vector<std::uint8_t> known_here(count);
      std::vector<std::uint8_t> known_anywhere(count);
      prediction.predict(first, from, here, known_here);
      prediction.predict_anywhere(first, from, anywhere, known_anywhere);
      EXPECT_EQ(here, anywhere);
      EXPECT_EQ(known_here, known_anywhere);
    }
  }
}

struct Value {
  const char* name;
  Element element;
  std::uint32_t old;
  std::int32_t scale;
  std::int32_t product;  // of one rank
  std::int32_t unit;
  std::uint32_t predicted;
};

constexpr std::int32_t kHalf = 1 << 21;  // a scale of 0.5

constexpr Value kValues[] = {
    {"2 grows by half", Element::kF32, 0x40000000, kHalf, 0, 0, 0x40400000},
    {"-2 grows by half", Element::kF32, 0xC0000000, kHalf, 0, 0, 0xC0400000},
    {"1 and 3/4", Element::kF32, 0x3F800000, 0, 3, -2, 0x3FE00000},
    {"1 less 1 is zero", Element::kF32, 0x3F800000, 0, -1, 0, 0x00000000},
    {"the largest does not overflow", Element::kF32, 0x7F7FFFFF, kHalf, 0, 0, 0x7F7FFFFF},
    {"infinity stays", Element::kF32, 0x7F800000, kHalf, 7, 0, 0x7F800000},
    {"the smallest twice", Element::kF32, 0x00000001, 1 << 22, 0, 0, 0x00000002},
    {"half: 2 grows by half", Element::kF16, 0x4000, kHalf, 0, 0, 0x4200},
    {"half: -2 grows by half", Element::kF16, 0xC000, kHalf, 0, 0, 0xC200},
    {"half: 1 and 3/4", Element::kF16, 0x3C00, 0, 3, -2, 0x3F00},
    {"half: 1 less 1 is zero", Element::kF16, 0x3C00, 0, -1, 0, 0x0000},
    {"half: 1 less 2 is -1", Element::kF16, 0x3C00, 0, -2, 0, 0xBC00},
    {"half: halves go away from zero", Element::kF16, 0x3C00, 0, 1, -11, 0x3C01},
    {"half: the largest does not overflow", Element::kF16, 0x7BFF, kHalf, 0, 0, 0x7BFF},
    {"half: NaN stays", Element::kF16, 0x7E01, kHalf, 7, 0, 0x7E01},
    {"half: the smallest twice", Element::kF16, 0x0001, 1 << 22, 0, 0, 0x0002},
    {"half: a small one becomes normal", Element::kF16, 0x03FF, 0, 1, -24, 0x0400},
    {"half: a normal one becomes small", Element::kF16, 0x0400, 0, -1, -24, 0x03FF},
    {"bfloat16: 2 grows by half", Element::kBf16, 0x4000, kHalf, 0, 0, 0x4040},
    {"bfloat16: large less itself is zero", Element::kBf16, 0x7000, 0, -1, 97, 0x0000},
    {"a byte moves away from zero", Element::kI8, 0x0A, kHalf, 0, 0, 0x0F},
    {"a byte below zero, too", Element::kI8, 0xF6, kHalf, 0, 0, 0xF1},
};

TEST(Prediction, IsWhatTheFormatSays) {
  for (const Value& it : kValues) {
    SCOPED_TRACE(it.name);
    delta::Prediction prediction;
    prediction.element = it.element;
    prediction.matrix = {1, 1, 1};
    prediction.scales = {it.scale};
    if (it.product != 0) {
      prediction.rank = 1;
      prediction.left = {static_cast<std::int16_t>(it.product), 0};
      prediction.right = {1, 0};
      prediction.unit = it.unit;
    }
    const std::span<const std::byte> old =
        std::as_bytes(std::span(&it.old, 1)).first(delta::bytes_of(it.element));
    std::int32_t predicted = 0;
    std::uint8_t known = 0;
    prediction.predict(0, old, std::span(&predicted, 1), std::span(&known, 1));
    const std::int32_t none = 0;
    std::uint32_t made = 0;
    delta::store_sum(it.element, std::span(&predicted, 1), std::span(&none, 1),
                     std::as_writable_bytes(std::span(&made, 1)));
    EXPECT_EQ(made, it.predicted) << std::hex << made;
  }
}

}  // namespace
}  // namespace slipway::diff
