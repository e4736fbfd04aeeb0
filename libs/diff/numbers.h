// Whole numbers in few bytes: what delta::Decoder reads.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "delta/model.h"
#include "diff/histogram.h"

namespace slipway::diff {

struct CodedNumbers {
  std::string bytes;
  delta::Tables tables;  // that it was coded with
  bool reuses = false;   // those that were offered
};

// `offered`: tables that the decoder has from the tensor before, or nothing.
CodedNumbers encode_numbers(delta::Kind kind, std::span<const std::int32_t> values,
                            std::span<const std::uint8_t> known,
                            const delta::Tables* offered = nullptr);
// Of which nothing is known but the numbers before.
std::string encode_plain_numbers(std::span<const std::int32_t> values);

// What encode_numbers() would take, nearly.
double bits_of(delta::Kind kind, std::span<const std::int32_t> values,
               std::span<const std::uint8_t> known);

}  // namespace slipway::diff
