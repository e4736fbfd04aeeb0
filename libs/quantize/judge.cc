#include "quantize/judge.h"

#include <algorithm>
#include <cmath>

#include "base/str.h"
#include "quantize/model_run.h"
#include "tensor/convert.h"

namespace slipway::quantize {
namespace {

Result<Tensor> as_floats(const Tensor& tensor) {
  return tensor.dtype() == DType::kFloat32 ? Result<Tensor>(tensor) : cast(tensor, DType::kFloat32);
}

std::int64_t class_of(std::span<const float> row) {
  return std::ranges::max_element(row) - row.begin();
}

struct Distance {
  double difference = 0, magnitude = 0;
};

}  // namespace

double Verdict::drop() const {
  if (not_finite != 0) return 1;
  return accuracy ? std::max(*reference_accuracy - *accuracy, 0.0) : relative_error;
}

Result<Verdict> judge(const Model& model, const Model& candidate, samples::Samples& samples,
                      const std::vector<std::int64_t>& labels, std::size_t most,
                      const Options& options) {
  auto reference = TRY(ModelRun::create(model, options.dims));
  auto other = TRY(ModelRun::create(candidate, options.dims));
  samples.rewind();
  const std::size_t count = most == 0 ? samples.count() : std::min(most, samples.count());
  Verdict verdict;
  std::vector<Distance> distances(model.graph.outputs.size());
  std::size_t agreeing = 0;
  std::size_t right = 0;
  std::size_t reference_right = 0;
  bool has_classes = false;
  std::vector<Tensor> sample;
  for (; verdict.samples < count && TRY(samples.next(sample)); ++verdict.samples) {
    const auto wanted = TRY(reference.run(sample));
    const auto given = TRY(other.run(sample));
    if (wanted.size() != given.size())
      return Error{Code::kInternal, "the candidate has not the outputs of the model"};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i].dtype() == DType::kString) continue;
      const Tensor a = TRY(as_floats(wanted[i]));
      const Tensor b = TRY(as_floats(given[i]));
      if (a.shape() != b.shape())
        return Error{Code::kInternal, "the candidate's outputs have other shapes than the model's"};
      const auto x = a.data<float>();
      const auto y = b.data<float>();
      for (std::size_t k = 0; k < x.size(); ++k) {
        if (!std::isfinite(x[k])) continue;
        if (!std::isfinite(y[k])) {
          ++verdict.not_finite;
          continue;
        }
        distances[i].difference += std::abs(static_cast<double>(x[k]) - y[k]);
        distances[i].magnitude += std::abs(static_cast<double>(x[k]));
      }
      if (i != 0 || a.rank() != 2 || a.dim(0) != 1 || a.dim(1) < 2) continue;
      has_classes = true;
      agreeing += class_of(x) == class_of(y) ? 1 : 0;
      if (verdict.samples >= labels.size()) continue;
      right += class_of(y) == labels[verdict.samples] ? 1 : 0;
      reference_right += class_of(x) == labels[verdict.samples] ? 1 : 0;
    }
  }
  for (const Distance& d : distances) {
    if (d.magnitude > 0)
      verdict.relative_error = std::max(verdict.relative_error, d.difference / d.magnitude);
    else if (d.difference > 0)
      verdict.relative_error = 1;
  }
  const auto share = [&](std::size_t n) {
    return static_cast<double>(n) / static_cast<double>(std::max<std::size_t>(verdict.samples, 1));
  };
  if (has_classes) verdict.agreement = share(agreeing);
  if (!labels.empty()) {
    if (!has_classes) {
      return Error{
          Code::kUsage,
          "labels need a model whose first output is a row of two or more numbers a sample"};
    }
    verdict.accuracy = share(right);
    verdict.reference_accuracy = share(reference_right);
  }
  return verdict;
}

}  // namespace slipway::quantize
