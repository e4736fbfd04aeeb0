#include "delta/tables.h"

#include <algorithm>
#include <bit>

namespace slipway::delta {
namespace {

Error damaged() { return {Code::kInvalid, "the delta is damaged: its tables do not add up"}; }

Status read_row(BitReader& bits, DecodingTables::Row& row) {
  const std::uint32_t first = bits.take(8);
  const std::uint32_t last = bits.take(8);
  if (first > last) return damaged();
  std::uint32_t sum = 0;
  for (std::uint32_t symbol = first; symbol <= last; ++symbol) {
    const std::uint32_t length = bits.take(4);
    if (length == 0) continue;
    if (length > kProbabilityBits + 1) return damaged();
    const std::uint32_t frequency = (1U << (length - 1)) | bits.take(length - 1);
    if (frequency > kProbabilityOne - sum) return damaged();
    for (std::uint32_t offset = 0; offset < frequency; ++offset) {
      row[sum + offset] = Slot(static_cast<std::uint8_t>(symbol), frequency, offset);
    }
    sum += frequency;
  }
  if (sum != kProbabilityOne) return damaged();
  return {};
}

}  // namespace

Status DecodingTables::read(std::uint64_t starts, BitReader& bits) {
  is_ready_ = false;
  if ((starts & 1U) != 0 || std::popcount(starts) >= kMostTables) return damaged();
  if (rows_ == nullptr) rows_ = std::make_unique_for_overwrite<std::array<Row, kMostTables>>();
  std::uint8_t table = 0;
  for (std::uint32_t context = 0; context < kContexts; ++context) {
    if ((starts >> context & 1U) != 0) ++table;
    row_of_[context] = &(*rows_)[table];
  }
  for (std::uint8_t i = 0; i <= table; ++i) TRY(read_row(bits, (*rows_)[i]));
  is_ready_ = true;
  return {};
}

}  // namespace slipway::delta
