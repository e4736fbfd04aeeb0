// What skl2onnx makes models of as plans: support vector machines, distances, polynomial features.
// The bits of the reference.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/str.h"
#include "compile/compile.h"
#include "compile/prove.h"
#include "graph/text.h"

namespace slipway::compile {
namespace {

// Numbers in eighths from a fixed sequence.
class Numbers {
 public:
  std::string list(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      const int eighths = static_cast<int>((state_ >> 33) % 64) - 32;
      text += str(i == 0 ? "" : ", ", eighths < 0 ? "-" : "", std::abs(eighths) / 8, ".",
                  std::abs(eighths) % 8 * 125);
    }
    return text;
  }

 private:
  std::uint64_t state_ = 1;
};

Result<Compiled> compiled_of(const std::string& signature, const std::string& body,
                             const std::string& outputs) {
  const Result<Model> model =
      parse_model(str("slipway-text 1\nir 8\nopset ai.onnx 17\nopset ai.onnx.ml 3\ngraph g(",
                      signature, ") {\n", body, "\nreturn ", outputs, "\n}\n"));
  if (!model.ok()) return model.error();
  return compile_model(model->clone(), {});
}

// By kernels alone, of which `kernel` is one; with the reference's bits on every instruction set.
void expect_plan(const std::string& name, const Result<Compiled>& compiled,
                 std::string_view kernel) {
  ASSERT_TRUE(compiled.ok()) << name << ": " << compiled.error().message;
  for (const StepNote& step : compiled->steps) EXPECT_NE(step.kernel, "interpret") << name;
  EXPECT_TRUE(std::ranges::any_of(compiled->steps, [&](const StepNote& step) {
    return step.kernel == kernel;
  })) << name;
  const auto inputs = sample_inputs(compiled->model, 3);
  ASSERT_TRUE(inputs.ok());
  const Status proof = prove(*compiled, *inputs, {{}, {1, 3}});
  EXPECT_TRUE(proof.ok()) << name << ": " << proof.error().message;
}

// Whether some step runs by the reference.
bool is_interpreted(const Compiled& compiled) {
  return std::ranges::any_of(compiled.steps,
                             [](const StepNote& step) { return step.kernel == "interpret"; });
}

constexpr const char* kKinds[] = {"LINEAR", "RBF", "SIGMOID", "POLY"};
constexpr std::size_t kColumns = 5;

std::string kernel_of(std::string_view kind, std::string_view degree = "3.0") {
  return str("kernel_type=\"", kind, "\", kernel_params=[0.25, 0.5, ", degree, "]");
}

TEST(Svm, Regressors) {
  for (const char* kind : kKinds) {
    for (const std::size_t vectors : {1U, 16U, 45U}) {
      for (const bool is_one_class : {false, true}) {
        Numbers numbers;
        const std::string node =
            str("%y = ai.onnx.ml::SVMRegressor(%x) {", kernel_of(kind), ", n_supports=", vectors,
                ", support_vectors=[", numbers.list(vectors * kColumns), "], coefficients=[",
                numbers.list(vectors), "], rho=[0.3], one_class=", is_one_class ? 1 : 0, "}");
        expect_plan(str(kind, ' ', vectors), compiled_of("%x: float[70,5]", node, "%y"), "svm");
      }
    }
  }
}

struct Machine {
  const char* name;
  std::vector<std::size_t> per_class;
  bool has_probability;
};

std::string classifier(const Machine& machine, const std::string& kernel,
                       std::string_view transform) {
  Numbers numbers;
  std::string counts, labels;
  std::size_t vectors = 0;
  for (std::size_t c = 0; c < machine.per_class.size(); ++c) {
    counts += str(c == 0 ? "" : ", ", machine.per_class[c]);
    labels += str(c == 0 ? "" : ", ", 10 - 3 * static_cast<int>(c));
    vectors += machine.per_class[c];
  }
  const std::size_t classes = machine.per_class.size();
  const std::size_t pairs = classes * (classes - 1) / 2;
  std::string text =
      str("%y, %z = ai.onnx.ml::SVMClassifier(%x) {", kernel, ", vectors_per_class=[", counts,
          "], support_vectors=[", numbers.list(vectors * kColumns), "], coefficients=[",
          numbers.list(vectors * (classes - 1)), "], rho=[", numbers.list(pairs),
          "], classlabels_ints=[", labels, "], post_transform=\"", transform, "\"");
  if (machine.has_probability)
    text += str(", prob_a=[", numbers.list(pairs), "], prob_b=[", numbers.list(pairs), "]");
  return text + "}";
}

TEST(Svm, Classifiers) {
  const Machine machines[] = {
      {"two classes", {20, 13}, false},
      {"two classes, probabilities", {20, 13}, true},
      {"five classes, one without vectors", {3, 17, 0, 40, 16}, false},
      {"five classes, probabilities", {3, 17, 1, 40, 16}, true},
  };
  for (const Machine& machine : machines) {
    for (const char* kind : kKinds) {
      expect_plan(
          str(machine.name, ' ', kind),
          compiled_of("%x: float[70,5]", classifier(machine, kernel_of(kind), "NONE"), "%y, %z"),
          "svm classes");
    }
    expect_plan(machine.name,
                compiled_of("%x: float[7,5]", classifier(machine, kernel_of("POLY", "2.5"), "NONE"),
                            "%y, %z"),
                "svm classes");
    for (const char* transform : {"SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"}) {
      expect_plan(
          str(machine.name, ' ', transform),
          compiled_of("%x: float[7,5]", classifier(machine, kernel_of("RBF"), transform), "%y, %z"),
          "svm classes");
    }
  }
}

std::string distances(std::string_view sub, std::string_view reduce) {
  Numbers numbers;
  return str("init %v = float[37,5] {", numbers.list(37 * kColumns),
             "}\n%s, %d = Scan(%x, %v) {num_scan_inputs=1, body=graph b(%a: float[33,5], %b: "
             "float[5]) {\n%i = Identity(%a)\n%c = ",
             sub, "\n%r = ", reduce,
             "\n%o = Identity(%r)\nreturn %i, %o\n}}\n%t = Transpose(%d) {perm=[1,0]}\n"
             "%y = Sqrt(%t)");
}

TEST(Distances, ScansOfDifferences) {
  constexpr const char* kSum = "ReduceSumSquare(%c) {axes=[1], keepdims=0}";
  for (const char* sub : {"Sub(%a, %b)", "Sub(%b, %a)"})
    expect_plan(sub, compiled_of("%x: float[33,5]", distances(sub, kSum), "%y"), "distances");
}

TEST(Distances, AnyOtherScanIsLeft) {
  struct Row {
    const char* sub;
    const char* reduce;
  };
  const Row rows[] = {
      {"Add(%a, %b)", "ReduceSumSquare(%c) {axes=[1], keepdims=0}"},
      {"Sub(%a, %a)", "ReduceSumSquare(%c) {axes=[1], keepdims=0}"},
      {"Sub(%a, %b)", "ReduceSumSquare(%c) {axes=[0], keepdims=0}"},
      {"Sub(%a, %b)", "ReduceL1(%c) {axes=[1], keepdims=0}"},
  };
  for (const Row& row : rows) {
    const auto compiled = compiled_of("%x: float[33,5]", distances(row.sub, row.reduce), "%y");
    ASSERT_TRUE(compiled.ok()) << row.sub << ": " << compiled.error().message;
    EXPECT_TRUE(is_interpreted(*compiled)) << row.sub << ' ' << row.reduce;
  }
}

TEST(Picked, ColumnsOfATable) {
  struct Row {
    const char* name;
    const char* places;
    const char* signature;
    const char* kernel;
  };
  const Row rows[] = {
      {"one", "int64[1] {3}", "%x: float[33,5]", "view"},
      {"evenly apart", "int64[2] {1, 3}", "%x: float[33,5]", "view"},
      {"backwards", "int64[3] {3, 2, 1}", "%x: float[33,5]", "view"},
      {"in any order", "int64[4] {3, 0, 0, 4}", "%x: float[33,5]", "gather"},
      {"of a vector", "int64[3] {3, 0, 4}", "%x: float[5]", "gather"},
      {"of integers", "int64[3] {3, 0, 4}", "%x: int64[33,5]", "gather"},
      {"of three axes", "int64[3] {3, 0, 4}", "%x: float[3,4,5]", "gather"},
  };
  for (const Row& row : rows) {
    expect_plan(row.name,
                compiled_of(row.signature,
                            str("init %p = ", row.places,
                                "\n%y = ai.onnx.ml::ArrayFeatureExtractor(%x, %p)"),
                            "%y"),
                row.kernel);
  }
  expect_plan("where the greatest are",
              compiled_of("%x: float[33,5]",
                          "init %l = int64[5] {7, 5, 3, 2, 1}\ninit %k = int64[1] {2}\n"
                          "%v, %i = TopK(%x, %k)\n%f = Flatten(%i)\n"
                          "%y = ai.onnx.ml::ArrayFeatureExtractor(%l, %f)",
                          "%y"),
              "gather");
}

TEST(Picked, PlacesFromOutsideAreLeft) {
  const auto compiled = compiled_of("%x: float[33,5], %p: int64[2]",
                                    "%y = ai.onnx.ml::ArrayFeatureExtractor(%x, %p)", "%y");
  ASSERT_TRUE(compiled.ok());
  EXPECT_TRUE(is_interpreted(*compiled));
}

// A product for each list of columns, joined.
std::string products(const std::vector<const char*>& lists, std::string_view more) {
  std::string body, joined;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const auto count = std::ranges::count(std::string_view(lists[i]), ',') + 1;
    body += str("init %p", i, " = int64[", count, "] {", lists[i], "}\n%c", i,
                " = ai.onnx.ml::ArrayFeatureExtractor(%x, %p", i, ")\n%r", i, " = ReduceProd(%c", i,
                ") {axes=[1]}\n");
    joined += str(i == 0 ? "" : ", ", "%r", i);
  }
  return str(body, more, "%y = Concat(", joined, more.empty() ? "" : ", %m", ") {axis=1}");
}

TEST(ColumnProducts, PolynomialFeatures) {
  const std::vector<std::vector<const char*>> rows = {
      {"0", "1", "0, 1"},
      {"0", "0, 0", "1, 4", "2, 2, 3", "0, 1, 4, 4"},
      {"0, 1, 2, 3, 4", "4, 4, 4, 4, 4, 4, 4, 4, 4"},
  };
  for (const auto& lists : rows) {
    expect_plan(lists.back(), compiled_of("%x: float[33,5]", products(lists, ""), "%y"),
                "column products");
  }
  expect_plan("and a column of ones",
              compiled_of("%x: float[3,5]",
                          products(rows[1], "init %m = float[3,1] {1.0, 1.0, 1.0}\n"), "%y"),
              "column products");
  expect_plan("and the columns themselves",
              compiled_of("%x: float[33,5]",
                          products(rows[1],
                                   "init %q = int64[2] {4, 0}\n%m = "
                                   "ai.onnx.ml::ArrayFeatureExtractor(%x, %q)\n"),
                          "%y"),
              "column products");
  expect_plan("beside something else",
              compiled_of("%x: float[33,5]", products(rows[1], "%m = Neg(%x)\n"), "%y"), "concat");
}

constexpr const char* kTransforms[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};

TEST(LinearModels, Regressors) {
  for (const std::size_t targets : {1U, 3U, 40U}) {
    for (const bool has_intercepts : {false, true}) {
      Numbers numbers;
      std::string node = str("%y = ai.onnx.ml::LinearRegressor(%x) {targets=", targets,
                             ", coefficients=[", numbers.list(targets * kColumns), "]");
      if (has_intercepts) node += str(", intercepts=[", numbers.list(targets), "]");
      expect_plan(str(targets, " targets"), compiled_of("%x: float[70,5]", node + "}", "%y"),
                  "gemm");
    }
  }
}

TEST(LinearModels, Classifiers) {
  for (const char* transform : kTransforms) {
    for (const auto& [targets, labels] :
         {std::pair{1U, "4, 7"}, std::pair{2U, "4, 7"}, std::pair{3U, "4, 7, 1"}}) {
      Numbers numbers;
      expect_plan(str(transform, ' ', targets),
                  compiled_of("%x: float[70,5]",
                              str("%y, %z = ai.onnx.ml::LinearClassifier(%x) {coefficients=[",
                                  numbers.list(targets * kColumns), "], intercepts=[",
                                  numbers.list(targets), "], classlabels_ints=[", labels,
                                  "], post_transform=\"", transform, "\"}"),
                              "%y, %z"),
                  "linear classes");
    }
  }
}

TEST(LinearModels, RowsMadeReady) {
  struct Row {
    const char* node;
    const char* kernel;
  };
  const Row rows[] = {
      {"ai.onnx.ml::Scaler(%m) {offset=[1.0, 2.0, 0.5, 0.0, -1.0], scale=[0.5, 0.3, 1.0, 2.0, "
       "-0.1]}",
       "chain"},
      {"ai.onnx.ml::Scaler(%m) {offset=[1.0], scale=[0.5, 0.3, 1.0, 2.0, -0.1]}", "chain"},
      {"ai.onnx.ml::Scaler(%m) {scale=[0.3]}", "chain"},
      {"ai.onnx.ml::Normalizer(%m) {norm=\"L1\"}", "normalizer"},
      {"ai.onnx.ml::Normalizer(%m) {norm=\"L2\"}", "normalizer"},
      {"ai.onnx.ml::Normalizer(%m) {norm=\"MAX\"}", "normalizer"},
      {"LpNormalization(%m) {axis=1, p=1}", "normalizer"},
      {"LpNormalization(%m)", "normalizer"},
      {"ai.onnx.ml::Imputer(%m) {imputed_value_floats=[1.0, 2.0, 3.0, 4.0, 5.0]}", "where"},
      {"ai.onnx.ml::Imputer(%m) {imputed_value_floats=[9.0], replaced_value_float=nan}", "where"},
  };
  for (const Row& row : rows) {
    // Some elements are 0, and some no number.
    expect_plan(
        row.node,
        compiled_of("%x: float[33,5]", str("%f = Floor(%x)\n%m = Sqrt(%f)\n%y = ", row.node), "%y"),
        row.kernel);
  }
}

TEST(WholeNumbers, SumsAndTables) {
  struct Row {
    const char* node;
    const char* kernel;
  };
  const Row rows[] = {
      {"Add(%x, %x)", "whole numbers"},
      {"Sub(%c, %x)", "whole numbers"},
      {"Mul(%x, %r)", "whole numbers"},
      {"ai.onnx.ml::LabelEncoder(%x) {keys_int64s=[3, -1, 0, 3], values_int64s=[5, 6, 7, 8]}",
       "look up"},
      {"ai.onnx.ml::LabelEncoder(%x) {keys_int64s=[2, 1, 0], values_floats=[0.5, 0.25, 1.5], "
       "default_float=9.0}",
       "look up"},
      {"ai.onnx.ml::LabelEncoder(%x) {keys_int64s=[7], values_int64s=[1], default_int64=2}",
       "look up"},
  };
  for (const Row& row : rows) {
    expect_plan(row.node,
                compiled_of("%x: int64[33,5]",
                            str("init %c = int64[1] {9223372036854775807}\n"
                                "init %r = int64[5] {1, -2, 4611686018427387904, 0, 7}\n%y = ",
                                row.node),
                            "%y"),
                row.kernel);
  }
}

TEST(Products, WithFactorsAndWithAnythingAdded) {
  struct Row {
    const char* name;
    const char* node;
  };
  const Row rows[] = {
      {"alpha", "Gemm(%x, %w, %b) {alpha=-2.0}"},
      {"alpha and beta", "Gemm(%x, %w, %b) {alpha=0.3, beta=0.7}"},
      {"beta is 0", "Gemm(%x, %w, %b) {beta=0.0}"},
      {"a column", "Gemm(%x, %w, %c) {beta=0.7}"},
      {"a column that is computed", "Gemm(%x, %w, %m) {alpha=-2.0}"},
      {"turned", "Gemm(%x, %t, %m) {alpha=-2.0, transB=1}"},
  };
  for (const Row& row : rows) {
    Numbers numbers;
    expect_plan(
        row.name,
        compiled_of("%x: float[6,5]",
                    str("init %w = float[5,3] {", numbers.list(15), "}\ninit %t = float[3,5] {",
                        numbers.list(15), "}\ninit %b = float[3] {", numbers.list(3),
                        "}\ninit %c = float[6,1] {", numbers.list(6),
                        "}\n%m = ReduceSumSquare(%x) {axes=[1]}\n%y = ", row.node),
                    "%y"),
        "gemm");
  }
}

TEST(Products, OfAVectorOnTheRight) {
  Numbers numbers;
  for (const char* tail : {"%y = Identity(%m)", "%y = Relu(%m)", "%y = Add(%m, %b)"}) {
    expect_plan(
        tail,
        compiled_of("%x: float[33,70]",
                    str("init %v = float[70] {", numbers.list(70), "}\ninit %b = float[33] {",
                        numbers.list(33), "}\n%m = MatMul(%x, %v)\n", tail),
                    "%y"),
        "gemm");
  }
}

}  // namespace
}  // namespace slipway::compile
