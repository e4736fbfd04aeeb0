#include "diff/fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "diff/low_rank.h"
#include "diff/values.h"

namespace slipway::diff {
namespace {

using delta::Matrix;

constexpr std::size_t kLeastThin = 16;  // rows and columns that a product is tried for
constexpr double kScaleBits = 16;       // that a row's factor takes
constexpr double kLeastLeft = 1e-8;     // of the energy, by the precision of low_rank_of()
constexpr int kMostWeight = 32767;
constexpr double kMostNumber = 16000;  // of a column or row, in steps

struct Place {
  std::size_t row;
  std::size_t column;
};

Place place_of(const Matrix& matrix, std::size_t i) {
  const std::size_t panel = matrix.columns * matrix.lanes;
  return {i / panel * matrix.lanes + i % matrix.lanes, i / matrix.lanes % matrix.columns};
}

// Half the logarithm of what is left of the energy, for each element.
double bits_saved(double before, double after, std::size_t elements) {
  if (!(before > 0)) return 0;
  return 0.5 * static_cast<double>(elements) * std::log2(before / std::max(after, before * 1e-14));
}

double energy_of(std::span<const double> values) {
  double sum = 0;
  for (const double x : values) sum += x * x;
  return sum;
}

// What the scales leave over.
std::vector<double> rest_of(const Piece& piece, const Fit& fit) {
  const std::vector<double> was = values_of(piece.element, piece.was);
  std::vector<double> rest = values_of(piece.element, piece.is);
  for (std::size_t i = 0; i < rest.size(); ++i) {
    double factor = 1;
    if (!fit.prediction.scales.empty()) {
      const std::size_t row = place_of(fit.prediction.matrix, i).row;
      factor += fit.prediction.scales[row] / static_cast<double>(1 << delta::kScaleBits);
    }
    rest[i] -= was[i] * factor;
  }
  return rest;
}

// How many of the components pay: each one's numbers are rounded so that the noise costs as much as
// finer ones would take (the step is sqrt(12) of what is left for each element).
struct Cut {
  std::size_t rank = 0;
  double step = 0;
  double gained_bits = 0;
};

double bits_of_numbers(std::size_t count, double size, double step) {
  const double deviation = size / std::sqrt(static_cast<double>(count)) / step;
  return static_cast<double>(count) * std::log2(1 + 4.13 * deviation);
}

Cut best_cut(const LowRank& parts, double energy, std::size_t rows, std::size_t columns) {
  const std::size_t elements = rows * columns;
  Cut best;
  double left = energy;
  for (std::size_t k = 0; k < parts.sizes.size(); ++k) {
    left = std::max(left - parts.sizes[k] * parts.sizes[k], energy * kLeastLeft);
    const double step = std::sqrt(12 * left / static_cast<double>(elements));
    double cost = 64;
    for (std::size_t j = 0; j <= k; ++j) {
      cost += bits_of_numbers(rows, parts.sizes[j], step) +
              bits_of_numbers(columns, parts.sizes[j], step) + 16;
    }
    const auto noise =
        static_cast<double>((k + 1) * (rows + columns)) / static_cast<double>(elements);
    const double gained = bits_saved(energy, left * (1 + noise), elements) - cost;
    if (gained > best.gained_bits) best = {k + 1, step, gained};
  }
  return best;
}

std::int32_t rounded(double value, std::int32_t most) {
  return static_cast<std::int32_t>(
      std::clamp(std::round(value), -static_cast<double>(most), static_cast<double>(most)));
}

// Coarser where the numbers would be too large to be stored.
double step_of(const LowRank& parts, std::size_t k, double step) {
  const auto larger = [](double most, double x) { return std::max(most, std::abs(x)); };
  const double left = std::accumulate(parts.left[k].begin(), parts.left[k].end(), 0.0, larger);
  const double right = std::accumulate(parts.right[k].begin(), parts.right[k].end(), 0.0, larger);
  return std::max(step, std::max(left, right) * parts.sizes[k] / kMostNumber);
}

// left counts in step / size, right in step: their product, times a weight, in 2^unit.
void store(const LowRank& parts, const Cut& cut, std::size_t rows, std::size_t columns, Fit& fit) {
  delta::Prediction& prediction = fit.prediction;
  std::vector<double> steps;
  std::vector<double> units;
  double most = 0;
  for (std::size_t k = 0; k < cut.rank; ++k) {
    steps.push_back(step_of(parts, k, cut.step));
    units.push_back(steps[k] * steps[k] / parts.sizes[k]);
    double largest = 0;
    for (const double x : parts.left[k]) largest = std::max(largest, std::abs(x));
    most = std::max(most, units[k] * (largest * parts.sizes[k] / steps[k] + 1));
  }
  prediction.unit = static_cast<std::int32_t>(std::ceil(std::log2(most / kMostWeight)));
  prediction.rank = static_cast<std::uint32_t>(cut.rank);
  prediction.left.resize(delta::paired_count(cut.rank, rows));
  prediction.right.resize(delta::paired_count(cut.rank, columns));
  fit.right.resize(cut.rank * columns);
  fit.left.resize(cut.rank * rows);
  for (std::size_t k = 0; k < cut.rank; ++k) {
    const std::int32_t weight =
        std::max(rounded(std::ldexp(units[k], -prediction.unit), kMostWeight), 1);
    fit.weights.push_back(weight);
    const std::int32_t most_left = kMostWeight / weight;
    const double right_unit =
        std::ldexp(weight, prediction.unit) / steps[k];  // the weight is rounded
    for (std::size_t i = 0; i < rows; ++i) {
      const std::int32_t number = rounded(parts.left[k][i] * parts.sizes[k] / steps[k], most_left);
      fit.left[k * rows + i] = number;
      prediction.left[delta::paired_at(k, i, rows)] = static_cast<std::int16_t>(number * weight);
    }
    for (std::size_t i = 0; i < columns; ++i) {
      const std::int32_t number = rounded(parts.right[k][i] / right_unit, kMostWeight);
      fit.right[k * columns + i] = number;
      prediction.right[delta::paired_at(k, i, columns)] = static_cast<std::int16_t>(number);
    }
  }
}

}  // namespace

Fit fit_scales(const Piece& piece, const Matrix& matrix) {
  Fit fit;
  fit.prediction.element = piece.element;
  fit.prediction.matrix = matrix;
  const std::vector<double> was = values_of(piece.element, piece.was);
  const std::vector<double> is = values_of(piece.element, piece.is);
  const auto rows = static_cast<std::size_t>(matrix.rows());
  const auto shared = static_cast<std::size_t>(matrix.shared);
  std::vector<double> squares(rows / shared);
  std::vector<double> products(rows / shared);
  for (std::size_t i = 0; i < was.size(); ++i) {
    const std::size_t row = place_of(matrix, i).row / shared;
    squares[row] += was[i] * was[i];
    products[row] += was[i] * (is[i] - was[i]);
  }
  constexpr double kOne = 1 << delta::kScaleBits;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t own = row / shared;
    const double scale = squares[own] > 0 ? products[own] / squares[own] : 0;
    fit.prediction.scales.push_back(rounded(scale * kOne, delta::kMostScale - 1));
  }
  double before = 0;
  for (std::size_t i = 0; i < was.size(); ++i) before += (is[i] - was[i]) * (is[i] - was[i]);
  const std::size_t scales = rows / shared;
  fit.gained_bits = bits_saved(before, energy_of(rest_of(piece, fit)), was.size()) -
                    kScaleBits * static_cast<double>(scales);
  return fit;
}

Fit fit_factors(const Piece& piece, Fit scaled, std::size_t most_rank) {
  const Matrix& matrix = scaled.prediction.matrix;
  const auto rows = static_cast<std::size_t>(matrix.rows());
  const auto columns = static_cast<std::size_t>(matrix.columns);
  if (std::min(rows, columns) < kLeastThin) return scaled;
  const std::vector<double> rest = rest_of(piece, scaled);
  const double energy = energy_of(rest);
  if (!(energy > 0)) return scaled;
  const double size = std::sqrt(energy / static_cast<double>(rest.size()));
  std::vector<float> dense(rows * columns);
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const Place place = place_of(matrix, i);
    dense[place.row * columns + place.column] = static_cast<float>(rest[i] / size);
  }
  const std::size_t most =
      std::min({most_rank, rows / 2, columns / 2, delta::kMostFactorElements / (rows + columns)});
  LowRank parts = low_rank_of(dense, rows, columns, most);
  for (double& part : parts.sizes) part *= size;
  const Cut cut = best_cut(parts, energy, rows, columns);
  if (cut.rank == 0) return scaled;
  store(parts, cut, rows, columns, scaled);
  scaled.gained_bits += cut.gained_bits;
  return scaled;
}

}  // namespace slipway::diff
