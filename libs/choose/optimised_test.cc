#include "choose/optimised.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/str.h"
#include "graph/text.h"
#include "onnx/reader.h"
#include "optimize/optimize.h"
#include "tensor/tensor.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;
constexpr const char* kAutopilot = "examples/autopilot/autopilot.onnx";

class OptimisedTest : public testing::Test {
 protected:
  OptimisedTest()
      : file_(fs::path(testing::TempDir()) / str("optimised_test.", getpid(), ".onnx")) {}
  ~OptimisedTest() override { fs::remove(file_); }
  fs::path file_;
};

TEST_F(OptimisedTest, IsWrittenAndCounted) {
  const auto optimised = optimise_model(kAutopilot, {{"batch", 1}}, {}, file_);
  ASSERT_TRUE(optimised.ok()) << optimised.error().message;
  EXPECT_TRUE(optimised->is_used);
  EXPECT_LT(optimised->nodes_after, optimised->nodes_before);
  EXPECT_EQ(optimised->text,
            str("everything is made of the optimised model: ", optimised->nodes_after,
                " nodes where the model has ", optimised->nodes_before));
  EXPECT_EQ(read_model(file_)->graph.nodes.size(), optimised->nodes_after);
  // What has been optimised is not optimised again.
  const auto again = optimise_model(file_, {}, {}, file_.string() + ".again");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->nodes_after, optimised->nodes_after);
  fs::remove(file_.string() + ".again");
}

TEST_F(OptimisedTest, AResultThatGivesOtherNumbersIsNotUsed) {
  const Model model = *read_model(kAutopilot);
  Model result = model.clone();
  ASSERT_TRUE(optimize::optimize(result).ok());
  const std::map<std::string, std::int64_t> dims = {{"batch", 1}};
  EXPECT_EQ(difference_to(model, result, false, dims, {}), "");
  for (auto& [id, weights] : result.graph.initializers) {
    if (weights.dtype() != DType::kFloat32 || weights.size() < 100) continue;
    Tensor changed = *weights.direct();
    changed.mutable_data<float>()[7] += 3;
    weights = changed;
    break;
  }
  const std::string difference = difference_to(model, result, false, dims, {});
  EXPECT_NE(difference.find("gives other numbers: output rudder"), std::string::npos) << difference;
}

// y = Reshape(x, shape), of which random shapes are seldom right; `adds`: + 0 where it is 0.
Model reshaping(const std::string& adds) {
  return *parse_model(
      str("slipway-text 1\nir 8\nopset ai.onnx 17\ngraph g(%x: float[35], %shape: "
          "int64[2]) {\ninit %zero = float[] {",
          adds,
          "}\n%sum: float[35] = Add(%x, %zero)\n%y: float[a,b] = Reshape(%sum, "
          "%shape)\nreturn %y\n}\n"));
}

TEST_F(OptimisedTest, ASampleStandsInWhereNoRandomDataRuns) {
  const Model model = reshaping("0.0");
  EXPECT_NE(difference_to(model, model, true, {}, {}), "");
  const std::vector<NamedValue> sample = {{"x", Tensor::of(std::vector<float>(35, 2.0F))},
                                          {"shape", Tensor::of<std::int64_t>({5, 7})}};
  EXPECT_EQ(difference_to(model, model, true, {}, sample), "");
  EXPECT_NE(difference_to(model, reshaping("1.0"), true, {}, sample).find("y[0] is 3, it was 2"),
            std::string::npos);
}

TEST_F(OptimisedTest, AFileThatCannotBeWrittenIsAnError) {
  EXPECT_FALSE(optimise_model(kAutopilot, {}, {}, "/proc/no/such/file.onnx").ok());
}

TEST(BaseModelTest, GivesWayWhereOnlyTheModelAsItCameOpens) {
  struct Row {
    const char* name;
    bool opens_optimised;
    bool opens_original;
    bool gives_way;
  };
  const Row kRows[] = {{"opens both", true, true, false},
                       {"opens neither", false, false, false},
                       {"opens what came", false, true, true}};
  for (const Row& row : kRows) {
    BaseModel base("came.onnx", fs::path("optimised.onnx"));
    int asked = 0;
    const auto opens = [&](const std::string& engine, const fs::path& model) -> Status {
      EXPECT_EQ(engine, "other");
      ++asked;
      if (model == "came.onnx" ? row.opens_original : row.opens_optimised) return {};
      return Error{Code::kInvalid, "no kernel for Gelu"};
    };
    EXPECT_TRUE(base.is_optimised("other")) << row.name;
    EXPECT_EQ(base.gives_way("other", opens), row.gives_way) << row.name;
    const int before = asked;
    EXPECT_EQ(base.gives_way("other", opens), row.gives_way) << row.name;
    EXPECT_EQ(asked, before) << "engines are asked once";
    EXPECT_EQ(base.is_optimised("other"), !row.gives_way) << row.name;
    EXPECT_TRUE(base.is_optimised("native")) << row.name;
    ASSERT_EQ(base.notes().size(), row.gives_way ? 1U : 0U) << row.name;
    if (row.gives_way) {
      EXPECT_EQ(base.notes()[0],
                "other is given the model as it came, because it cannot load the optimised one: no "
                "kernel for Gelu");
    }
  }
}

TEST(BaseModelTest, WithoutAnOptimisedOneThereIsNothingToGive) {
  BaseModel base("came.onnx", std::nullopt);
  EXPECT_FALSE(base.is_optimised("native"));
  EXPECT_FALSE(base.gives_way("native", [](const std::string&, const fs::path&) -> Status {
    ADD_FAILURE() << "nobody needs to be asked";
    return {};
  }));
}

}  // namespace
}  // namespace slipway::choose
