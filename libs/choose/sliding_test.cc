#include "choose/sliding.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace slipway::choose {
namespace {

engines::Port port(const std::string& name, Shape shape) {
  std::size_t count = 1;
  for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
  return {name, DType::kFloat32, std::move(shape), count * sizeof(float)};
}

Tensor counting(const Shape& shape, float from) {
  Tensor tensor = *Tensor::create(DType::kFloat32, shape);
  std::iota(tensor.mutable_data<float>().begin(), tensor.mutable_data<float>().end(), from);
  return tensor;
}

std::vector<float> values(const Tensor& tensor) {
  return {tensor.data<float>().begin(), tensor.data<float>().end()};
}

TEST(Pieces, AreTheWindowFromItsOldestToItsNewest) {
  const std::vector<engines::Port> whole = {port("x", {1, 2, 4}), port("still", {3})};
  const auto pieces = Pieces::create({{"x", -1, 2}}, whole);
  ASSERT_TRUE(pieces.ok()) << pieces.error().message;
  EXPECT_EQ(pieces->runs(), 2U);
  const std::vector<Tensor> sample = {counting({1, 2, 4}, 0), counting({3}, 10)};
  const auto first = pieces->of(sample, 0);
  EXPECT_EQ(first->at(0).shape(), (Shape{1, 2, 2}));
  EXPECT_EQ(values(first->at(0)), (std::vector<float>{0, 1, 4, 5}));
  EXPECT_EQ(values(pieces->of(sample, 1)->at(0)), (std::vector<float>{2, 3, 6, 7}));
  EXPECT_EQ(values(pieces->of(sample, 1)->at(1)), (std::vector<float>{10, 11, 12}));
}

TEST(Pieces, EndWithTheWindowWhereTheStepDoesNotDivideIt) {
  const std::vector<engines::Port> whole = {port("x", {1, 5}), port("short", {1, 2})};
  const auto pieces = Pieces::create({{"x", 1, 2}, {"short", 1, 1}}, whole);
  EXPECT_EQ(pieces->runs(), 3U);
  const std::vector<Tensor> sample = {counting({1, 5}, 1), counting({1, 2}, 8)};
  const std::vector<std::vector<float>> kWindow = {{0, 1}, {2, 3}, {4, 5}};
  const std::vector<std::vector<float>> kShort = {{0}, {8}, {9}};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(values(pieces->of(sample, i)->at(0)), kWindow[i]) << i;
    EXPECT_EQ(values(pieces->of(sample, i)->at(1)), kShort[i]) << i;
  }
}

TEST(SlidesText, SaysWhatACallerGives) {
  const std::vector<engines::Port> whole = {port("x", {1, 16, 50}), port("y", {1, 8})};
  EXPECT_EQ(slides_text({{"x", -1, 1}, {"y", 1, 2}}, whole),
            "its windows slide: a run takes the newest 1 of 50 positions of x along axis 2, and 2 "
            "of 8 positions of y along axis 1");
}

TEST(Pieces, RefuseWhatIsNoAxis) {
  const std::vector<engines::Port> whole = {port("x", {1, 5})};
  EXPECT_FALSE(Pieces::create({{"y", 1, 1}}, whole).ok());
  EXPECT_FALSE(Pieces::create({{"x", 2, 1}}, whole).ok());
  EXPECT_FALSE(Pieces::create({{"x", 1, 0}}, whole).ok());
}

// The sum of a window of four, of which a run brings `step`; `forgets`: all but the newest three.
class Sum final : public engines::Session {
 public:
  explicit Sum(std::int64_t step, bool forgets = false)
      : input_(port("x", {1, step})), output_(port("y", {1})), forgets_(forgets) {}
  std::span<const engines::Port> inputs() const override { return {&input_, 1}; }
  std::span<const engines::Port> outputs() const override { return {&output_, 1}; }
  Status run(std::span<const void* const> inputs, std::span<void* const> outputs) override {
    const auto* const x = static_cast<const float*>(inputs[0]);
    const std::size_t step = input_.bytes / sizeof(float);
    std::rotate(window_, window_ + step % 4, window_ + 4);
    std::copy(x, x + step, window_ + 4 - step);
    *static_cast<float*>(outputs[0]) =
        std::accumulate(window_ + (forgets_ ? 1 : 0), window_ + 4, 0.F);
    return {};
  }
  void reset() override { std::fill(window_, window_ + 4, 0.F); }

 private:
  engines::Port input_;
  engines::Port output_;
  bool forgets_;
  float window_[4] = {};
};

Status check(bool forgets) {
  Sum sliding(1, forgets);
  Sum whole(4);
  const Pieces pieces = *Pieces::create({{"x", 1, 1}}, whole.inputs());
  int left = 3;
  return check_sliding(sliding, whole, pieces, [&](std::vector<Tensor>& window) -> Result<bool> {
    window = {counting({1, 4}, static_cast<float>(left == 3 ? 0 : 10 * left))};
    return left-- > 0;
  });
}

TEST(CheckSliding, HoldsEachWindowAgainstTheWholeOne) {
  EXPECT_TRUE(check(false).ok());
  const Status forgetful = check(true);
  ASSERT_FALSE(forgetful.ok());
  // The oldest of the first window is 0, so that only the second one shows it.
  EXPECT_EQ(forgetful.error().message, "its output y is not the whole window's, of sample 1");
}

}  // namespace
}  // namespace slipway::choose
