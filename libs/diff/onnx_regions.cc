#include "delta/varint.h"
#include "diff/regions.h"

namespace slipway::diff {
namespace {

using Bytes = std::span<const std::byte>;

// The numbers of onnx.proto.
namespace model {
constexpr std::uint64_t kGraph = 7;
}
namespace graph {
constexpr std::uint64_t kNode = 1;
constexpr std::uint64_t kInitializer = 5;
}  // namespace graph
namespace node {
constexpr std::uint64_t kAttribute = 5;
}
namespace attribute {
constexpr std::uint64_t kTensor = 5;
constexpr std::uint64_t kGraph = 6;
}  // namespace attribute
namespace tensor {
constexpr std::uint64_t kDims = 1;
constexpr std::uint64_t kType = 2;
constexpr std::uint64_t kFloats = 4;
constexpr std::uint64_t kName = 8;
constexpr std::uint64_t kRaw = 9;
}  // namespace tensor

constexpr int kMostDepth = 32;
constexpr std::size_t kMostExtents = 16;

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;  // of a number
  Bytes bytes;              // of a message, text or array
};

// Calls use(field) for each field; an error where the bytes are no message.
template <typename Use>
Status each_field(Bytes message, Use&& use) {
  delta::Taker from(message);
  while (from.left() > 0) {
    Field field;
    const std::uint64_t key = TRY(from.varint());
    field.number = key >> 3U;
    switch (key & 7U) {
      case 0:
        field.value = TRY(from.varint());
        break;
      case 1:
        TRY(from.bytes(8));
        break;
      case 2:
        field.bytes = TRY(from.bytes(TRY(from.varint())));
        break;
      case 5:
        TRY(from.bytes(4));
        break;
      default:
        return Error{Code::kInvalid, "not a protobuf message"};
    }
    TRY(use(field));
  }
  return {};
}

std::optional<delta::Element> element_of(std::uint64_t type) {
  switch (type) {
    case 1:
      return delta::Element::kF32;
    case 2:
      return delta::Element::kU8;
    case 3:
      return delta::Element::kI8;
    case 6:
      return delta::Element::kI32;
    case 10:
      return delta::Element::kF16;
    case 16:
      return delta::Element::kBf16;
    default:
      return std::nullopt;
  }
}

class Finder {
 public:
  explicit Finder(Bytes file) : file_(file) {}

  Status take_graph(Bytes bytes, int depth) {
    if (depth > kMostDepth) return Error{Code::kInvalid, "graphs within graphs"};
    return each_field(bytes, [&](const Field& field) -> Status {
      if (field.number == graph::kInitializer) return take_tensor(field.bytes);
      if (field.number != graph::kNode) return {};
      return each_field(field.bytes, [&](const Field& of_node) -> Status {
        if (of_node.number != node::kAttribute) return {};
        return take_attribute(of_node.bytes, depth);
      });
    });
  }

  std::vector<Region> regions;

 private:
  Status take_attribute(Bytes bytes, int depth) {
    return each_field(bytes, [&](const Field& field) -> Status {
      if (field.number == attribute::kTensor) return take_tensor(field.bytes);
      if (field.number == attribute::kGraph) return take_graph(field.bytes, depth + 1);
      return {};
    });
  }

  Status take_tensor(Bytes bytes) {
    Region region;
    Bytes data;
    std::uint64_t type = 0;
    TRY(each_field(bytes, [&](const Field& field) -> Status {
      if (field.number == tensor::kType) type = field.value;
      if (field.number == tensor::kRaw || field.number == tensor::kFloats) data = field.bytes;
      if (field.number == tensor::kName) {
        region.name.assign(reinterpret_cast<const char*>(field.bytes.data()), field.bytes.size());
      }
      if (field.number != tensor::kDims || region.extents.size() >= kMostExtents) return {};
      if (field.bytes.empty()) {
        region.extents.push_back(field.value);
        return {};
      }
      delta::Taker packed(field.bytes);
      while (packed.left() > 0 && region.extents.size() < kMostExtents) {
        region.extents.push_back(TRY(packed.varint()));
      }
      return {};
    }));
    region.element = element_of(type);
    if (data.empty() || !region.element.has_value()) return {};
    region.offset = static_cast<std::uint64_t>(data.data() - file_.data());
    region.bytes = data.size();
    regions.push_back(std::move(region));
    return {};
  }

  Bytes file_;
};

}  // namespace

std::vector<Region> find_onnx_regions(Bytes file) {
  Finder finder(file);
  const Status status = each_field(file, [&](const Field& field) -> Status {
    if (field.number != model::kGraph || field.bytes.empty()) return {};
    return finder.take_graph(field.bytes, 0);
  });
  if (!status.ok()) return {};
  return std::move(finder.regions);
}

}  // namespace slipway::diff
