#include <cstring>

#include "diff/regions.h"
#include "plan/kernel_ids.h"
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

constexpr std::uint64_t kChannels = 16;  // of a block
constexpr std::uint64_t kFour = 4;

// Products of bytes (kernels/conv/byte_conv.h): blocks of 16 output channels, of each four bytes
// side by side. A depthwise convolution's have one; it has no sums.
enum ByteOperand : std::size_t { kX, kWeights, kSums, kBias, kFactors, kByteOperands };

bool is_byte_product(std::uint16_t kernel) {
  return kernel == static_cast<std::uint16_t>(plan::KernelId::kByteConv) ||
         kernel == static_cast<std::uint16_t>(plan::KernelId::kByteProduct);
}

class PlanFinder {
 public:
  PlanFinder(std::span<const std::byte> file, const plan::Plan& plan)
      : plan_(&plan),
        start_(static_cast<std::uint64_t>(plan.weights().data() - file.data())),
        region_of_(plan.tensors().size()) {}

  std::vector<Region> find() {
    for (std::size_t i = 0; i < plan_->tensors().size(); ++i) {
      if (plan_->tensors()[i].place == plan::Place::kWeights) add(i);
    }
    for (const plan::StepRecord& step : plan_->steps()) {
      if (is_byte_product(step.kernel)) tell_panels(plan_->step_inputs(step));
    }
    return std::move(regions_);
  }

 private:
  void add(std::size_t index);
  void tell_panels(std::span<const std::uint32_t> inputs);
  Region* region_of(std::uint32_t tensor) {
    const bool is_there = tensor < region_of_.size() && region_of_[tensor].has_value();
    return is_there ? &regions_[*region_of_[tensor]] : nullptr;
  }

  const plan::Plan* plan_;
  std::uint64_t start_;
  std::vector<Region> regions_;
  std::vector<std::optional<std::size_t>> region_of_;  // of each tensor
};

void PlanFinder::add(std::size_t index) {
  const plan::TensorRecord& tensor = plan_->tensors()[index];
  Region region;
  region.offset = start_ + tensor.offset;
  region.bytes = element_bytes(static_cast<DType>(tensor.dtype));
  for (const plan::Dim& dim : plan_->dims(tensor)) {
    region.bytes *= static_cast<std::uint64_t>(dim.fixed);
    region.extents.push_back(static_cast<std::uint64_t>(dim.fixed));
  }
  region.name = plan_->text(tensor.name);
  region.element = element_of(static_cast<DType>(tensor.dtype));
  region.is_packed = tensor.rank < 2;
  // What follows packed weights is their scale or bias: it has as many elements as they have rows.
  for (std::size_t back = 1; back <= 2 && back <= regions_.size(); ++back) {
    Region& before = regions_[regions_.size() - back];
    if (before.is_packed && region.extents.size() == 1) before.extents.push_back(region.extents[0]);
  }
  region_of_[index] = regions_.size();
  regions_.push_back(std::move(region));
}

// There is one factor for each output channel, in whole blocks.
void PlanFinder::tell_panels(std::span<const std::uint32_t> inputs) {
  if (inputs.size() < kByteOperands) return;
  Region* const weights = region_of(inputs[kWeights]);
  Region* const sums = region_of(inputs[kSums]);
  const Region* const factors = region_of(inputs[kFactors]);
  if (weights == nullptr || factors == nullptr) return;
  const std::uint64_t blocks = factors->bytes / sizeof(float) / kChannels;
  if (blocks == 0) return;
  const std::uint64_t shared = sums != nullptr ? kFour : 1;
  if (weights->bytes % (blocks * kChannels * shared) == 0) {
    weights->panels = Panels{blocks, kChannels * shared, shared};
  }
  if (sums != nullptr && sums->bytes % (blocks * kChannels * sizeof(std::int32_t)) == 0) {
    sums->panels = Panels{blocks, kChannels, 1};
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
  return PlanFinder(file, *plan).find();
}

}  // namespace slipway::diff
