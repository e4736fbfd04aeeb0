#include "kernels/conv/columns.h"

#include <gtest/gtest.h>

#include "kernels/conv/conv_test_case.h"

namespace slipway {
namespace {

struct ColumnsCase {
  const char* name;
  std::size_t in_channels;
  std::size_t out_channels;
  ConvAxis axis;
};

const ColumnsCase kCases[] = {
    {"causal", 64, 64, conv_axis(19, 3, 1, 4, 8, 0)},
    {"few channels", 3, 5, conv_axis(9, 2, 1, 1, 1, 0)},
    {"tails", 17, 33, conv_axis(7, 3, 1, 1, 2, 0)},
    {"padding at both ends", 16, 80, conv_axis(6, 5, 1, 1, 2, 2)},
    {"padding beyond the kernel", 20, 16, conv_axis(5, 2, 1, 1, 4, 4)},
    {"one tap", 33, 64, conv_axis(13, 1, 1, 1, 0, 0)},
    {"strided", 15, 48, conv_axis(23, 4, 3, 2, 5, 0)},
};

// Columns in tiles of every size, each tile's blocks one after the other.
class Trial {
 public:
  explicit Trial(const ColumnsCase& row) : row_(row) {
    shape_.in_channels = row.in_channels;
    shape_.out_channels = row.out_channels;
    shape_.width = row.axis;
    const std::vector<float> x = conv_numbers(row.in_channels * row.axis.input, 1);
    const std::vector<float> w =
        conv_numbers(row.out_channels * row.in_channels * row.axis.kernel, 2);
    sums_ = defined_convolution(shape_, x, w);
    packed_.resize(packed_conv_floats(shape_));
    pack_conv(shape_, w.data(), packed_.data());
    for (std::size_t t = 0; t < row.axis.input; ++t) {
      columns_.emplace_back();
      for (std::size_t c = 0; c < row.in_channels; ++c)
        columns_.back().push_back(x[c * row.axis.input + t]);
    }
    bias_ = conv_numbers(blocks_of(row.out_channels) * kConvBlock, 3);
    residual_ = conv_numbers(row.axis.output * row.out_channels, 4);
  }

  void check(Isa isa, const ConvEnd& end, std::size_t tile) const {
    const std::size_t taps = row_.axis.kernel;
    for (std::size_t first = 0; first < row_.axis.output; first += tile) {
      const std::size_t count = std::min(tile, row_.axis.output - first);
      std::vector<const float*> x;
      std::vector<const float*> residual;
      for (std::size_t m = 0; m < count; ++m) {
        for (std::size_t k = 0; k < taps; ++k) {
          const std::ptrdiff_t at = row_.axis.at(first + m, k);
          const bool is_inside = at >= 0 && at < static_cast<std::ptrdiff_t>(row_.axis.input);
          x.push_back(is_inside ? columns_[static_cast<std::size_t>(at)].data() : nullptr);
        }
        residual.push_back(residual_.data() + (first + m) * row_.out_channels);
      }
      std::vector<float> y(count * row_.out_channels, -1.0F);
      const ColumnsCall call{count,
                             taps,
                             row_.in_channels,
                             row_.out_channels,
                             x.data(),
                             packed_.data(),
                             end.has_bias ? bias_.data() : nullptr,
                             end.has_residual ? residual.data() : nullptr,
                             end.residual_is_last,
                             end.activation,
                             y.data()};
      columns_kernels(isa).convolve(call, 0, blocks_of(row_.out_channels));
      for (std::size_t i = 0; i < y.size(); ++i) {
        const float want = expected(end, first + i / row_.out_channels, i % row_.out_channels);
        ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want))
            << "column " << first + i / row_.out_channels << " channel " << i % row_.out_channels
            << " is " << y[i] << ", not " << want;
      }
    }
  }

 private:
  float expected(const ConvEnd& end, std::size_t column, std::size_t channel) const {
    float y = sums_[channel * row_.axis.output + column];
    const float residual = residual_[column * row_.out_channels + channel];
    if (end.has_bias) y += bias_[channel];
    if (end.has_residual && !end.residual_is_last) y += residual;
    y = activate(y, end.activation);
    if (end.has_residual && end.residual_is_last) y += residual;
    return y;
  }

  ColumnsCase row_;
  ConvShape shape_;
  std::vector<std::vector<float>> columns_;
  std::vector<float> sums_, packed_, bias_, residual_;
};

TEST(ColumnConvolution, HasTheBitsOfTheDefinition) {
  for (const ColumnsCase& row : kCases) {
    const Trial trial(row);
    for (const Isa isa : isas_here()) {
      for (const ConvEnd& end : kConvEnds) {
        for (std::size_t tile = 1; tile <= kMostColumns; ++tile) {
          SCOPED_TRACE(testing::Message()
                       << isa_name(isa) << ", " << row.name << ", " << end.name << ", " << tile);
          trial.check(isa, end, tile);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
