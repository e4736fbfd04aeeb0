#include "delta/tensor_op.h"

#include <algorithm>

#include "delta/decoder.h"
#include "delta/varint.h"

namespace slipway::delta {
namespace {

constexpr std::int32_t kMostUnit = 400;
constexpr std::int32_t kMostFactor = 32767;

Error damaged(const char* what) { return {Code::kInvalid, what}; }

}  // namespace

TensorDecoder::TensorDecoder()
    : bytes_(kBufferBytes),
      predicted_(kPieceElements),
      differences_(kPieceElements),
      known_(kPieceElements) {}

// Whole numbers of their own: scales, factors.
template <typename Number>
Status TensorDecoder::take_numbers(Taker& from, std::int64_t most, std::vector<Number>& numbers) {
  DecodingTables tables;
  Decoder decoder = TRY(Decoder::start(from, numbers.size(), tables, false));
  std::ranges::fill(known_, std::uint8_t{0});
  for (std::size_t done = 0; done < numbers.size();) {
    const std::size_t count = std::min(kPieceElements, numbers.size() - done);
    const std::span<std::int32_t> piece(differences_.data(), count);
    decoder.take<Kind::kFloat>(std::span(known_).first(count), piece);
    for (std::size_t i = 0; i < count; ++i) {
      if (piece[i] > most || piece[i] < -most) {
        return damaged("the delta is damaged: a prediction's number is out of range");
      }
      numbers[done + i] = static_cast<Number>(piece[i]);
    }
    done += count;
  }
  return decoder.finish();
}

Status TensorDecoder::take_scales(Taker& from, Prediction& prediction) {
  const auto rows = static_cast<std::size_t>(prediction.matrix.rows());
  const auto shared = static_cast<std::size_t>(prediction.matrix.shared);
  std::vector<std::int32_t> scales(rows / shared);
  TRY(take_numbers(from, kMostScale, scales));
  prediction.scales.resize(rows);
  for (std::size_t row = 0; row < rows; ++row) prediction.scales[row] = scales[row / shared];
  return {};
}

Result<Prediction> TensorDecoder::take_prediction(Taker& from, std::uint64_t new_bytes,
                                                  std::uint8_t& flags) {
  Prediction prediction;
  const std::uint8_t element = TRY(from.byte());
  flags = TRY(from.byte());
  if (element >= kElements || (flags & ~kTensorFlags) != 0) {
    return damaged("the delta is damaged: an unknown kind of tensor");
  }
  prediction.element = static_cast<Element>(element);
  const std::size_t size = bytes_of(prediction.element);
  if (new_bytes % size != 0) return damaged("the delta is damaged: a tensor has half an element");
  Matrix& matrix = prediction.matrix;
  matrix.elements = new_bytes / size;
  if ((flags & kSharesScales) != 0 && (flags & (kHasScales | kHasFactors)) != kHasScales) {
    return damaged("the delta is damaged: a tensor shares scales where it may not");
  }
  if ((flags & (kHasScales | kHasFactors)) == 0) return prediction;
  matrix.columns = TRY(from.varint(matrix.elements));
  matrix.lanes = TRY(from.varint(matrix.elements));
  if (matrix.columns == 0 || matrix.lanes == 0 ||
      matrix.columns > 2 * matrix.elements / matrix.lanes || matrix.rows() > kMostRows) {
    return damaged("the delta is damaged: a tensor's rows do not fit its size");
  }
  if ((flags & kSharesScales) != 0) matrix.shared = TRY(from.varint(matrix.lanes));
  if (matrix.shared == 0 || matrix.lanes % matrix.shared != 0) {
    return damaged("the delta is damaged: a tensor's scales do not fit its rows");
  }
  if ((flags & kHasScales) != 0) {
    TRY(take_scales(from, prediction));
  } else if (kind_of(prediction.element) == Kind::kInteger) {
    return damaged("the delta is damaged: a tensor of bytes has factors without scales");
  }
  if ((flags & kHasFactors) == 0) return prediction;
  prediction.rank = static_cast<std::uint32_t>(TRY(from.varint(kMostRank)));
  const std::uint64_t elements = prediction.rank * (matrix.rows() + matrix.columns);
  if (elements > kMostFactorElements)
    return damaged("the delta is damaged: a tensor's factors are too large");
  const std::int64_t unit = TRY(from.signed_varint());
  if (unit > kMostUnit || unit < -kMostUnit)
    return damaged("the delta is damaged: a product's unit is out of range");
  prediction.unit = static_cast<std::int32_t>(unit);
  std::vector<std::int32_t> weights(prediction.rank);
  for (std::int32_t& weight : weights)
    weight = static_cast<std::int32_t>(TRY(from.varint(kMostFactor)));
  const auto rows = static_cast<std::size_t>(matrix.rows());
  const auto columns = static_cast<std::size_t>(matrix.columns);
  std::vector<std::int16_t> numbers(prediction.rank * rows);
  TRY(take_numbers(from, kMostFactor, numbers));
  prediction.left.resize(paired_count(prediction.rank, rows));
  for (std::size_t k = 0; k < prediction.rank; ++k) {
    for (std::size_t i = 0; i < rows; ++i) {
      const std::int32_t weighted = numbers[k * rows + i] * weights[k];
      if (weighted > kMostFactor || weighted < -kMostFactor) {
        return damaged("the delta is damaged: a prediction's number is out of range");
      }
      prediction.left[paired_at(k, i, rows)] = static_cast<std::int16_t>(weighted);
    }
  }
  numbers.resize(prediction.rank * columns);
  TRY(take_numbers(from, kMostFactor, numbers));
  prediction.right.resize(paired_count(prediction.rank, columns));
  for (std::size_t k = 0; k < prediction.rank; ++k) {
    for (std::size_t i = 0; i < columns; ++i) {
      prediction.right[paired_at(k, i, columns)] = numbers[k * columns + i];
    }
  }
  return prediction;
}

template <Kind kKind>
Status TensorDecoder::decode_elements(const Prediction& prediction, Decoder& decoder,
                                      const Source& old, std::uint64_t old_offset,
                                      const Sink& sink) {
  const std::size_t size = bytes_of(prediction.element);
  const std::uint64_t all = prediction.matrix.elements;
  for (std::uint64_t done = 0; done < all;) {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes / size, all - done));
    const std::span<std::byte> bytes(bytes_.data(), count * size);
    TRY(old.read_at(old_offset + done * size, bytes));
    for (std::size_t i = 0; i < count; i += kPieceElements) {
      const std::size_t some = std::min(kPieceElements, count - i);
      const std::span<std::byte> piece = bytes.subspan(i * size, some * size);
      const std::span<std::int32_t> predicted(predicted_.data(), some);
      const std::span<std::int32_t> differences(differences_.data(), some);
      const std::span<std::uint8_t> known(known_.data(), some);
      prediction.predict(done + i, piece, predicted, known);
      decoder.take<kKind>(known, differences);
      store_sum(prediction.element, predicted, differences, piece);
    }
    TRY(sink(bytes));
    done += count;
  }
  return decoder.finish();
}

Status TensorDecoder::decode(std::span<const std::byte> payload, std::uint64_t new_bytes,
                             const Source& old, std::uint64_t old_offset, const Sink& sink) {
  Taker from(payload);
  std::uint8_t flags = 0;
  const Prediction prediction = TRY(take_prediction(from, new_bytes, flags));
  Decoder decoder =
      TRY(Decoder::start(from, prediction.matrix.elements, tables_, (flags & kReusesTables) != 0));
  if (from.left() != 0) return damaged("the delta is damaged: something stands behind a tensor");
  return kind_of(prediction.element) == Kind::kFloat
             ? decode_elements<Kind::kFloat>(prediction, decoder, old, old_offset, sink)
             : decode_elements<Kind::kInteger>(prediction, decoder, old, old_offset, sink);
}

}  // namespace slipway::delta
