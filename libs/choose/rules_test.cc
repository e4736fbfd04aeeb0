// What a recipe and an earlier build demand of this one: versions.h, contract.h.
#include "base/str.h"
#include "choose/contract.h"
#include "choose/versions.h"

namespace slipway::choose {
namespace {

report::ModelFacts facts(const std::string& version, const std::string& input = "float[1,3]") {
  return {.name = "boat",
          .version = version,
          .file = "boat.onnx",
          .hash = "a",
          .inputs = {{"x", input}},
          .outputs = {{"y", "float[1]"}},
          .more = {}};
}

TEST(Versions, AChangedSignatureDemandsANewMajor) {
  for (const char* version : {"1.2.0", "1.3.0", "1.9.9", "0.1.0"}) {
    const auto checked = check_version(facts(version, "float[1,4]"), facts("1.2.0"));
    ASSERT_FALSE(checked.ok()) << version;
    EXPECT_EQ(checked.error().message,
              "the signature of boat changed since version 1.2.0: input 'x' float[1,3] is now 'x' "
              "float[1,4]. That demands a new major version: write version = \"2.0.0\"");
  }
  EXPECT_TRUE(check_version(facts("2.0.0", "float[1,4]"), facts("1.2.0")).ok());
  EXPECT_TRUE(check_version(facts("2.0.0-rc.1", "float[1,4]"), facts("1.2.0")).ok());
}

TEST(Versions, PortsThatCameAndWent) {
  report::ModelFacts more = facts("1.0.0");
  more.outputs.push_back({"z", "int64[2]"});
  EXPECT_NE(check_version(more, facts("1.0.0")).error().message.find("output 'z' int64[2] is new"),
            std::string::npos);
  EXPECT_NE(check_version(facts("1.0.0"), more).error().message.find("output 'z' int64[2] is gone"),
            std::string::npos);
}

TEST(Versions, NotesWhatIsOnlyOdd) {
  report::ModelFacts changed = facts("1.2.0");
  changed.hash = "b";
  EXPECT_EQ(check_version(changed, facts("1.2.0"))->at(0),
            "the model changed and its version did not: 1.2.0 now names two models");
  EXPECT_EQ(check_version(facts("1.1.0"), facts("1.2.0"))->size(), 1U);
  EXPECT_EQ(check_version(facts("1.2.0"), facts("1.2.0"))->size(), 0U);
  EXPECT_EQ(check_version(facts("1.2.1"), facts("1.2.0"))->size(), 0U);
  report::ModelFacts other = facts("1.0.0", "int8[9]");
  other.name = "car";
  EXPECT_TRUE(check_version(other, facts("1.2.0")).ok());
}

Graph graph() {
  Graph graph;
  graph.inputs.push_back(graph.add_value(
      "sensors", Type::tensor(DType::kFloat32, Dims{Dim::symbol("batch"), Dim(20), Dim(25)})));
  graph.outputs.push_back(
      graph.add_value("rudder", Type::tensor(DType::kFloat32, Dims{Dim::symbol("batch"), Dim(2)})));
  graph.outputs.push_back(graph.add_value("name", Type::tensor(DType::kString, Dims{Dim(1)})));
  return graph;
}

TEST(Contract, SaysWhatDoesNotFitTheModel) {
  struct Row {
    const char* name;
    const char* text;
    const char* message;  // "": it fits
  };
  const Row kRows[] = {
      {"fits", "[inputs.sensors]\nwindow_axis = -2\nwindow_step = 20\nmean = 0.5\n", ""},
      {"fits_lists", "[outputs.rudder]\nclamp = [-1, 1]\nsafe_value = [0, 0]\n", ""},
      {"misspelt", "[inputs.sensor]\nrate_hz = 5\n",
       "recipe: [inputs.sensor]: the model has no input 'sensor': did you mean 'sensors'?"},
      {"no_output", "[outputs.speed]\nclamp = [0, 1]\n",
       "the model has no output 'speed': it has name, rudder"},
      {"mean", "[inputs.sensors]\nmean = [1, 2]\n", "mean has 2 values, and the last axis of"},
      {"axis", "[inputs.sensors]\nwindow_axis = 3\n",
       "window_axis is 3, and float[batch,20,25] has 3"},
      {"step", "[inputs.sensors]\nwindow_axis = 1\nwindow_step = 21\n",
       "more than the window of 20"},
      {"clamp", "[outputs.name]\nclamp = [0, 1]\n", "clamp is for numbers, and this is string[1]"},
      {"safe", "[outputs.rudder]\nsafe_value = [1, 2, 3]\n", "safe_value has 3 values"},
      {"publish", "[links.a]\nkind = \"mqtt\"\npublish = \"ruder\"\n", "did you mean 'rudder'?"},
      {"subscribe", "[links.a]\nkind = \"mqtt\"\nsubscribe = \"rudder\"\n",
       "has no input 'rudder'"},
  };
  for (const Row& row : kRows) {
    const auto recipe = recipe::parse_recipe(
        str("[model]\nname = \"a\"\nversion = \"1.0.0\"\nfile = \"a\"\n", row.text), "r");
    ASSERT_TRUE(recipe.ok()) << row.name << recipe.error().message;
    const Status status = check_contract(*recipe, graph());
    if (std::string(row.message).empty()) {
      EXPECT_TRUE(status.ok()) << row.name << status.error().message;
      continue;
    }
    ASSERT_FALSE(status.ok()) << row.name;
    EXPECT_NE(status.error().message.find(row.message), std::string::npos)
        << row.name << ": " << status.error().message;
  }
}

}  // namespace
}  // namespace slipway::choose
