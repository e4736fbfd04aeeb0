#include "ops/ml/svm_model.h"

#include <algorithm>

#include "kernels/numeric/lanes.h"

namespace slipway {
namespace {

constexpr std::size_t kMaxVectors = 1 << 28;  // with what fills them up, of all classes

Result<SvmFunction> read_function(const NodeView& view) {
  SvmFunction function;
  const std::string text = view.get_string("kernel_type", "LINEAR");
  if (text == "POLY") {
    function.kind = SvmKind::kPoly;
  } else if (text == "RBF") {
    function.kind = SvmKind::kRbf;
  } else if (text == "SIGMOID") {
    function.kind = SvmKind::kSigmoid;
  } else if (text != "LINEAR") {
    return view.fail("kernel_type is '", text, "': use LINEAR, POLY, RBF or SIGMOID");
  }
  const std::vector<float>* parameters = view.get_floats("kernel_params");
  if (parameters != nullptr && !parameters->empty()) {
    if (parameters->size() != 3) {
      return view.fail("kernel_params has ", parameters->size(),
                       " entries; gamma, coef0 and degree are needed");
    }
    function.gamma = (*parameters)[0];
    function.coef0 = (*parameters)[1];
    function.degree = (*parameters)[2];
  }
  return function;
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

// Takes in `vectors` [sum of counts, columns] and `coefficients` [rows, sum of counts], each class
// filled up with zeros.
void fill_up(SvmModel& model, const std::vector<std::size_t>& counts,
             const std::vector<float>& vectors, const std::vector<float>& coefficients,
             std::size_t rows) {
  std::size_t given = 0;
  std::size_t all = 0;
  model.first = {0};
  for (const std::size_t count : counts) {
    given += count;
    all += (count + numeric::kLanes - 1) / numeric::kLanes * numeric::kLanes;
    model.first.push_back(static_cast<std::int32_t>(all));
  }
  model.vectors.assign(all * model.columns, 0.0F);
  model.coefficients.assign(rows * all, 0.0F);
  std::size_t from = 0;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    const auto to = static_cast<std::size_t>(model.first[c]);
    std::copy_n(vectors.data() + from * model.columns, counts[c] * model.columns,
                model.vectors.data() + to * model.columns);
    for (std::size_t row = 0; row < rows; ++row) {
      std::copy_n(coefficients.data() + row * given + from, counts[c],
                  model.coefficients.data() + row * all + to);
    }
    from += counts[c];
  }
}

}  // namespace

Result<SvmModel> read_svm_classifier(const NodeView& view, std::size_t classes,
                                     std::int64_t columns) {
  SvmModel svm;
  svm.function = TRY(read_function(view));
  svm.transform = TRY(read_post_transform(view));
  const std::vector<float> vectors = floats_or_none(view, "support_vectors");
  std::vector<float> coefficients = floats_or_none(view, "coefficients");
  svm.rho = floats_or_none(view, "rho");
  svm.prob_a = floats_or_none(view, "prob_a");
  svm.prob_b = floats_or_none(view, "prob_b");
  svm.classes = std::max<std::size_t>(classes, 1);
  svm.columns = static_cast<std::size_t>(columns);
  std::vector<std::size_t> counts;
  std::size_t count = 0;
  const std::vector<std::int64_t>* per_class = view.get_ints("vectors_per_class");
  if (per_class != nullptr && !per_class->empty()) {
    TRY(check_count(view, "vectors_per_class", per_class->size(),
                    static_cast<std::int64_t>(svm.classes)));
    for (const std::int64_t each : *per_class) {
      if (each < 0 || each > static_cast<std::int64_t>(vectors.size())) {
        return view.fail("vectors_per_class holds ", each);
      }
      counts.push_back(static_cast<std::size_t>(each));
      count += counts.back();
    }
  }
  if (svm.rho.empty()) return view.fail("attribute rho is missing");
  const auto pairs = static_cast<std::int64_t>(svm.pairs());
  const auto planes = static_cast<std::int64_t>(svm.classes);
  if (count == 0) {
    svm.function = SvmFunction{};
    svm.prob_a.clear();
    svm.prob_b.clear();
    TRY(check_count(view, "coefficients", coefficients.size(), planes * columns));
    svm.coefficients = std::move(coefficients);
    return svm;
  }
  if (columns == 0 || vectors.size() % svm.columns != 0) {
    return view.fail("support_vectors has ", vectors.size(), " entries, the input has ", columns,
                     " columns");
  }
  TRY(check_count(view, "support_vectors", vectors.size() / svm.columns,
                  static_cast<std::int64_t>(count)));
  if (count > kMaxVectors || counts.size() > kMaxVectors / numeric::kLanes)
    return view.fail("there are more support vectors or classes than it takes: ", count);
  TRY(check_count(view, "coefficients", coefficients.size(),
                  (planes - 1) * static_cast<std::int64_t>(count)));
  TRY(check_count(view, "rho", svm.rho.size(), std::max<std::int64_t>(pairs, 1)));
  if (!svm.prob_a.empty()) {
    TRY(check_count(view, "prob_a", svm.prob_a.size(), pairs));
    TRY(check_count(view, "prob_b", svm.prob_b.size(), pairs));
  }
  fill_up(svm, counts, vectors, coefficients, svm.classes - 1);
  return svm;
}

Result<SvmModel> read_svm_regressor(const NodeView& view, std::int64_t columns) {
  SvmModel svm;
  svm.function = TRY(read_function(view));
  svm.transform = TRY(read_post_transform(view));
  const std::vector<float> vectors = floats_or_none(view, "support_vectors");
  std::vector<float> coefficients = floats_or_none(view, "coefficients");
  svm.rho = floats_or_none(view, "rho");
  svm.columns = static_cast<std::size_t>(columns);
  const std::int64_t supports = view.get_int("n_supports", 0);
  if (supports < 0 || supports > static_cast<std::int64_t>(vectors.size())) {
    return view.fail("n_supports is ", supports, " with ", vectors.size(),
                     " support vector entries");
  }
  if (svm.rho.empty()) return view.fail("attribute rho is missing");
  if (supports == 0) {
    svm.function = SvmFunction{};
    TRY(check_count(view, "coefficients", coefficients.size(), columns));
    svm.coefficients = std::move(coefficients);
    return svm;
  }
  const auto count = static_cast<std::size_t>(supports);
  if (count > kMaxVectors)
    return view.fail("there are more support vectors than it takes: ", count);
  if (vectors.size() % count != 0) {
    return view.fail("support_vectors has ", vectors.size(), " entries for ", supports, " vectors");
  }
  TRY(check_count(view, "coefficients", coefficients.size(), supports));
  TRY(check_count(view, "support_vectors", vectors.size() / count, columns));
  fill_up(svm, {count}, vectors, coefficients, 1);
  return svm;
}

}  // namespace slipway
