// Numbers from the bytes that libs/diff wrote them as, a piece at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "delta/bit_reader.h"
#include "delta/model.h"
#include "delta/tables.h"
#include "delta/varint.h"

namespace slipway::delta {

class Decoder {
 public:
  // Takes what describes `count` numbers from the front of `from`, whose bytes must outlive this.
  // `tables` are read anew, or taken as they are where `reuses`.
  static Result<Decoder> start(Taker& from, std::uint64_t count, DecodingTables& tables,
                               bool reuses);

  // The next numbers, as many as `out` holds; `known` is of as many. The pieces before the last
  // are whole blocks.
  template <Kind kKind>
  void take(std::span<const std::uint8_t> known, std::span<std::int32_t> out);

  // After the last number: kInvalid unless everything was used, and no more.
  Status finish() const;

 private:
  Decoder() = default;

  template <Kind kKind, std::size_t kCount>
  void take_lanes(std::span<const std::uint8_t> known, std::span<std::int32_t> out);

  const DecodingTables* tables_ = nullptr;
  std::array<std::uint64_t, kLanes> states_{};
  Recent recent_{0, 1};
  const std::byte* words_ = nullptr;
  const std::byte* words_end_ = nullptr;
  bool has_overrun_ = false;
  bool is_one_lane_ = false;
  BitReader bits_;
};

}  // namespace slipway::delta
