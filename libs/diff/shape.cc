#include "diff/shape.h"

#include <algorithm>
#include <array>
#include <limits>

#include "diff/numbers.h"

namespace slipway::diff {
namespace {

using delta::Element;
using delta::Matrix;

constexpr std::size_t kSampleBytes = std::size_t{1} << 16;
constexpr std::size_t kSampleElements = std::size_t{1} << 16;
constexpr std::size_t kSampleRank = 6;
constexpr std::uint64_t kMostCandidates = 160;
constexpr std::array<std::uint64_t, 4> kPanels = {1, 16, 128, 8};

double sample_bits(Element element, std::span<const std::byte> was, std::span<const std::byte> is) {
  delta::Prediction plain;
  plain.element = element;
  const std::size_t count = is.size() / delta::bytes_of(element);
  plain.matrix.elements = count;
  std::vector<std::int32_t> predicted(count);
  std::vector<std::int32_t> differences(count);
  std::vector<std::uint8_t> known(count);
  plain.predict(0, was, predicted, known);
  delta::differences_of(element, predicted, is, differences);
  return bits_of(delta::kind_of(element), differences, known);
}

void add_matrix(std::uint64_t elements, std::uint64_t columns, std::uint64_t lanes,
                std::vector<Matrix>& matrices) {
  if (columns < 2 || lanes > elements || columns > 2 * elements / lanes) return;
  const Matrix matrix{elements, columns, lanes};
  const std::uint64_t rows = matrix.rows();
  if (rows < 2 || rows > delta::kMostRows) return;
  matrices.push_back(matrix);
}

// Row-major and column-major along each cut of the extents.
void add_of_shape(std::uint64_t elements, std::span<const std::uint64_t> extents,
                  std::vector<Matrix>& matrices) {
  std::uint64_t inner = elements;
  for (const std::uint64_t extent : extents) {
    if (extent == 0 || inner % extent != 0) return;
    inner /= extent;
    add_matrix(elements, inner, 1, matrices);
    if (inner > 1) add_matrix(elements, elements / inner, inner, matrices);
  }
}

// All elements as one row: what is calibrated again grows by one factor.
void add_one_row(std::uint64_t elements, std::vector<Matrix>& matrices) {
  if (elements > 1 && elements <= kSampleElements) matrices.push_back({elements, elements, 1});
}

// Panels of rows, whose number is one of these.
void add_packed(std::uint64_t elements, std::span<const std::uint64_t> rows,
                std::vector<Matrix>& matrices) {
  for (const std::uint64_t count : rows) {
    for (const std::uint64_t lanes : kPanels) {
      if (count == 0 || count >= elements) continue;
      const std::uint64_t padded = (count + lanes - 1) / lanes * lanes;
      if (elements % padded == 0) add_matrix(elements, elements / padded, lanes, matrices);
    }
  }
}

void add_any(std::uint64_t elements, std::vector<Matrix>& matrices) {
  for (std::uint64_t rows = 8; rows <= 8192 && rows < elements; ++rows) {
    if (elements % rows != 0 || matrices.size() > kMostCandidates) continue;
    add_packed(elements, std::array{rows}, matrices);
    add_matrix(elements, elements / rows, rows, matrices);
  }
}

// The first elements, in whole panels or, of a panel that is larger, whole columns.
Piece sample_of(const Piece& piece, const Matrix& matrix, Matrix& sampled) {
  const std::uint64_t panel = matrix.columns * matrix.lanes;
  const std::uint64_t most = std::max<std::uint64_t>(kSampleElements, 8 * matrix.lanes);
  sampled = matrix;
  if (matrix.elements > most) {
    if (panel <= most) {
      sampled.elements = most / panel * panel;
    } else if (matrix.lanes > 1) {
      sampled.columns = most / matrix.lanes;
      sampled.elements = sampled.columns * matrix.lanes;
    } else {
      sampled.elements = std::min(matrix.elements, 4 * matrix.columns);
    }
  }
  const std::size_t bytes =
      static_cast<std::size_t>(sampled.elements) * delta::bytes_of(piece.element);
  return {piece.element, piece.was.first(bytes), piece.is.first(bytes)};
}

double gain_of(const Piece& piece, const Matrix& matrix) {
  Matrix sampled;
  const Piece sample = sample_of(piece, matrix, sampled);
  Fit fit = fit_scales(sample, sampled);
  if (fit.gained_bits <= 0) {
    fit.gained_bits = 0;
    fit.prediction.scales.clear();
  }
  if (delta::kind_of(piece.element) == delta::Kind::kFloat) {
    fit = fit_factors(sample, std::move(fit), kSampleRank);
  }
  return fit.gained_bits / static_cast<double>(sampled.elements);
}

// Nothing where so short rows are too many.
std::optional<Matrix> matrix_of(std::uint64_t elements, const Panels& panels) {
  const std::uint64_t columns = elements / (panels.count * panels.lanes);
  const std::uint64_t most = std::min<std::uint64_t>(
      elements, delta::kMostTensorBytes);  // of an operation; eight-bit ones have most
  if (columns == 0 || most / columns + panels.lanes > delta::kMostRows) return std::nullopt;
  return Matrix{elements, columns, panels.lanes, panels.shared};
}

}  // namespace

Element guess_element(std::span<const std::byte> was, std::span<const std::byte> is) {
  constexpr std::array kGuesses = {Element::kF32, Element::kBf16, Element::kF16, Element::kI8};
  const std::size_t bytes = std::min(is.size(), kSampleBytes) / 4 * 4;
  Element best = Element::kI8;
  double best_bits = std::numeric_limits<double>::infinity();
  for (const Element element : kGuesses) {
    if (is.size() % delta::bytes_of(element) != 0) continue;
    const double bits = sample_bits(element, was.first(bytes), is.first(bytes));
    if (bits < best_bits) {
      best_bits = bits;
      best = element;
    }
  }
  return best;
}

std::optional<Matrix> choose_matrix(const Piece& piece, const Region& region) {
  const std::uint64_t elements = piece.is.size() / delta::bytes_of(piece.element);
  if (region.panels.has_value()) return matrix_of(elements, *region.panels);
  std::vector<Matrix> matrices;
  if (region.is_packed) {
    add_packed(elements, region.extents, matrices);
    if (matrices.empty()) add_any(elements, matrices);
    add_one_row(elements, matrices);
  } else {
    add_of_shape(elements, region.extents, matrices);
    if (matrices.empty()) add_one_row(elements, matrices);
  }
  if (matrices.size() == 1) return matrices.front();
  std::optional<Matrix> best;
  double best_gain = 0;
  for (const Matrix& matrix : matrices) {
    const double gain = gain_of(piece, matrix);
    if (gain <= best_gain && best.has_value()) continue;
    best_gain = gain;
    best = matrix;
  }
  return best;
}

}  // namespace slipway::diff
