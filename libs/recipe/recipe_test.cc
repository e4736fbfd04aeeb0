#include "recipe/recipe.h"

#include <fstream>
#include <sstream>

#include "base/str.h"
#include "recipe/keys.h"
#include "recipe/starter.h"

namespace slipway::recipe {
namespace {

constexpr std::string_view kModel =
    "[model]\nname = \"boat\"\nversion = \"1.2.3\"\nfile = \"boat.onnx\"\n";

Result<Recipe> parse(std::string_view rest) { return parse_recipe(str(kModel, rest), "r.toml"); }

TEST(Recipe, ReadsEveryKey) {
  const Result<Recipe> recipe = parse(R"(
dims = { batch = 4 }
[samples]
file = "samples.npz"
labels = "labels.npy"
limit = 100
[budget]
p99_latency_ms = 5
accuracy_drop_percent = 0.5
memory_mib = 64.5
[build]
engines = ["native", "onnxruntime"]
precisions = "int8"
threads = [1, 2]
optimize = false
prune = [0.2, 0.4]
[engines.onnxruntime]
provider = "cpu"
device_id = 1
[targets.pi5]
board = "Raspberry Pi 5"
threads = 4
budget = { p99_latency_ms = 20 }
[inputs."a b"]
window_axis = 1
window_step = 2
rate_hz = 50
mean = [0.5, 1]
scale = 2
[outputs.rudder]
clamp = [-1, 1]
safe_value = 0
[links.cloud]
kind = "mqtt"
address = "mqtt://hub:1883"
topic = "boats/1"
publish = ["rudder"]
subscribe = "a b"
[rollout]
stages_percent = [5, 25, 100]
soak_minutes = 30
max_failures_percent = 2
)");
  ASSERT_TRUE(recipe.ok()) << recipe.error().message;
  EXPECT_EQ(recipe->model.name, "boat");
  EXPECT_EQ(recipe->model.version.text(), "1.2.3");
  EXPECT_EQ(recipe->model.dims.at("batch"), 4);
  EXPECT_EQ(recipe->samples->file, "samples.npz");
  EXPECT_EQ(recipe->samples->labels, "labels.npy");
  EXPECT_EQ(recipe->samples->limit, 100U);
  EXPECT_EQ(recipe->budget.p99_latency_ms, 5.0);
  EXPECT_EQ(recipe->budget.memory_mib, 64.5);
  EXPECT_EQ(recipe->tries.precisions, std::vector<std::string>{"int8"});
  EXPECT_EQ(recipe->tries.threads, (std::vector<std::size_t>{1, 2}));
  EXPECT_FALSE(recipe->optimizes);
  EXPECT_TRUE(parse("[build]\nthreads = 1\n")->optimizes);
  EXPECT_EQ(recipe->prunes, (std::vector<double>{0.2, 0.4}));
  EXPECT_EQ(recipe->engine_options.at("onnxruntime").at("device_id"), "1");
  EXPECT_EQ(recipe->inputs.at("a b").window_step, 2);
  EXPECT_EQ(recipe->inputs.at("a b").mean, (std::vector<double>{0.5, 1}));
  EXPECT_EQ(recipe->outputs.at("rudder").clamp, (std::pair<double, double>{-1, 1}));
  EXPECT_EQ(recipe->outputs.at("rudder").safe_value, std::vector<double>{0});
  EXPECT_EQ(recipe->links.at("cloud").publish, std::vector<std::string>{"rudder"});
  EXPECT_EQ(recipe->rollout->stages_percent, (std::vector<double>{5, 25, 100}));

  const Result<Recipe> pi5 = for_target(*recipe, "pi5");
  ASSERT_TRUE(pi5.ok());
  EXPECT_EQ(pi5->budget.p99_latency_ms, 20.0);
  EXPECT_EQ(pi5->budget.accuracy_drop_percent, 0.5);
  EXPECT_EQ(pi5->tries.threads, std::vector<std::size_t>{4});
  EXPECT_EQ(pi5->tries.engines.size(), 2U);
  EXPECT_EQ(pi5->board, "Raspberry Pi 5");
  EXPECT_EQ(for_target(*recipe, "pi").error().message,
            "the recipe has no target 'pi': did you mean 'pi5'?");
}

struct Row {
  const char* name;
  const char* text;  // after [model]
  const char* message;
};

TEST(Recipe, SaysWhatIsWrongAndWhere) {
  const Row kRows[] = {
      {"syntax", "[samples\n", "r.toml:5:"},
      {"misspelt_section", "[budgets]\n",
       "r.toml:5:2: a recipe has no key 'budgets': did you mean 'budget'?"},
      {"misspelt_key", "[budget]\np99_latencyms = 5\n",
       "r.toml:6:1: [budget] has no key 'p99_latencyms': did you mean 'p99_latency_ms'?"},
      {"misspelt_in_target", "[targets.pi]\nthread = 1\n",
       "r.toml:6:1: [targets.pi] has no key 'thread': did you mean 'threads'?"},
      {"key_of_elsewhere", "[budget]\nsoak_minutes = 5\n",
       "r.toml:6:1: [budget] has no key 'soak_minutes': it belongs into [rollout]"},
      {"unknown", "[budget]\ncolour = 5\n",
       "r.toml:6:1: [budget] has no key 'colour': it has p99_latency_ms, accuracy_drop_percent, "
       "memory_mib"},
      {"no_number", "[budget]\np99_latency_ms = \"5 ms\"\n",
       "r.toml:6:18: budget.p99_latency_ms: must be a number from"},
      {"not_finite", "[budget]\nmemory_mib = inf\n", "budget.memory_mib: must be a number"},
      {"percent", "[budget]\naccuracy_drop_percent = 101\n",
       "budget.accuracy_drop_percent: must be a number from 0 to 100"},
      {"precision", "[build]\nprecisions = [\"int9\"]\n",
       "r.toml:6:14: build.precisions: there is no 'int9': did you mean 'int8'?"},
      {"threads", "[build]\nthreads = [0]\n", "build.threads: holds a whole number where"},
      {"empty_list", "[build]\nthreads = []\n", "build.threads: is an empty list: take it out"},
      {"flag", "[build]\noptimize = 1\n",
       "r.toml:6:12: build.optimize: is a whole number, write true or false"},
      {"prune_all", "[build]\nprune = [0.2, 1]\n", "build.prune: holds shares of the channels"},
      {"clamp", "[outputs.y]\nclamp = [1, -1]\n",
       "outputs.y.clamp: must be the lowest and the highest"},
      {"unsafe", "[outputs.y]\nclamp = [-1, 1]\nsafe_value = 2\n", "lies outside the clamp"},
      {"scale", "[inputs.x]\nscale = [1, 0]\n", "may not be 0"},
      {"no_axis", "[inputs.x]\nwindow_step = 2\n", "goes with window_axis"},
      {"link", "[links.a]\nkind = \"mqqt\"\n", "did you mean 'mqtt'?"},
      {"stages", "[rollout]\nstages_percent = [50, 5]\n", "must grow from stage to stage"},
      {"not_a_table", "[links]\na = 1\n", "r.toml:6:1: links.a stands alone"},
      {"date", "[samples]\nfile = 2020-01-01\n", "samples.file: is a date or a time, write text"},
      {"zero_byte", "[samples]\nfile = \"a\\u0000b\"\n",
       "samples.file: is text, write text in quotes"},
  };
  for (const Row& row : kRows) {
    const Result<Recipe> recipe = parse(row.text);
    ASSERT_FALSE(recipe.ok()) << row.name;
    EXPECT_NE(recipe.error().message.find(row.message), std::string::npos)
        << row.name << ": " << recipe.error().message;
    EXPECT_EQ(recipe.error().code, Code::kInvalid) << row.name;
  }
}

TEST(Recipe, ModelIsNeeded) {
  EXPECT_EQ(parse_recipe("", "r").error().message,
            "r:1:1: the section [model] is missing: slipway init MODEL writes one");
  EXPECT_EQ(parse_recipe("[model]\nversion = \"1.0.0\"", "r").error().message,
            "r:1:2: [model] lacks 'name': add name = \"...\"");
  EXPECT_NE(parse_recipe("[model]\nname=\"a/b\"\nversion=\"1.0.0\"\nfile=\"x\"", "r")
                .error()
                .message.find("model.name: may have letters"),
            std::string::npos);
  EXPECT_NE(parse_recipe("[model]\nname=\"a\"\nversion=\"1.0\"\nfile=\"x\"", "r")
                .error()
                .message.find("r:3:9: model.version: '1.0' is no semantic version"),
            std::string::npos);
}

TEST(Recipe, TheDocumentHasEveryKey) {
  std::ifstream file("docs/formats/recipe.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const KeyRow& row : all_keys()) {
    if (row.section.empty()) continue;
    EXPECT_NE(text.str().find(str("| `", row.key, "` |")), std::string::npos) << row.key;
    EXPECT_NE(text.str().find(str("[", row.section, "]")), std::string::npos) << row.section;
  }
}

TEST(Starter, IsARecipeWhateverTheNames) {
  Model model;
  Graph& graph = model.graph;
  const std::vector<std::string> names = {"x", "a \"b\"\n[model]", "\xff\x00z", "tab\there", "\\",
                                          ""};
  for (const std::string& name : names) {
    graph.inputs.push_back(graph.add_value(
        name, Type::tensor(DType::kFloat32, Dims{Dim::symbol("batch\n\""), Dim(3)})));
  }
  graph.outputs.push_back(graph.add_value("\u00e9\x01", Type::tensor(DType::kInt64, Dims{Dim(1)})));
  for (const std::string file : {"boat.onnx", "folder/a b\"c.onnx", "\xfe.onnx"}) {
    const std::string text = starter_recipe(model, file);
    const Result<Recipe> recipe = parse_recipe(text, "r");
    ASSERT_TRUE(recipe.ok()) << recipe.error().message << "\n" << text;
    EXPECT_EQ(recipe->inputs.size(), names.size());
    EXPECT_EQ(recipe->model.dims.at("batch\n\""), 1);
    EXPECT_EQ(recipe->budget.accuracy_drop_percent, 1.0);
  }
}

}  // namespace
}  // namespace slipway::recipe
