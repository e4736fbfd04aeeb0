// Goldens: golden/NAME.txt has models before and after a pass, golden/opset/NAME.txt before and
// after a conversion. `optimize_test --update` writes what follows each "--- after".
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/str.h"
#include "graph/problem.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "ops/check.h"
#include "ops/infer.h"
#include "optimize/check_same.h"
#include "optimize/list.h"
#include "optimize/opset/convert.h"
#include "passes/list.h"

namespace slipway::optimize {
namespace {

const std::filesystem::path kFolder = "libs/optimize/golden";  // from the top of the sources

bool updates() { return std::ranges::count(::testing::internal::GetArgvs(), "--update") != 0; }

struct Example {
  std::string title;  // "name", or "name: to 13" of a conversion
  std::string before, after;
};

// "=== title", the model, "--- after", the model or "error: ...".
std::vector<Example> read_examples(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<Example> examples;
  std::string line;
  bool is_after = false;
  while (std::getline(in, line)) {
    if (line.starts_with("=== ")) {
      examples.push_back({line.substr(4), "", ""});
      is_after = false;
    } else if (line == "--- after") {
      is_after = true;
    } else if (!examples.empty()) {
      (is_after ? examples.back().after : examples.back().before) += line + "\n";
    }
  }
  return examples;
}

void write_examples(const std::filesystem::path& file, const std::vector<Example>& examples) {
  std::ofstream out(file);
  for (const Example& example : examples)
    out << "=== " << example.title << "\n" << example.before << "--- after\n" << example.after;
}

Result<Model> typed_model(const Example& example) {
  Model model = TRY(parse_model("slipway-text 1\n" + example.before));
  Problems problems;
  check_model(model, problems);
  if (const Problem* const fault = first_fault(problems))
    return Error{Code::kInvalid, to_text(*fault)};
  return model;
}

std::string text_of(Model& model) {
  Problems problems;
  infer_types(model, problems);
  const std::string text = print(model);  // without its first line, which is always the same
  return text.substr(text.find('\n') + 1);
}

void expect_runs_alike(const Model& before, const Model& after, bool exact,
                       const std::string& where) {
  Problems problems;
  check_model(after, problems);
  const Problem* const fault = first_fault(problems);
  ASSERT_EQ(fault, nullptr) << where << ": " << to_text(*fault);
  const auto report = check_same(before, after, {.exact = exact});
  ASSERT_TRUE(report.ok()) << where << ": " << report.error().message;
  EXPECT_EQ(report->runs, 3U) << where;
}

template <typename Change>
void run_file(const std::filesystem::path& file, Change change) {
  std::vector<Example> examples = read_examples(file);
  ASSERT_FALSE(examples.empty()) << file << " has no examples";
  for (Example& example : examples) {
    const std::string where = str(file.filename().string(), ", ", example.title);
    Result<Model> model = typed_model(example);
    ASSERT_TRUE(model.ok()) << where << ": " << model.error().message;
    const Model before = model->clone();
    if (file.stem() != "infer-shapes") text_of(*model);
    const std::string after = change(example, before, *model, where);
    if (updates()) {
      example.after = after;
    } else {
      EXPECT_EQ(example.after, after) << where << ": --update rewrites it";
    }
  }
  if (updates()) write_examples(file, examples);
}

TEST(Golden, EveryPassHasOne) {
  for (const Pass& pass : passes()) {
    const std::filesystem::path file = kFolder / (std::string(pass.name) + ".txt");
    SCOPED_TRACE(pass.name);
    run_file(file,
             [&](const Example&, const Model& before, Model& model, const std::string& where) {
               const Result<std::string> done = pass.run(model);
               EXPECT_TRUE(done.ok()) << where;
               EXPECT_EQ(where.find("stays") != std::string::npos, done->empty())
                   << where << " was changed, or was not: " << *done;
               expect_runs_alike(before, model, !pass.changes_arithmetic, where);
               return text_of(model);
             });
  }
}

TEST(Golden, Conversions) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder / "opset")) {
    ++files;
    run_file(entry.path(), [&](const Example& example, const Model& before, Model& model,
                               const std::string& where) {
      const int version = std::stoi(example.title.substr(example.title.rfind(' ') + 1));
      const Result<std::string> done = convert_opset(model, version);
      if (!done.ok()) return str("error: ", done.error().message, "\n");
      const bool exact = entry.path().stem() != "formulas";
      expect_runs_alike(before, model, exact, where);
      return text_of(model);
    });
  }
  EXPECT_GE(files, 6U);
}

}  // namespace
}  // namespace slipway::optimize
