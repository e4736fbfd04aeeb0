// Support vector machines, computed in double and rounded once: their decisions are long sums of
// exponentials that other implementations take in double, too.
#include <algorithm>
#include <cmath>

#include "kernels/numeric/float_math.h"
#include "ops/ml/post_transform.h"
#include "ops/ml/table.h"
#include "ops/op.h"

namespace slipway {
namespace {

enum class Kernel : std::uint8_t { kLinear, kPoly, kRbf, kSigmoid };

struct SvmKernel {
  Kernel kind = Kernel::kLinear;
  double gamma = 0;
  double coef0 = 0;
  double degree = 0;

  double operator()(const double* x, const float* vector, std::size_t count) const {
    double sum = 0;
    if (kind == Kernel::kRbf) {
      for (std::size_t i = 0; i < count; ++i) {
        const double difference = x[i] - static_cast<double>(vector[i]);
        sum += difference * difference;
      }
      return numeric::exp(-gamma * sum);
    }
    for (std::size_t i = 0; i < count; ++i) sum += x[i] * static_cast<double>(vector[i]);
    if (kind == Kernel::kPoly) return numeric::pow(sum * gamma + coef0, degree);
    if (kind == Kernel::kSigmoid) return numeric::tanh(sum * gamma + coef0);
    return sum;
  }
};

Result<SvmKernel> read_kernel(const NodeView& view) {
  SvmKernel kernel;
  const std::string text = view.get_string("kernel_type", "LINEAR");
  if (text == "POLY") {
    kernel.kind = Kernel::kPoly;
  } else if (text == "RBF") {
    kernel.kind = Kernel::kRbf;
  } else if (text == "SIGMOID") {
    kernel.kind = Kernel::kSigmoid;
  } else if (text != "LINEAR") {
    return view.fail("kernel_type is '", text, "': use LINEAR, POLY, RBF or SIGMOID");
  }
  const std::vector<float>* parameters = view.get_floats("kernel_params");
  if (parameters != nullptr && !parameters->empty()) {
    if (parameters->size() != 3) {
      return view.fail("kernel_params has ", parameters->size(),
                       " entries; gamma, coef0 and degree are needed");
    }
    kernel.gamma = static_cast<double>((*parameters)[0]);
    kernel.coef0 = static_cast<double>((*parameters)[1]);
    kernel.degree = static_cast<double>((*parameters)[2]);
  }
  return kernel;
}

std::vector<float> floats_or_none(const NodeView& view, std::string_view name) {
  const std::vector<float>* floats = view.get_floats(name);
  return floats == nullptr ? std::vector<float>{} : *floats;
}

Status check_count(const NodeView& view, std::string_view name, std::size_t count,
                   std::int64_t expected) {
  if (static_cast<std::int64_t>(count) == expected) return {};
  return view.fail("attribute ", name, " has ", count, " entries, ", expected, " are needed");
}

Status evaluate_svm_regressor(EvalContext& ctx) {
  const Table table = TRY(read_table(ctx, 0, DType::kFloat64));
  const std::vector<float> coefficients = floats_or_none(ctx, "coefficients");
  const std::vector<float> vectors = floats_or_none(ctx, "support_vectors");
  const std::vector<float> rho = floats_or_none(ctx, "rho");
  const PostTransform transform = TRY(read_post_transform(ctx));
  const std::int64_t supports = ctx.get_int("n_supports", 0);
  SvmKernel kernel = TRY(read_kernel(ctx));
  if (supports < 0 || supports > static_cast<std::int64_t>(vectors.size())) {
    return ctx.fail("n_supports is ", supports, " with ", vectors.size(),
                    " support vector entries");
  }
  if (rho.empty()) return ctx.fail("attribute rho is missing");
  if (supports > 0) {
    if (vectors.size() % static_cast<std::size_t>(supports) != 0) {
      return ctx.fail("support_vectors has ", vectors.size(), " entries for ", supports,
                      " vectors");
    }
    TRY(check_count(ctx, "coefficients", coefficients.size(), supports));
    TRY(check_count(ctx, "support_vectors", vectors.size() / static_cast<std::size_t>(supports),
                    table.columns));
  } else {
    kernel = SvmKernel{};
    TRY(check_count(ctx, "coefficients", coefficients.size(), table.columns));
  }
  const bool is_one_class = ctx.get_int("one_class", 0) != 0;
  const std::size_t columns = static_cast<std::size_t>(table.columns);
  Tensor y = TRY(ctx.make(DType::kFloat32, {table.rows, 1}));
  const auto out = y.mutable_data<float>();
  for (std::size_t row = 0; row < out.size(); ++row) {
    const double* x = table.values.data<double>().data() + row * columns;
    double score = supports > 0 ? 0.0 : kernel(x, coefficients.data(), columns);
    for (std::size_t v = 0; v < static_cast<std::size_t>(supports); ++v) {
      score +=
          static_cast<double>(coefficients[v]) * kernel(x, vectors.data() + v * columns, columns);
    }
    score += static_cast<double>(rho[0]);
    out[row] = is_one_class ? (score > 0 ? 1.0F : -1.0F) : static_cast<float>(score);
    if (!is_one_class) apply_post_transform(transform, out.subspan(row, 1));
  }
  ctx.set_output(0, std::move(y));
  return {};
}

struct Classifier {
  SvmKernel kernel;
  PostTransform transform = PostTransform::kNone;
  std::vector<float> coefficients;
  std::vector<float> vectors;
  std::vector<float> rho;
  std::vector<float> prob_a;
  std::vector<float> prob_b;
  std::vector<std::size_t> first_vector;  // of each class, and the end; empty: one plane a class
  std::size_t classes = 0;
  std::size_t columns = 0;

  std::size_t vector_count() const { return first_vector.empty() ? 0 : first_vector.back(); }
  bool is_pairwise() const { return vector_count() > 0; }
  bool has_probability() const { return is_pairwise() && !prob_a.empty(); }
  std::size_t pairs() const { return classes * (classes - 1) / 2; }
  std::size_t score_count() const {
    return is_pairwise() && !has_probability() ? pairs() : classes;
  }
  // Columns of the scores: one score of two classes stands for both.
  std::size_t width() const { return score_count() == 1 && classes == 2 ? 2 : score_count(); }
};

Result<Classifier> read_classifier(const NodeView& view, std::size_t classes,
                                   std::int64_t columns) {
  Classifier svm;
  svm.kernel = TRY(read_kernel(view));
  svm.transform = TRY(read_post_transform(view));
  svm.coefficients = floats_or_none(view, "coefficients");
  svm.vectors = floats_or_none(view, "support_vectors");
  svm.rho = floats_or_none(view, "rho");
  svm.prob_a = floats_or_none(view, "prob_a");
  svm.prob_b = floats_or_none(view, "prob_b");
  svm.classes = std::max<std::size_t>(classes, 1);
  svm.columns = static_cast<std::size_t>(columns);
  const std::vector<std::int64_t>* per_class = view.get_ints("vectors_per_class");
  if (per_class != nullptr && !per_class->empty()) {
    TRY(check_count(view, "vectors_per_class", per_class->size(),
                    static_cast<std::int64_t>(svm.classes)));
    svm.first_vector.push_back(0);
    for (const std::int64_t count : *per_class) {
      if (count < 0 || count > static_cast<std::int64_t>(svm.vectors.size())) {
        return view.fail("vectors_per_class holds ", count);
      }
      svm.first_vector.push_back(svm.vector_count() + static_cast<std::size_t>(count));
    }
  }
  if (svm.rho.empty()) return view.fail("attribute rho is missing");
  const std::int64_t pairs = static_cast<std::int64_t>(svm.pairs());
  const std::int64_t count = static_cast<std::int64_t>(svm.vector_count());
  const std::int64_t planes = static_cast<std::int64_t>(svm.classes);
  if (!svm.is_pairwise()) {
    svm.kernel = SvmKernel{};
    TRY(check_count(view, "coefficients", svm.coefficients.size(), planes * columns));
    return svm;
  }
  if (columns == 0 || svm.vectors.size() % svm.columns != 0) {
    return view.fail("support_vectors has ", svm.vectors.size(), " entries, the input has ",
                     columns, " columns");
  }
  TRY(check_count(view, "support_vectors", svm.vectors.size() / svm.columns, count));
  TRY(check_count(view, "coefficients", svm.coefficients.size(), (planes - 1) * count));
  TRY(check_count(view, "rho", svm.rho.size(), std::max<std::int64_t>(pairs, 1)));
  if (svm.has_probability()) {
    TRY(check_count(view, "prob_a", svm.prob_a.size(), pairs));
    TRY(check_count(view, "prob_b", svm.prob_b.size(), pairs));
  }
  return svm;
}

// Each pair of classes by its own decision function; the winner of each gets a vote.
void score_pairs(const Classifier& svm, const std::vector<double>& kernels,
                 std::vector<double>& scores, std::vector<int>& votes) {
  const std::size_t count = svm.vector_count();
  std::fill(votes.begin(), votes.end(), 0);
  std::size_t pair = 0;
  for (std::size_t i = 0; i < svm.classes; ++i) {
    for (std::size_t j = i + 1; j < svm.classes; ++j, ++pair) {
      double sum = 0;
      for (std::size_t v = svm.first_vector[i]; v < svm.first_vector[i + 1]; ++v) {
        sum += static_cast<double>(svm.coefficients[(j - 1) * count + v]) * kernels[v];
      }
      for (std::size_t v = svm.first_vector[j]; v < svm.first_vector[j + 1]; ++v) {
        sum += static_cast<double>(svm.coefficients[i * count + v]) * kernels[v];
      }
      scores[pair] = sum + static_cast<double>(svm.rho[pair]);
      ++votes[scores[pair] > 0 ? i : j];
    }
  }
}

// Class probabilities p from pairwise ones r[i][j] = P(i | i or j): minimises, over p that sum to
// 1, the sum of (r[j][i] p[i] - r[i][j] p[j])^2 (Wu, Lin and Weng, 2004, second approach), by their
// iteration.
std::vector<double> couple(const std::vector<double>& r, std::size_t k) {
  std::vector<double> q(k * k, 0.0);
  std::vector<double> p(k, 1.0 / static_cast<double>(k));
  std::vector<double> qp(k, 0.0);
  for (std::size_t t = 0; t < k; ++t) {
    for (std::size_t j = 0; j < k; ++j) {
      if (j == t) continue;
      q[t * k + t] += r[j * k + t] * r[j * k + t];
      q[t * k + j] = -r[j * k + t] * r[t * k + j];
    }
  }
  const std::size_t max_rounds = std::max<std::size_t>(100, k);
  for (std::size_t round = 0; round < max_rounds; ++round) {
    double pqp = 0;
    for (std::size_t t = 0; t < k; ++t) {
      qp[t] = 0;
      for (std::size_t j = 0; j < k; ++j) qp[t] += q[t * k + j] * p[j];
      pqp += p[t] * qp[t];
    }
    double error = 0;
    for (std::size_t t = 0; t < k; ++t) error = std::max(error, std::fabs(qp[t] - pqp));
    if (error < 0.005 / static_cast<double>(k)) break;
    for (std::size_t t = 0; t < k; ++t) {
      const double step = (pqp - qp[t]) / q[t * k + t];
      p[t] += step;
      pqp = (pqp + step * (step * q[t * k + t] + 2 * qp[t])) / ((1 + step) * (1 + step));
      for (std::size_t j = 0; j < k; ++j) {
        qp[j] = (qp[j] + step * q[t * k + j]) / (1 + step);
        p[j] /= 1 + step;
      }
    }
  }
  return p;
}

std::vector<double> probabilities(const Classifier& svm, const std::vector<double>& scores) {
  const std::size_t k = svm.classes;
  std::vector<double> r(k * k, 0.0);
  std::size_t pair = 0;
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = i + 1; j < k; ++j, ++pair) {
      const double logit = scores[pair] * static_cast<double>(svm.prob_a[pair]) +
                           static_cast<double>(svm.prob_b[pair]);
      r[i * k + j] = std::clamp(numeric::sigmoid(-logit), 1e-7, 1 - 1e-7);
      r[j * k + i] = 1 - r[i * k + j];
    }
  }
  return couple(r, k);
}

std::size_t first_highest(const auto& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

// The class of one row; its scores go to `scores`.
std::size_t classify_row(const Classifier& svm, const double* x, std::vector<double>& scores) {
  if (!svm.is_pairwise()) {
    for (std::size_t c = 0; c < svm.classes; ++c) {
      scores[c] = svm.kernel(x, svm.coefficients.data() + c * svm.columns, svm.columns) +
                  static_cast<double>(svm.rho[0]);
    }
    return first_highest(scores);
  }
  std::vector<double> kernels(svm.vector_count());
  for (std::size_t v = 0; v < kernels.size(); ++v) {
    kernels[v] = svm.kernel(x, svm.vectors.data() + v * svm.columns, svm.columns);
  }
  std::vector<int> votes(svm.classes);
  std::vector<double> pairs(svm.pairs());
  score_pairs(svm, kernels, pairs, votes);
  scores = svm.has_probability() ? probabilities(svm, pairs) : pairs;
  return first_highest(votes);
}

Status evaluate_svm_classifier(EvalContext& ctx) {
  const Table table = TRY(read_table(ctx, 0, DType::kFloat64));
  ClassLabels labels = TRY(read_labels(ctx, "classlabels_ints", "classlabels_strings"));
  const Classifier svm = TRY(read_classifier(ctx, labels.size(), table.columns));
  if (labels.size() == 0) labels.ints = {0};
  const std::size_t raw = svm.score_count();
  const std::size_t width = svm.width();
  Tensor z = TRY(ctx.make(DType::kFloat32, {table.rows, static_cast<std::int64_t>(width)}));
  const auto out = z.mutable_data<float>();
  std::vector<std::size_t> chosen(static_cast<std::size_t>(table.rows));
  std::vector<double> scores(raw);
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    const double* x = table.values.data<double>().data() + row * svm.columns;
    chosen[row] = classify_row(svm, x, scores);
    const auto to = out.subspan(row * width, width);
    if (width != raw) {
      write_two_classes(svm.transform, false, static_cast<float>(scores[0]), to);
    } else {
      for (std::size_t c = 0; c < width; ++c) to[c] = static_cast<float>(scores[c]);
      apply_post_transform(svm.transform, to);
    }
  }
  ctx.set_output(0, TRY(labels.pick(ctx, chosen)));
  ctx.set_output(1, std::move(z));
  return {};
}

Status infer_svm_classifier(InferContext& ctx) {
  const ClassLabels labels = TRY(read_labels(ctx, "classlabels_ints", "classlabels_strings"));
  const Dim rows = table_rows(ctx, 0);
  Classifier svm;  // as much of it as says how many scores there are
  svm.classes = std::max<std::size_t>(labels.size(), 1);
  svm.prob_a = floats_or_none(ctx, "prob_a");
  if (const std::vector<std::int64_t>* per_class = ctx.get_ints("vectors_per_class")) {
    const bool has_any = std::ranges::any_of(*per_class, [](std::int64_t n) { return n > 0; });
    svm.first_vector = {0, has_any ? std::size_t{1} : std::size_t{0}};
  }
  ctx.set_output(0, labels.dtype(), {rows});
  ctx.set_output(1, DType::kFloat32, {rows, Dim(static_cast<std::int64_t>(svm.width()))});
  return {};
}

Status infer_svm_regressor(InferContext& ctx) {
  ctx.set_output(0, DType::kFloat32, {table_rows(ctx, 0), Dim(1)});
  return {};
}

}  // namespace

std::vector<Op> svm_ops() {
  return {
      {.name = "SVMClassifier",
       .domain = kMl,
       .versions = {{1,
                     "X: T1 -> Y: T2, Z: float | T1 = float int32 int64 double, T2 = int64 string",
                     "classlabels_ints ints, classlabels_strings strings, coefficients floats, "
                     "kernel_params floats, kernel_type string, post_transform string, "
                     "prob_a floats, prob_b floats, rho floats, support_vectors floats, "
                     "vectors_per_class ints"}},
       .infer = infer_svm_classifier,
       .evaluate = evaluate_svm_classifier},
      {.name = "SVMRegressor",
       .domain = kMl,
       .versions = {{1, "X: T -> Y: float | T = float int32 int64 double",
                     "coefficients floats, kernel_params floats, kernel_type string, "
                     "n_supports int, one_class int, post_transform string, rho floats, "
                     "support_vectors floats"}},
       .infer = infer_svm_regressor,
       .evaluate = evaluate_svm_regressor},
  };
}

}  // namespace slipway
