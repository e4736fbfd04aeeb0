// Columns of a window that slides: where steps find those that earlier runs have kept.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plan/params.h"
#include "runtime/step.h"

namespace slipway::runtime {

// A tensor [batch, columns, ...].
struct ColumnTensor {
  std::uint32_t slot = plan::kNoTensor;
  std::size_t columns = 0;
  std::size_t column_bytes = 0;
};

// What a step reads columns from: the first operand, and a ring, where there is one.
struct ColumnSources {
  ColumnTensor fresh;
  ColumnTensor ring;
  std::uint32_t positions = plan::kNoTensor;  // slot
  std::size_t ring_number = 0;
  const std::int32_t* sources = nullptr;

  // Where the ring is written next. Whatever a restored state says, it lies in the ring.
  std::size_t next(const Call& call) const {
    if (positions == plan::kNoTensor) return 0;
    const auto at = static_cast<std::uint64_t>(call.at<const std::int64_t>(positions)[ring_number]);
    return at < ring.columns ? static_cast<std::size_t>(at) : 0;
  }

  // Of a batch item; null for kNoColumn.
  const std::byte* find(const Call& call, std::size_t item, std::size_t next,
                        std::int32_t source) const {
    if (source >= 0) {
      return call.pointers[fresh.slot] +
             (item * fresh.columns + static_cast<std::size_t>(source)) * fresh.column_bytes;
    }
    if (source == plan::kNoColumn) return nullptr;
    const auto back = static_cast<std::size_t>(plan::kNoColumn - source);
    const std::size_t at = next >= back ? next - back : next + ring.columns - back;
    return call.pointers[ring.slot] + (item * ring.columns + at) * ring.column_bytes;
  }
};

Result<ColumnTensor> column_tensor(const Binder& binder, const Operand& operand);

// Checks that every source exists. `ring` and `positions` may both be null.
Result<ColumnSources> column_sources(const Binder& binder, const Operand& fresh,
                                     const Operand* ring, const Operand* positions,
                                     std::uint32_t ring_number, std::span<const std::byte> sources,
                                     bool may_skip);

}  // namespace slipway::runtime
