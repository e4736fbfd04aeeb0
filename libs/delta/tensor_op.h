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

// Elements that are decoded at a time: a multiple of kLanes.
inline constexpr std::size_t kChunkElements = 16384;

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
  template <typename Number>
  Status take_numbers(class Taker& from, std::int64_t most, std::vector<Number>& numbers);

  DecodingTables tables_;  // of elements
  std::vector<std::byte> bytes_;
  std::vector<std::int32_t> predicted_;
  std::vector<std::int32_t> differences_;
  std::vector<std::int16_t> known_;
};

}  // namespace slipway::delta
