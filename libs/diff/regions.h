// Where the tensors of a model file lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "delta/format.h"

namespace slipway::diff {

// Panels of rows, column by column, of which `shared` elements side by side belong to one row.
struct Panels {
  std::uint64_t count = 0;
  std::uint64_t lanes = 0;  // elements of a column: rows, each `shared` times
  std::uint64_t shared = 1;
};

struct Region {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::string name;
  std::optional<delta::Element> element;  // nothing: the file does not say
  std::vector<std::uint64_t> extents;     // of the tensor, or others that its rows may have
  bool is_packed = false;                 // the extents are hints, not its shape
  std::optional<Panels> panels;           // how its rows lie, where the file says it
};

// In the order of their offsets, without overlaps. Empty for a file that is no model, or one that
// is damaged: it is then bytes like any other.
std::vector<Region> find_regions(std::span<const std::byte> file);

std::vector<Region> find_onnx_regions(std::span<const std::byte> file);
std::vector<Region> find_plan_regions(std::span<const std::byte> file);

}  // namespace slipway::diff
