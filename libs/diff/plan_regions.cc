#include <cstring>

#include "diff/regions.h"
#include "plan/plan.h"

namespace slipway::diff {
namespace {

std::optional<delta::Element> element_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return delta::Element::kF32;
    case DType::kFloat16:
      return delta::Element::kF16;
    case DType::kBfloat16:
      return delta::Element::kBf16;
    case DType::kInt8:
      return delta::Element::kI8;
    case DType::kInt32:
      return delta::Element::kI32;
    default:
      return std::nullopt;  // bytes may be packed elements of any type
  }
}

}  // namespace

std::vector<Region> find_plan_regions(std::span<const std::byte> file) {
  if (file.size() < sizeof(plan::kMagic) ||
      std::memcmp(file.data(), plan::kMagic, sizeof(plan::kMagic)) != 0) {
    return {};
  }
  const Result<plan::Plan> plan = plan::Plan::parse(file);
  if (!plan.ok()) return {};
  const auto start = static_cast<std::uint64_t>(plan->weights().data() - file.data());
  std::vector<Region> regions;
  for (const plan::TensorRecord& tensor : plan->tensors()) {
    if (tensor.place != plan::Place::kWeights) continue;
    Region region;
    region.offset = start + tensor.offset;
    region.bytes = element_bytes(static_cast<DType>(tensor.dtype));
    for (const plan::Dim& dim : plan->dims(tensor)) {
      region.bytes *= static_cast<std::uint64_t>(dim.fixed);
      region.extents.push_back(static_cast<std::uint64_t>(dim.fixed));
    }
    region.name = plan->text(tensor.name);
    region.element = element_of(static_cast<DType>(tensor.dtype));
    region.is_packed = tensor.rank < 2;
    // What follows packed weights is their scale or bias: it has as many elements as they have
    // rows.
    for (std::size_t back = 1; back <= 2 && back <= regions.size(); ++back) {
      Region& before = regions[regions.size() - back];
      if (before.is_packed && region.extents.size() == 1)
        before.extents.push_back(region.extents[0]);
    }
    regions.push_back(std::move(region));
  }
  return regions;
}

}  // namespace slipway::diff
