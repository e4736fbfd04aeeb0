// A tensor operation's payload: how it predicts, and the differences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "delta/apply.h"
#include "delta/prediction.h"
#include "delta/tables.h"

namespace slipway::delta {

// Elements that are decoded at a time, whole blocks: what they need fits a small cache. As many as
// fill a buffer are read and written at a time.
inline constexpr std::size_t kPieceElements = 2048;
inline constexpr std::size_t kBufferBytes = std::size_t{1} << 17;

class TensorDecoder {
 public:
  TensorDecoder();

  // Tables are shared by the tensors of one frame.
  void begin_frame() { tables_ = {}; }

  // Decodes `new_bytes` from as many at `old_offset` of `old`.
  Status decode(std::span<const std::byte> payload, std::uint64_t new_bytes, const Source& old,
                std::uint64_t old_offset, const Sink& sink);

 private:
  template <Kind kKind>
  Status decode_elements(const Prediction& prediction, class Decoder& decoder, const Source& old,
                         std::uint64_t old_offset, const Sink& sink);
  Result<Prediction> take_prediction(class Taker& from, std::uint64_t new_bytes,
                                     std::uint8_t& flags);
  Status take_scales(class Taker& from, Prediction& prediction);
  template <typename Number>
  Status take_numbers(class Taker& from, std::int64_t most, std::vector<Number>& numbers);

  DecodingTables tables_;  // of elements
  std::vector<std::byte> bytes_;
  std::vector<std::int32_t> predicted_;
  std::vector<std::int32_t> differences_;
  std::vector<std::uint8_t> known_;
};

}  // namespace slipway::delta
