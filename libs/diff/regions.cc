#include "diff/regions.h"

#include <algorithm>

namespace slipway::diff {

std::vector<Region> find_regions(std::span<const std::byte> file) {
  std::vector<Region> found = find_plan_regions(file);
  if (found.empty()) found = find_onnx_regions(file);
  std::ranges::stable_sort(found, {}, &Region::offset);
  std::vector<Region> apart;
  std::uint64_t end = 0;
  for (Region& region : found) {
    if (region.bytes == 0 || region.offset < end || region.offset > file.size() ||
        region.bytes > file.size() - region.offset) {
      continue;
    }
    end = region.offset + region.bytes;
    apart.push_back(std::move(region));
  }
  return apart;
}

}  // namespace slipway::diff
