#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/move/copy.h"
#include "kernels/move/gather.h"
#include "kernels/move/reorder.h"
#include "kernels/move/resample.h"
#include "kernels/move/scatter.h"

namespace slipway {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Strides = std::vector<std::ptrdiff_t>;

Bytes random_bytes(std::size_t count) {
  Bytes bytes(count);
  std::uint32_t state = 12345;
  for (std::uint8_t& b : bytes) {
    state = state * 1664525U + 1013904223U;
    b = static_cast<std::uint8_t>(state >> 24);
  }
  return bytes;
}

struct CopyRow {
  const char* name;
  std::vector<std::size_t> extents;
  Strides from;
  Strides to;
  std::size_t from_start = 0;  // of index 0, in elements
};

const CopyRow kCopies[] = {
    {"scalar", {}, {}, {}},
    {"nothing", {3, 0}, {1, 1}, {1, 1}},
    {"line", {100}, {1}, {1}},
    {"matrix", {7, 100}, {100, 1}, {100, 1}},
    {"rows of a wider matrix", {7, 9}, {20, 1}, {9, 1}},
    {"into a wider matrix", {7, 9}, {9, 1}, {30, 1}},
    {"transpose", {16, 16}, {1, 16}, {16, 1}},
    {"ragged transpose", {37, 53}, {1, 37}, {53, 1}},
    {"narrow transpose", {3, 50}, {1, 3}, {50, 1}},
    {"NCHW to NHWC", {2, 35, 18}, {630, 1, 35}, {630, 18, 1}},
    {"NHWC to NCHW", {2, 18, 35}, {630, 1, 18}, {630, 35, 1}},
    {"pictures of 3 channels", {2, 3, 70}, {210, 1, 3}, {210, 70, 1}},
    {"pictures of 4 channels", {2, 4, 70}, {280, 1, 4}, {280, 70, 1}},
    {"three of 4 channels", {2, 3, 70}, {280, 1, 4}, {210, 70, 1}},
    {"channels last", {2, 70, 3}, {210, 1, 70}, {210, 3, 1}},
    {"blocks of 2", {2, 5, 9, 20}, {1, 360, 40, 2}, {900, 180, 20, 1}},
    {"heads", {3, 5, 4, 8}, {160, 8, 40, 1}, {160, 32, 8, 1}},
    {"outermost inwards", {6, 5, 4}, {1, 24, 6}, {20, 4, 1}},
    {"expand inner", {4, 9}, {1, 0}, {9, 1}},
    {"expand outer", {4, 9}, {0, 1}, {9, 1}},
    {"expand the middle", {4, 70, 7}, {7, 0, 1}, {490, 7, 1}},
    {"expand long rows", {7, 300}, {0, 1}, {300, 1}},
    {"expand one element's rows", {2, 50, 1, 3}, {3, 0, 1, 1}, {150, 3, 3, 1}},
    {"rows of five", {40, 5}, {9, 1}, {5, 1}},
    {"rows of seventeen", {40, 17}, {18, 1}, {17, 1}},
    {"expand into a wider matrix", {3, 5, 7}, {7, 0, 1}, {100, 20, 1}},
    {"expand twice", {2, 3, 4, 9}, {9, 0, 0, 1}, {108, 36, 9, 1}},
    {"reversed", {10, 3}, {-3, -1}, {3, 1}, 29},
    {"rows reversed", {7, 37}, {37, -1}, {40, 1}, 36},
    {"steps", {5, 4}, {40, 2}, {4, 1}},
    {"into steps", {5, 4}, {4, 1}, {20, 3}},
    {"eight dimensions",
     {2, 1, 3, 2, 1, 2, 2, 3},
     {1, 9, 2, 6, 5, 12, 24, 48},
     {72, 99, 24, 12, 7, 6, 3, 1}},
};

// Every index of a shape: calls f(offset by the first strides, by the second).
template <typename F>
void for_each_index(const CopyRow& row, F f) {
  std::size_t size = 1;
  for (const std::size_t extent : row.extents) size *= extent;
  for (std::size_t i = 0; i < size; ++i) {
    std::ptrdiff_t from = 0;
    std::ptrdiff_t to = 0;
    std::size_t rest = i;
    for (std::size_t d = row.extents.size(); d-- > 0; rest /= row.extents[d]) {
      from += static_cast<std::ptrdiff_t>(rest % row.extents[d]) * row.from[d];
      to += static_cast<std::ptrdiff_t>(rest % row.extents[d]) * row.to[d];
    }
    f(from, to);
  }
}

TEST(Copy, PutsEveryElementWhereItBelongs) {
  for (const CopyRow& row : kCopies) {
    for (const std::size_t bytes : {1, 2, 4, 8, 16}) {
      CopyShape shape;
      shape.rank = row.extents.size();
      for (std::size_t d = 0; d < shape.rank; ++d) {
        shape.extent[d] = row.extents[d];
        shape.from_stride[d] = row.from[d];
        shape.to_stride[d] = row.to[d];
      }
      const Bytes data = random_bytes(4000 * bytes);
      const std::uint8_t* const from = data.data() + row.from_start * bytes;
      Bytes want(4000 * bytes, 0xEE);
      for_each_index(row, [&](std::ptrdiff_t f, std::ptrdiff_t t) {
        std::memcpy(want.data() + static_cast<std::size_t>(t) * bytes,
                    from + f * static_cast<std::ptrdiff_t>(bytes), bytes);
      });
      CopyPlan plan;
      ASSERT_TRUE(plan_copy(shape, bytes, plan)) << row.name;
      Bytes to(4000 * bytes, 0xEE);
      run_copy(plan, from, to.data(), 0, plan.units / 3);
      run_copy(plan, from, to.data(), plan.units / 3, plan.units);
      EXPECT_EQ(to, want) << row.name << ", elements of " << bytes;
    }
  }
}

TEST(Copy, RefusesOddElementsAndTooManyDimensions) {
  CopyPlan plan;
  EXPECT_FALSE(plan_copy({1, {2}, {1}, {1}}, 3, plan));
  CopyShape shape;
  shape.rank = kMoveDims + 1;
  EXPECT_FALSE(plan_copy(shape, 4, plan));
}

// A 2 x 3 image, padded by one on every side.
TEST(MappedCopy, PadsInEveryMode) {
  const std::vector<std::uint16_t> x = {1, 2, 3, 4, 5, 6};
  const std::uint16_t fill = 9;
  struct Mode {
    const char* name;
    std::vector<std::int64_t> rows, columns;
    std::vector<std::uint16_t> want;
  };
  const Mode modes[] = {
      {"constant", {kNowhere, 0, 3, kNowhere}, {kNowhere, 0, 1, 2, kNowhere}, {9, 9, 9, 9, 9, 9, 1,
                                                                               2, 3, 9, 9, 4, 5, 6,
                                                                               9, 9, 9, 9, 9, 9}},
      {"edge", {0, 0, 3, 3}, {0, 0, 1, 2, 2}, {1, 1, 2, 3, 3, 1, 1, 2, 3, 3,
                                               4, 4, 5, 6, 6, 4, 4, 5, 6, 6}},
      {"reflect", {3, 0, 3, 0}, {1, 0, 1, 2, 1}, {5, 4, 5, 6, 5, 2, 1, 2, 3, 2,
                                                  5, 4, 5, 6, 5, 2, 1, 2, 3, 2}},
  };
  for (const Mode& mode : modes) {
    const MappedCopy copy = {2, 2, {4, 5}, {mode.rows.data(), mode.columns.data()}, &fill};
    std::vector<std::uint16_t> y(20);
    ASSERT_EQ(copy.units(), 4U);
    run_copy(copy, x.data(), y.data(), 0, 1);
    run_copy(copy, x.data(), y.data(), 1, 4);
    EXPECT_EQ(y, mode.want) << mode.name;
    MappedCopy with_run = copy;
    with_run.find_run();
    EXPECT_EQ(with_run.run_end - with_run.run_begin, 3U) << mode.name;
    std::vector<std::uint16_t> again(20);
    run_copy(with_run, x.data(), again.data(), 0, 4);
    EXPECT_EQ(again, mode.want) << mode.name;
  }
}

TEST(Gather, PicksBlocksAndRefusesBadIndices) {
  const std::vector<float> x = {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15};  // [2, 3, 2]
  const std::int64_t wide[] = {2, -3, -1, 0};
  const std::int32_t narrow[] = {2, -3, -1, 0};
  const std::vector<float> want = {4, 5, 0, 1, 4, 5, 0, 1, 14, 15, 10, 11, 14, 15, 10, 11};
  for (const Indices indices : {Indices{wide, true}, Indices{narrow, false}}) {
    std::vector<float> y(16);
    EXPECT_EQ(gather(x.data(), indices, y.data(), 3, 4, 8, 0, 1), kAllGood);
    EXPECT_EQ(gather(x.data(), indices, y.data(), 3, 4, 8, 1, 2), kAllGood);
    EXPECT_EQ(y, want);
  }
  for (const std::int64_t bad : {std::int64_t{3}, std::int64_t{-4}, INT64_MIN, INT64_MAX}) {
    const std::int64_t indices[] = {0, bad};
    std::vector<float> y(8);
    EXPECT_EQ(gather(x.data(), {indices, true}, y.data(), 3, 2, 8, 0, 2), 1U);
  }
}

TEST(Gather, OfBlocksOfEverySize) {
  const std::int32_t indices[] = {4, 0, -1, -5, 2};  // of five
  for (std::size_t bytes = 1; bytes <= 17; ++bytes) {
    const Bytes from = random_bytes(10 * bytes);
    Bytes want;
    for (const std::size_t row : {4, 0, 4, 0, 2, 9, 5, 9, 5, 7}) {
      const auto at = from.begin() + static_cast<std::ptrdiff_t>(row * bytes);
      want.insert(want.end(), at, at + static_cast<std::ptrdiff_t>(bytes));
    }
    Bytes to(10 * bytes);
    EXPECT_EQ(gather(from.data(), {indices, false}, to.data(), 5, 5, bytes, 0, 2), kAllGood);
    EXPECT_EQ(to, want) << bytes;
  }
}

TEST(Scatter, PutsElementsInTheirPlaces) {
  const std::int64_t indices[] = {1, -1, 0, 2, 1, -3};
  const std::uint8_t updates[] = {10, 11, 12, 13, 14, 15};
  Bytes to(9, 0);  // [3, 3], from [2, 3]
  const ScatterElements rows = {2, 0, 1, {2, 3}, {3, 1}, 3};
  EXPECT_EQ(scatter_elements(rows, {indices, true}, updates, to.data()), kAllGood);
  EXPECT_EQ(to, (Bytes{0, 0, 15, 10, 14, 0, 13, 11, 0}));  // 15 comes after 12
  to.assign(9, 0);
  const ScatterElements columns = {2, 1, 1, {2, 3}, {3, 1}, 3};
  EXPECT_EQ(scatter_elements(columns, {indices, true}, updates, to.data()), kAllGood);
  EXPECT_EQ(to, (Bytes{12, 10, 11, 15, 14, 13, 0, 0, 0}));
  const ScatterElements narrow = {2, 1, 1, {2, 3}, {3, 1}, 2};
  EXPECT_EQ(scatter_elements(narrow, {indices, true}, updates, to.data()), 3U);
  const std::int32_t shorts[] = {2, -4};
  const ScatterElements line = {1, 0, 1, {2}, {1}, 3};
  EXPECT_EQ(scatter_elements(line, {shorts, false}, updates, to.data()), 1U);
}

TEST(Scatter, PutsBlocksInTheirPlaces) {
  const std::int64_t indices[] = {1, -1, -2, 0, 1, 1};
  const std::uint8_t updates[] = {10, 11, 12, 13, 14, 15};
  Bytes to(8, 0);  // [2, 2, 2]
  EXPECT_EQ(scatter_blocks({2, {2, 2}, 3, 2}, indices, updates, to.data()), kAllGood);
  EXPECT_EQ(to, (Bytes{12, 13, 0, 0, 0, 0, 14, 15}));
  EXPECT_EQ(scatter_blocks({2, {2, 1}, 3, 2}, indices, updates, to.data()), 2U);
  EXPECT_EQ(scatter_blocks({1, {1}, 6, 1}, indices, updates, to.data()), 0U);
}

TEST(GatherElements, PicksElementsAndRefusesBadIndices) {
  const std::vector<std::uint8_t> x = {1, 2, 3, 4, 5, 6};  // [2, 3]
  const std::int64_t indices[] = {1, -2, 0, 1};            // [2, 2]
  GatherElements rows = {2, 0, 1, {2, 2}, {3, 1}, 2};
  std::vector<std::uint8_t> y(4);
  EXPECT_EQ(gather_elements(rows, x.data(), {indices, true}, y.data(), 0, 4), kAllGood);
  EXPECT_EQ(y, (std::vector<std::uint8_t>{4, 2, 1, 5}));
  GatherElements columns = {2, 1, 1, {2, 2}, {3, 1}, 3};
  EXPECT_EQ(gather_elements(columns, x.data(), {indices, true}, y.data(), 0, 4), kAllGood);
  EXPECT_EQ(y, (std::vector<std::uint8_t>{2, 2, 4, 5}));
  rows.from_extent = 1;
  EXPECT_EQ(gather_elements(rows, x.data(), {indices, true}, y.data(), 0, 4), 0U);
}

// Along every axis of [4, 5, 6], from fewer rows and columns than the input has; in parts.
TEST(GatherElements, AlongEveryAxisOfEverySize) {
  const GatherElements shape = {3, 0, 1, {3, 5, 4}, {30, 6, 1}, 0};
  const std::size_t from_extent[] = {4, 5, 6};
  constexpr std::size_t kCount = 60;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto extent = static_cast<std::int64_t>(from_extent[axis]);
    std::vector<std::int64_t> wide(kCount);
    for (std::size_t i = 0; i < kCount; ++i)
      wide[i] = static_cast<std::int64_t>(i * 7 % (2 * from_extent[axis])) - extent;
    const std::vector<std::int32_t> narrow(wide.begin(), wide.end());
    for (const std::size_t bytes : {1, 2, 4, 8, 16}) {
      GatherElements gather = shape;
      gather.axis = axis;
      gather.element_bytes = bytes;
      gather.from_extent = from_extent[axis];
      const Bytes from = random_bytes(120 * bytes);
      Bytes want(kCount * bytes);
      for (std::size_t i = 0; i < kCount; ++i) {
        std::size_t at[] = {i / 20, i / 4 % 5, i % 4};
        at[axis] = static_cast<std::size_t>(wide[i] < 0 ? wide[i] + extent : wide[i]);
        std::memcpy(&want[i * bytes], &from[(at[0] * 30 + at[1] * 6 + at[2]) * bytes], bytes);
      }
      for (const Indices indices : {Indices{wide.data(), true}, Indices{narrow.data(), false}}) {
        Bytes to(kCount * bytes);
        EXPECT_EQ(gather_elements(gather, from.data(), indices, to.data(), 0, 23), kAllGood);
        EXPECT_EQ(gather_elements(gather, from.data(), indices, to.data(), 23, kCount), kAllGood);
        EXPECT_EQ(to, want) << "axis " << axis << ", elements of " << bytes;
      }
      gather.from_extent = 2;  // indices -2 .. 1 are left
      std::size_t bad = 0;
      while (wide[bad] >= -2 && wide[bad] < 2) ++bad;
      Bytes to(kCount * bytes);
      EXPECT_EQ(gather_elements(gather, from.data(), {wide.data(), true}, to.data(), 0, kCount),
                bad);
    }
  }
}

TEST(GatherBlocks, NamesBlocksOfEachBatch) {
  const std::int64_t indices[] = {0, 1, -1, -3, 1, 2, 0, 0, -2, -1, 1, -2};  // [2, 3, 2]
  const GatherBlocks shape = {2, {2, 3}, 3, 5};  // of [2, 2, 3], five bytes each
  const Bytes from = random_bytes(60);
  Bytes want;
  for (const std::ptrdiff_t block : {1, 3, 5, 6, 8, 10})
    want.insert(want.end(), from.begin() + block * 5, from.begin() + block * 5 + 5);
  Bytes to(30);
  EXPECT_EQ(gather_blocks(shape, from.data(), indices, to.data(), 0, 2), kAllGood);
  EXPECT_EQ(gather_blocks(shape, from.data(), indices, to.data(), 2, 6), kAllGood);
  EXPECT_EQ(to, want);
  for (const std::int64_t bad : {std::int64_t{3}, std::int64_t{-4}, INT64_MIN, INT64_MAX}) {
    const std::int64_t wrong[] = {0, 1, 1, bad};
    EXPECT_EQ(gather_blocks(shape, from.data(), wrong, to.data(), 0, 2), 1U);
  }
}

TEST(Triangle, KeepsWhatStandsOnOneSideOfADiagonal) {
  for (const std::size_t bytes : {1, 4, 16}) {
    for (const std::size_t columns : {1, 4, 7}) {
      const std::size_t rows = 2 * 5;  // two matrices
      const Bytes from = random_bytes(rows * columns * bytes);
      for (const std::int64_t k : {INT64_MIN, std::int64_t{-5}, std::int64_t{-2}, std::int64_t{0},
                                   std::int64_t{3}, std::int64_t{7}, INT64_MAX}) {
        for (const bool is_upper : {true, false}) {
          Bytes want = from;
          for (std::size_t i = 0; i < rows * columns; ++i) {
            const auto right =
                static_cast<std::int64_t>(i % columns) - static_cast<std::int64_t>(i / columns % 5);
            if (is_upper ? right < k : right > k) std::memset(&want[i * bytes], 0, bytes);
          }
          const Triangle shape = {5, columns, bytes, is_upper};
          Bytes to(from.size(), 0xEE);
          copy_triangle(shape, from.data(), k, to.data(), 0, 3);
          copy_triangle(shape, from.data(), k, to.data(), 3, rows);
          EXPECT_EQ(to, want) << columns << " columns, k " << k << ", upper " << is_upper;
        }
      }
    }
  }
}

TEST(Sequences, AreReversedEachToItsLength) {
  const std::int64_t lengths[] = {0, 1, 2, 5};
  for (const std::size_t bytes : {1, 3, 40}) {
    const Bytes from = random_bytes(20 * bytes);
    for (const bool is_time_first : {true, false}) {
      const auto place = [&](std::size_t time, std::size_t sequence) {
        return (is_time_first ? time * 4 + sequence : sequence * 5 + time) * bytes;
      };
      Bytes want(20 * bytes);
      for (std::size_t sequence = 0; sequence < 4; ++sequence) {
        const auto length = static_cast<std::size_t>(lengths[sequence]);
        for (std::size_t time = 0; time < 5; ++time) {
          const std::size_t source = time < length ? length - 1 - time : time;
          std::memcpy(&want[place(time, sequence)], &from[place(source, sequence)], bytes);
        }
      }
      const Sequences shape = {5, 4, bytes, is_time_first};
      Bytes to(20 * bytes);
      EXPECT_EQ(reverse_sequences(shape, from.data(), lengths, to.data(), 0, 7), kAllGood);
      EXPECT_EQ(reverse_sequences(shape, from.data(), lengths, to.data(), 7, 20), kAllGood);
      EXPECT_EQ(to, want);
      for (const std::int64_t bad : {std::int64_t{-1}, std::int64_t{6}, INT64_MIN, INT64_MAX}) {
        const std::int64_t wrong[] = {5, 5, bad, 5};
        EXPECT_EQ(reverse_sequences(shape, from.data(), wrong, to.data(), 0, 20), 2U);
      }
    }
  }
}

TEST(ResampleKernels, AddTapsInOrder) {
  constexpr std::size_t kIn = 4;
  constexpr std::size_t kOut = 3;
  constexpr std::size_t kTaps = 3;
  const std::int32_t positions[] = {0, 1, 2, 1, 2, 3, 3, 3, 3};
  const float weights[] = {0.1F, 0.2F, 0.7F, 0.0F, 0.3F, 0.7F, 1.0F, 0.0F, 0.0F};
  for (const std::size_t inner : {1, 3, 16, 35}) {
    std::vector<float> x(2 * kIn * inner);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 37 % 101) / 7.0F;
    x[inner] = INFINITY;  // met with a weight of 0 only in output 1
    for (const Isa isa : isas_here()) {
      std::vector<float> y(2 * kOut * inner);
      const Resampling axis = {kIn, kOut, kTaps, positions, weights};
      resample_kernels(isa).resample(axis, x.data(), y.data(), inner, 0, 1);
      resample_kernels(isa).resample(axis, x.data(), y.data(), inner, 1, 2);
      for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t outer = i / (kOut * inner);
        const std::size_t at = i / inner % kOut;
        float want = 0.0F;
        for (std::size_t t = at * kTaps; t < (at + 1) * kTaps; ++t) {
          if (weights[t] == 0.0F) continue;
          const auto position = static_cast<std::size_t>(positions[t]);
          want = std::fma(weights[t], x[(outer * kIn + position) * inner + i % inner], want);
        }
        ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want))
            << isa_name(isa) << " inner " << inner << " at " << i;
      }
    }
  }
}

// Short rows and long ones, alone and together, with few taps and many.
TEST(ResampleKernels, AddTapsOfTheLastAxis) {
  std::mt19937 random(3);
  for (const std::size_t in : {1U, 5U, 40U}) {
    for (const std::size_t out : {1U, 3U, 16U, 33U, 64U, 150U}) {
      for (const std::size_t width : {1U, 2U, 4U, 8U, 9U}) {
        for (const std::size_t rows : {1U, 2U, 7U, 30U}) {
          std::vector<std::int32_t> positions(out * width);
          std::vector<float> weights(out * width);
          for (std::int32_t& p : positions) p = static_cast<std::int32_t>(random() % in);
          for (float& w : weights) w = static_cast<float>(random() % 5) * 0.37F;
          std::vector<float> x(rows * in);
          for (float& value : x) value = static_cast<float>(random() % 1000) * 0.013F;
          if (in > 1) x[1] = INFINITY;
          const Resampling axis = {in, out, width, positions.data(), weights.data()};
          for (const Isa isa : isas_here()) {
            std::vector<float> y(rows * out);
            resample_kernels(isa).resample(axis, x.data(), y.data(), 1, 0, rows / 2);
            resample_kernels(isa).resample(axis, x.data(), y.data(), 1, rows / 2, rows);
            for (std::size_t i = 0; i < y.size(); ++i) {
              float want = 0.0F;
              for (std::size_t t = 0; t < width; ++t) {
                const std::size_t at = i % out * width + t;
                if (weights[at] == 0.0F) continue;
                want = std::fma(weights[at],
                                x[i / out * in + static_cast<std::size_t>(positions[at])], want);
              }
              ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want))
                  << isa_name(isa) << " " << in << " to " << out << ", " << width << " taps, "
                  << rows << " rows, at " << i;
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
