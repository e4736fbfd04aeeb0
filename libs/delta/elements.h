// Elements as whole numbers in the order of their values, and back: docs/formats/delta.md,
// "Predictions".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "delta/format.h"

namespace slipway::delta {

void load_ordered(Element element, std::span<const std::byte> bytes,
                  std::span<std::int32_t> ordered);
// new = predicted + difference, modulo the element's size. Eight-bit differences point away from
// zero: their sign is turned where the prediction is negative.
void store_sum(Element element, std::span<const std::int32_t> predicted,
               std::span<const std::int32_t> differences, std::span<std::byte> bytes);
void differences_of(Element element, std::span<const std::int32_t> predicted,
                    std::span<const std::byte> bytes, std::span<std::int32_t> differences);

}  // namespace slipway::delta
