#include "kernels/conv/conv_pair.h"

#include <gtest/gtest.h>

#include "kernels/conv/conv_test_case.h"
#include "kernels/conv/conv_triple.h"
#include "kernels/conv/depthwise.h"

namespace slipway {
namespace {

const ConvAxis kOne{};

struct Row {
  const char* name;
  ConvShape first;
  ConvAxis height, width;  // of the second
  bool is_plain = false;
};

ConvAxis after(const ConvAxis& first, std::size_t kernel, std::size_t stride, std::size_t dilation,
               std::size_t pad, std::size_t pad_end) {
  return conv_axis(first.output, kernel, stride, dilation, pad, pad_end);
}

ConvShape pointwise(std::size_t batch, std::size_t in, std::size_t out, std::size_t height,
                    std::size_t width) {
  return {
      batch, 1, in, out, kOne, conv_axis(height, 1, 1, 1, 0, 0), conv_axis(width, 1, 1, 1, 0, 0)};
}

std::vector<Row> rows() {
  const ConvShape small = pointwise(2, 24, 40, 7, 7);
  const ConvShape tall = pointwise(1, 16, 16, 131, 60);
  const ConvShape tallest = pointwise(1, 3, 17, 61, 140);
  const ConvShape stem{
      1, 1, 3, 32, kOne, conv_axis(37, 3, 2, 1, 1, 0), conv_axis(38, 3, 2, 1, 0, 1)};
  const ConvShape dense{
      1, 1, 20, 33, kOne, conv_axis(9, 3, 1, 1, 1, 1), conv_axis(11, 3, 1, 1, 1, 1)};
  const ConvShape strided{
      1, 1, 20, 33, kOne, conv_axis(19, 3, 2, 1, 1, 1), conv_axis(11, 3, 2, 1, 1, 1)};
  return {
      {"small", small, after(small.height, 3, 1, 1, 1, 1), after(small.width, 3, 1, 1, 1, 1)},
      {"small, 5 x 5, stride 2", small, after(small.height, 5, 2, 1, 2, 2),
       after(small.width, 5, 2, 1, 2, 2)},
      {"many bands", tall, after(tall.height, 3, 1, 1, 1, 1), after(tall.width, 3, 1, 1, 1, 1)},
      {"many bands, stride 2", tall, after(tall.height, 5, 2, 1, 1, 2),
       after(tall.width, 5, 2, 1, 2, 1)},
      {"many bands, dilated, padding beyond the kernel", tallest,
       after(tallest.height, 3, 1, 4, 12, 13), after(tallest.width, 3, 1, 2, 2, 2)},
      {"stride beyond the kernel", tall, after(tall.height, 2, 3, 1, 0, 0),
       after(tall.width, 2, 3, 1, 0, 0)},
      {"first layer", stem, after(stem.height, 3, 1, 1, 1, 1), after(stem.width, 3, 1, 1, 1, 1),
       true},
      {"dense", dense, after(dense.height, 3, 1, 1, 1, 1), after(dense.width, 3, 1, 1, 1, 1)},
      {"strided", strided, after(strided.height, 3, 1, 1, 1, 1),
       after(strided.width, 3, 1, 1, 1, 1)},
  };
}

// Both convolutions with their own kernels, and then as a pair.
class PairTrial {
 public:
  explicit PairTrial(const Row& row) {
    shape_.first = row.first;
    shape_.is_plain = row.is_plain;
    ConvShape& second = shape_.second;
    second.batch = row.first.batch;
    second.groups = row.first.out_channels;
    second.height = row.height;
    second.width = row.width;
    const ConvShape& first = shape_.first;
    const auto x = conv_numbers(first.batch * first.in_channels * first.in_positions(), 1);
    x_ = row.is_plain ? x : to_blocked(x, first.batch, first.in_channels, first.in_positions());
    weights_.resize(packed_conv_floats(first));
    pack_conv(
        first,
        conv_numbers(first.out_channels * first.in_channels * first.kernel_positions(), 2).data(),
        weights_.data());
    depthwise_.resize(packed_depthwise_floats(second));
    pack_depthwise(second, conv_numbers(second.groups * second.kernel_positions(), 3).data(),
                   depthwise_.data());
    bias_ = conv_numbers(blocks_of(second.groups) * kConvBlock, 4);
    middle_.resize(first.batch * bias_.size() * first.out_positions());
    want_.resize(first.batch * bias_.size() * second.out_positions());
  }

  // The pair alone, then with a pointwise convolution after it, by so many units at a time.
  void check(Isa isa, const ConvEnd& end, const std::vector<std::size_t>& steps) {
    const ConvPairOperands at = compute_parts(isa, end);
    for (const std::size_t step : steps) check_pair(isa, at, step);
    for (const ConvEnd& last : {end, kConvEnds[2], kConvEnds[3]}) {
      check_triple(isa, at, last, steps);
    }
  }

 private:
  // The operands of the pair; what it gives goes to want_.
  ConvPairOperands compute_parts(Isa isa, const ConvEnd& end) {
    ConvPairOperands at;
    at.first.x = x_.data();
    at.first.weights = weights_.data();
    at.first.bias = end.has_bias ? bias_.data() : nullptr;
    at.first.activation = end.activation;
    at.second.weights = depthwise_.data();
    at.second.bias = end.has_bias ? bias_.data() : nullptr;
    at.second.activation = end.activation;
    ConvOperands one = at.first;
    one.y = middle_.data();
    (shape_.is_plain ? plain_convolution : blocked_convolution)(shape_.first, isa)(
        shape_.first, one, 0, conv_units(shape_.first));
    one = at.second;
    one.x = middle_.data();
    one.y = want_.data();
    depthwise_kernels(isa).blocked(shape_.second, one, 0, depthwise_units(shape_.second));
    return at;
  }

  void check_pair(Isa isa, ConvPairOperands at, std::size_t step) const {
    std::vector<float> y(want_.size(), -1.0F);
    at.second.y = y.data();
    std::vector<float> scratch(conv_pair_scratch_floats(shape_), NAN);
    const std::size_t units = conv_pair_units(shape_);
    for (std::size_t u = 0; u < units; u += step) {
      const std::size_t last = units - u;
      run_conv_pair(isa, shape_, at, scratch.data(), last - std::min(step, last), last);
    }
    expect_same(y, want_);
  }

  void check_triple(Isa isa, const ConvPairOperands& pair, const ConvEnd& end,
                    const std::vector<std::size_t>& steps) const {
    ConvTripleShape shape{shape_, shape_.second};
    shape.third.groups = 1;
    shape.third.in_channels = shape_.second.groups;
    shape.third.out_channels = 37;
    shape.third.height = conv_axis(shape_.second.height.output, 1, 1, 1, 0, 0);
    shape.third.width = conv_axis(shape_.second.width.output, 1, 1, 1, 0, 0);
    std::vector<float> weights(packed_conv_floats(shape.third));
    pack_conv(shape.third, conv_numbers(37 * shape.third.in_channels, 5).data(), weights.data());
    const std::size_t floats = shape.third.batch * 48 * shape.third.out_positions();
    const auto bias = conv_numbers(48, 6);
    const auto residual = conv_numbers(floats, 7);
    std::vector<float> want(floats);
    ConvTripleOperands at{pair, {}};
    at.third.weights = weights.data();
    at.third.bias = end.has_bias ? bias.data() : nullptr;
    at.third.residual = end.has_residual ? residual.data() : nullptr;
    at.third.residual_is_last = end.residual_is_last;
    at.third.activation = end.activation;
    ConvOperands alone = at.third;
    alone.x = want_.data();
    alone.y = want.data();
    blocked_convolution(shape.third, isa)(shape.third, alone, 0, conv_units(shape.third));
    const std::size_t units = conv_triple_units(shape);
    for (const std::size_t step : steps) {
      std::vector<float> y(floats, -1.0F);
      at.third.y = y.data();
      std::vector<float> scratch(conv_triple_scratch_floats(shape), NAN);
      for (std::size_t u = 0; u < units; u += step) {
        const std::size_t last = units - u;
        run_conv_triple(isa, shape, at, scratch.data(), last - std::min(step, last), last);
      }
      expect_same(y, want);
    }
  }

  static void expect_same(const std::vector<float>& y, const std::vector<float>& want) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want[i]))
          << "position " << i / kConvBlock << " lane " << i % kConvBlock;
    }
  }

  ConvPairShape shape_;
  std::vector<float> x_, weights_, depthwise_, bias_, middle_, want_;
};

TEST(ConvPair, HasTheBitsOfTheTwo) {
  for (const Row& row : rows()) {
    PairTrial trial(row);
    for (const Isa isa : isas_here()) {
      // How work is cut does not depend on the instruction set, and the scalar form is slow.
      const std::vector<std::size_t> steps =
          isa == Isa::kScalar ? std::vector<std::size_t>{3} : std::vector<std::size_t>{1, 3, 1000};
      for (const ConvEnd& end : {kConvEnds[0], kConvEnds[1], kConvEnds[4]}) {
        SCOPED_TRACE(testing::Message() << isa_name(isa) << ", " << row.name << ", " << end.name);
        trial.check(isa, end, steps);
        if (HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace slipway
