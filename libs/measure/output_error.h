// One output's error, sample after sample.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "measure/result.h"
#include "tensor/tensor.h"

namespace slipway::measure {

// What one sample's answer adds.
struct SampleError {
  double max_error = 0;
  double mean_error = 0;
  double mean_size = 0;
  std::uint64_t mismatched = 0;
};

class ErrorSum {
 public:
  // `has_classes`: the output is a score for each class, or the class itself.
  ErrorSum(std::string name, bool has_classes) : has_classes_(has_classes) {
    total_.name = std::move(name);
  }

  // Both direct, of numbers, and with as many elements; their types may differ. Fails otherwise,
  // naming both.
  Result<SampleError> add(const Tensor& candidate, const Tensor& reference);

  OutputError total() const;

 private:
  OutputError total_;
  bool has_classes_;
  std::uint64_t samples_ = 0;
  std::uint64_t agreeing_ = 0;
  std::uint64_t finite_ = 0;
  double sum_error_ = 0;
  double sum_size_ = 0;
  double power_error_ = 0;
  double power_candidate_ = 0;
  double power_reference_ = 0;
  double product_ = 0;
  bool is_exact_ = true;
};

// Whether an answer could tell a class: a score for each of 2 or more, or one whole number.
bool could_be_classes(DType dtype, const Shape& shape);
// The class it tells: the first of the greatest scores (NaN is none), or the number itself.
std::optional<std::int64_t> class_of(const Tensor& answer);

}  // namespace slipway::measure
