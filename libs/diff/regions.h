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

struct Region {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::string name;
  std::optional<delta::Element> element;  // nothing: the file does not say
  std::vector<std::uint64_t> extents;     // of the tensor, or others that its rows may have
  bool is_packed = false;                 // the extents are hints, not its shape
};

// In the order of their offsets, without overlaps. Empty for a file that is no model, or one that
// is damaged: it is then bytes like any other.
std::vector<Region> find_regions(std::span<const std::byte> file);

std::vector<Region> find_onnx_regions(std::span<const std::byte> file);
std::vector<Region> find_plan_regions(std::span<const std::byte> file);

}  // namespace slipway::diff
