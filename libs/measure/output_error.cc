#include "measure/output_error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/str.h"
#include "tensor/convert.h"

namespace slipway::measure {
namespace {

// The elements as doubles; `holder` keeps them.
Result<std::span<const double>> doubles(const Tensor& tensor, Tensor& holder) {
  holder = TRY(cast(TRY(tensor.direct()), DType::kFloat64));
  return holder.data<double>();
}

bool is_same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

std::string describe_answer(const Tensor& answer) {
  return str(name(answer.dtype()), shape_text(answer.shape()));
}

}  // namespace

Result<SampleError> ErrorSum::add(const Tensor& candidate, const Tensor& reference) {
  if (candidate.size() != reference.size()) {
    return Error{Code::kInvalid,
                 str("output ", total_.name, " is ", describe_answer(candidate),
                     " of the candidate and ", describe_answer(reference), " of the reference")};
  }
  Tensor holders[2];
  const std::span<const double> c = TRY(doubles(candidate, holders[0]));
  const std::span<const double> r = TRY(doubles(reference, holders[1]));
  if (samples_ == 0) total_.shape = reference.shape();
  SampleError sample;
  std::uint64_t finite = 0;
  for (std::size_t i = 0; i < r.size(); ++i) {
    total_.nan += std::isnan(c[i]) ? 1 : 0;
    total_.infinite += std::isinf(c[i]) ? 1 : 0;
    total_.reference_nan += std::isnan(r[i]) ? 1 : 0;
    total_.reference_infinite += std::isinf(r[i]) ? 1 : 0;
    const bool is_equal = is_same(c[i], r[i]);
    is_exact_ = is_exact_ && is_equal;
    if (!std::isfinite(c[i]) || !std::isfinite(r[i])) {
      sample.mismatched += is_equal ? 0 : 1;
      continue;
    }
    const double error = std::abs(c[i] - r[i]);
    ++finite;
    sample.max_error = std::max(sample.max_error, error);
    sample.mean_error += error;
    sample.mean_size += std::abs(r[i]);
    power_error_ += error * error;
    power_candidate_ += c[i] * c[i];
    power_reference_ += r[i] * r[i];
    product_ += c[i] * r[i];
  }
  sum_error_ += sample.mean_error;
  sum_size_ += sample.mean_size;
  finite_ += finite;
  if (finite > 0) {
    sample.mean_error /= static_cast<double>(finite);
    sample.mean_size /= static_cast<double>(finite);
  }
  total_.max_error = std::max(total_.max_error, sample.max_error);
  total_.mismatched += sample.mismatched;
  total_.elements += r.size();
  if (has_classes_) agreeing_ += class_of(candidate) == class_of(reference) ? 1 : 0;
  ++samples_;
  return sample;
}

OutputError ErrorSum::total() const {
  OutputError total = total_;
  if (finite_ > 0) {
    total.mean_error = sum_error_ / static_cast<double>(finite_);
    total.mean_size = sum_size_ / static_cast<double>(finite_);
  }
  const double sizes = std::sqrt(power_candidate_) * std::sqrt(power_reference_);
  if (sizes > 0) {
    total.cosine = std::clamp(product_ / sizes, -1.0, 1.0);
  } else {
    total.cosine = power_candidate_ == power_reference_ ? 1 : 0;
  }
  total.sqnr_db = power_error_ == 0 ? std::numeric_limits<double>::infinity()
                                    : 10 * std::log10(power_reference_ / power_error_);
  total.is_exact = is_exact_;
  if (has_classes_ && samples_ > 0)
    total.top1_agreement = static_cast<double>(agreeing_) / static_cast<double>(samples_);
  return total;
}

bool could_be_classes(DType dtype, const Shape& shape) {
  std::int64_t elements = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 1 || elements > (std::int64_t{1} << 32) / extent) return false;
    elements *= extent;
  }
  if (is_integer(dtype)) return elements == 1;
  return is_float(dtype) && !shape.empty() && elements >= 2 && shape.back() == elements;
}

std::optional<std::int64_t> class_of(const Tensor& answer) {
  Tensor holder;
  const Result<std::span<const double>> read = doubles(answer, holder);
  if (!read.ok() || read->empty()) return std::nullopt;
  const std::span<const double> scores = *read;
  if (is_integer(answer.dtype()) && scores.size() == 1) return static_cast<std::int64_t>(scores[0]);
  std::optional<std::int64_t> best;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::isnan(scores[i])) continue;
    if (!best.has_value() || scores[i] > scores[static_cast<std::size_t>(*best)])
      best = static_cast<std::int64_t>(i);
  }
  return best;
}

}  // namespace slipway::measure
