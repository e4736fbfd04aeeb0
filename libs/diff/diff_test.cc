// Whatever two files are, the delta between them gives the new one, and is short where it can be.
#include "diff/diff.h"

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "delta/tensor_op.h"
#include "diff/tensor_encoder.h"
#include "diff/testing.h"

namespace slipway::diff {
namespace {

std::string noise(std::size_t bytes, unsigned seed) {
  std::mt19937 random(seed);
  std::string out(bytes, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

std::string words(std::size_t bytes, unsigned seed) {
  static constexpr const char* kWords[] = {"weight ",     "bias ",    "scale ",
                                           "zero_point ", "layer/0 ", "Conv "};
  std::mt19937 random(seed);
  std::string out;
  while (out.size() < bytes) out += kWords[random() % std::size(kWords)];
  out.resize(bytes);
  return out;
}

struct Pair {
  const char* name;
  std::function<std::string()> was;
  std::function<std::string()> is;
};

const Pair kPairs[] = {
    {"both empty", [] { return std::string(); }, [] { return std::string(); }},
    {"from nothing", [] { return std::string(); }, [] { return noise(1000, 1); }},
    {"to nothing", [] { return noise(1000, 1); }, [] { return std::string(); }},
    {"one byte", [] { return std::string("a"); }, [] { return std::string("b"); }},
    {"the same byte", [] { return std::string("a"); }, [] { return std::string("a"); }},
    {"odd sizes", [] { return noise(4097, 1); }, [] { return noise(12345, 2); }},
    {"nothing alike", [] { return noise(300000, 1); }, [] { return noise(300000, 2); }},
    {"text", [] { return words(50000, 1); }, [] { return words(70001, 2); }},
    {"all zeros", [] { return std::string(200000, '\0'); },
     [] { return std::string(300000, '\0'); }},
    {"cut in the middle", [] { return noise(200000, 1); },
     [] { return noise(200000, 1).erase(70000, 333); }},
    {"pushed in", [] { return noise(200000, 1); },
     [] { return noise(200000, 1).insert(1234, noise(777, 5)); }},
    {"halves swapped", [] { return noise(100000, 1) + noise(100000, 2); },
     [] { return noise(100000, 2) + noise(100000, 1); }},
    {"weights that moved", [] { return file_of(weights(70000, 1)); },
     [] { return file_of(moved(weights(70000, 1), 1e-4F, 2)); }},
    {"weights and an odd end", [] { return file_of(weights(5000, 1)) + "abc"; },
     [] { return file_of(moved(weights(5000, 1), 1e-4F, 2)) + "abd"; }},
};

TEST(Delta, GivesTheNewFile) {
  for (const Pair& pair : kPairs) {
    SCOPED_TRACE(pair.name);
    const std::string was = pair.was();
    const std::string is = pair.is();
    Report report;
    const std::string delta = make(was, is, &report);
    EXPECT_EQ(report.delta_bytes, delta.size());
    EXPECT_EQ(report.copied_bytes + report.tensor_bytes + report.other_bytes, is.size());
    const Result<std::string> made = applied(was, delta);
    ASSERT_TRUE(made.ok()) << made.error().message;
    EXPECT_TRUE(*made == is);
    EXPECT_LE(delta.size(), is.size() + is.size() / 1000 + 90) << "it costs more than the file";
  }
}

TEST(Delta, OfTheSameFileIsAHeaderAndACopy) {
  const std::string file = noise(3000000, 1);
  EXPECT_LT(make(file, file).size(), 80U);
}

TEST(Delta, FindsWhatMoved) {
  const std::string was = noise(400000, 1);
  EXPECT_LT(make(was, noise(333, 9) + was).size(), 333U + 110);
  EXPECT_LT(make(was, was.substr(200000) + was.substr(0, 200000)).size(), 110U);
}

TEST(Delta, OfWeightsThatMovedIsNearTheEntropyOfTheMoves) {
  const std::vector<float> was = weights(200000, 1);
  const std::vector<float> is = moved(was, 1e-5F, 2);
  // A normal distribution of deviation s takes log2(s * sqrt(2 pi e)) bits and those down to the
  // last place of the new number.
  double bits = 0;
  for (const float value : is) {
    const double ulp = std::ldexp(1.0, std::ilogb(value) - 23);
    bits += std::log2(1e-5 * 4.1327 / ulp);
  }
  const std::string delta = make(file_of(was), file_of(is));
  EXPECT_LT(static_cast<double>(delta.size()), 1.02 * bits / 8);
  EXPECT_GT(static_cast<double>(delta.size()), 0.97 * bits / 8) << "the bound is wrong";
}

TEST(Delta, PlansAndSaysWhetherItIsWorthIt) {
  const std::string was = file_of(weights(100000, 1));
  const std::string is = file_of(moved(weights(100000, 1), 1e-6F, 2));
  Report made;
  make(was, is, &made);
  EXPECT_TRUE(made.is_worth_it());
  const Report planned = plan_delta(bytes_of(was), bytes_of(is));
  EXPECT_GT(planned.planned_bytes, 0U);
  EXPECT_EQ(planned.delta_bytes, 0U);

  make(noise(100000, 1), noise(100000, 2), &made);
  EXPECT_FALSE(made.is_worth_it());
  EXPECT_FALSE(plan_delta(bytes_of(noise(100000, 1)), bytes_of(noise(100000, 2))).is_worth_it());
}

TEST(Delta, PassesOnWhatTheSinkSays) {
  const Result<Report> report = write_delta({}, {}, [](std::span<const std::byte>) -> Status {
    return Error{Code::kIo, "the disk is full"};
  });
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().message, "the disk is full");
}

// Each element type by itself, with what is special in it, in every way that elements may lie.
struct Elements {
  const char* name;
  delta::Element element;
};
constexpr Elements kElementRows[] = {
    {"f32", delta::Element::kF32}, {"f16", delta::Element::kF16}, {"bf16", delta::Element::kBf16},
    {"i8", delta::Element::kI8},   {"u8", delta::Element::kU8},   {"i32", delta::Element::kI32},
};

std::string decoded(std::string_view was, std::string_view payload) {
  delta::TensorDecoder decoder;
  const delta::MemorySource old(bytes_of(was));
  std::string out;
  const Status status = decoder.decode(bytes_of(payload), was.size(), old, 0, append_to(out));
  EXPECT_TRUE(status.ok()) << status.error().message;
  return out;
}

void expect_round_trip(delta::Element element, const std::string& was, const std::string& is) {
  const std::size_t count = is.size() / delta::bytes_of(element);
  std::vector<std::optional<delta::Matrix>> matrices = {std::nullopt};
  for (const std::uint64_t columns : {1U, 3U, 32U, 100U}) {
    for (const std::uint64_t lanes : {1U, 4U, 16U}) {
      if (columns * lanes > count) continue;
      matrices.push_back(delta::Matrix{count, columns, lanes});
      if (lanes > 1) matrices.push_back(delta::Matrix{count, columns, lanes, 4});
    }
  }
  for (const std::optional<delta::Matrix>& matrix : matrices) {
    SCOPED_TRACE(matrix.has_value() ? matrix->columns * 1000 + matrix->lanes : 0);
    const CodedTensor coded =
        encode_tensor({element, bytes_of(was), bytes_of(is)}, matrix, nullptr);
    EXPECT_TRUE(decoded(was, coded.payload) == is);
  }
}

TEST(TensorOperation, RoundTripsAnyBits) {
  for (const Elements& row : kElementRows) {
    SCOPED_TRACE(row.name);
    const std::size_t size = delta::bytes_of(row.element);
    for (const std::size_t count : {1U, 2U, 3U, 63U, 4095U, 4096U, 4097U, 20001U}) {
      SCOPED_TRACE(count);
      expect_round_trip(row.element, noise(count * size, 1), noise(count * size, 2));
      expect_round_trip(row.element, noise(count * size, 1), noise(count * size, 1));
    }
  }
}

TEST(TensorOperation, RoundTripsWhatIsSpecial) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  constexpr float kMax = std::numeric_limits<float>::max();
  const std::vector<float> special = {0,    -0.0F, kInf, -kInf, kNan,   -kNan,   kTiny, -kTiny,
                                      kMax, -kMax, 1,    -1,    1e-38F, -1e-39F, 0.5F,  3};
  std::vector<float> was;
  std::vector<float> is;
  for (int round = 0; round < 40; ++round) {  // enough rows for scales and factors
    for (const float a : special) {
      for (const float b : special) {
        was.push_back(a);
        is.push_back(b);
      }
    }
  }
  for (const Elements& row : kElementRows) {
    SCOPED_TRACE(row.name);
    expect_round_trip(row.element, file_of(was), file_of(is));
  }
}

// Rows that grew, and a product of thin matrices on top of it: both have to be found.
TEST(TensorOperation, FindsHowRowsMovedTogether) {
  constexpr std::size_t kRows = 64;
  constexpr std::size_t kColumns = 500;
  const std::vector<float> was = weights(kRows * kColumns, 1);
  const std::vector<float> left = weights(kRows, 3);
  const std::vector<float> right = weights(kColumns, 4);
  std::vector<float> grown = was;
  std::vector<float> product = was;
  for (std::size_t i = 0; i < was.size(); ++i) {
    grown[i] *= 1 + left[i / kColumns];
    product[i] += left[i / kColumns] * right[i % kColumns];
  }
  const delta::Matrix matrix{was.size(), kColumns, 1};
  for (const std::vector<float>& is : {grown, product}) {
    const std::string new_bytes = file_of(moved(is, 1e-7F, 5));
    const std::string old_bytes = file_of(was);
    const Piece whole{delta::Element::kF32, bytes_of(old_bytes), bytes_of(new_bytes)};
    const std::size_t plain = encode_tensor(whole, std::nullopt, nullptr).payload.size();
    const CodedTensor coded = encode_tensor(whole, matrix, nullptr);
    EXPECT_LT(coded.payload.size(), plain * 2 / 3);
    EXPECT_TRUE(decoded(old_bytes, coded.payload) == new_bytes);
  }
}

}  // namespace
}  // namespace slipway::diff
