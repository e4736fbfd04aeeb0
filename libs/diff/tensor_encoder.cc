#include "diff/tensor_encoder.h"

#include "delta/varint.h"
#include "diff/numbers.h"

namespace slipway::diff {
namespace {

// Each one that is shared once.
std::vector<std::int32_t> own_scales(const delta::Prediction& prediction) {
  std::vector<std::int32_t> own;
  const auto shared = static_cast<std::size_t>(prediction.matrix.shared);
  for (std::size_t row = 0; row < prediction.scales.size(); row += shared) {
    own.push_back(prediction.scales[row]);
  }
  return own;
}

std::string describe(const Fit& fit, std::uint8_t more_flags) {
  const delta::Prediction& prediction = fit.prediction;
  std::uint8_t flags = more_flags;
  if (!prediction.scales.empty()) flags |= delta::kHasScales;
  if (prediction.rank > 0) flags |= delta::kHasFactors;
  const bool shares = !prediction.scales.empty() && prediction.matrix.shared > 1;
  if (shares) flags |= delta::kSharesScales;
  std::string out;
  out += static_cast<char>(prediction.element);
  out += static_cast<char>(flags);
  if (prediction.is_plain()) return out;
  delta::put_varint(out, prediction.matrix.columns);
  delta::put_varint(out, prediction.matrix.lanes);
  if (shares) delta::put_varint(out, prediction.matrix.shared);
  if (!prediction.scales.empty()) out += encode_plain_numbers(own_scales(prediction));
  if (prediction.rank == 0) return out;
  delta::put_varint(out, prediction.rank);
  delta::put_signed(out, prediction.unit);
  for (const std::int32_t weight : fit.weights) {
    delta::put_varint(out, static_cast<std::uint64_t>(weight));
  }
  out += encode_plain_numbers(fit.left);
  out += encode_plain_numbers(fit.right);
  return out;
}

CodedTensor encode_with(const Piece& piece, const Fit& fit, const delta::Tables* offered) {
  const std::size_t count = piece.is.size() / delta::bytes_of(piece.element);
  std::vector<std::int32_t> predicted(count);
  std::vector<std::int32_t> differences(count);
  std::vector<std::uint8_t> known(count);
  fit.prediction.predict(0, piece.was, predicted, known);
  delta::differences_of(piece.element, predicted, piece.is, differences);
  CodedNumbers coded = encode_numbers(delta::kind_of(piece.element), differences, known, offered);
  CodedTensor tensor;
  tensor.payload = describe(fit, coded.reuses ? delta::kReusesTables : 0) + coded.bytes;
  tensor.tables = std::move(coded.tables);
  return tensor;
}

void keep_shorter(CodedTensor& best, CodedTensor other) {
  if (other.payload.size() < best.payload.size()) best = std::move(other);
}

}  // namespace

CodedTensor encode_tensor(const Piece& piece, const std::optional<delta::Matrix>& matrix,
                          const delta::Tables* offered) {
  Fit plain;
  plain.prediction.element = piece.element;
  plain.prediction.matrix.elements = piece.is.size() / delta::bytes_of(piece.element);
  CodedTensor best = encode_with(piece, plain, offered);
  if (!matrix.has_value()) return best;
  Fit scaled = fit_scales(piece, *matrix);
  if (scaled.gained_bits > 0) {
    keep_shorter(best, encode_with(piece, scaled, offered));
  } else {
    scaled.prediction.scales.clear();
  }
  if (delta::kind_of(piece.element) == delta::Kind::kInteger || matrix->shared > 1) return best;
  const Fit factored = fit_factors(piece, scaled);
  if (factored.prediction.rank > 0) keep_shorter(best, encode_with(piece, factored, offered));
  return best;
}

}  // namespace slipway::diff
