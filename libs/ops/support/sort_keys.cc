#include "ops/support/sort_keys.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/str.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63;

std::uint64_t key_of(std::int64_t value) { return static_cast<std::uint64_t>(value) ^ kTopBit; }

// Negative numbers order by their inverted bits, the others above them.
std::uint64_t key_of(double value) {
  if (value != value) return ~std::uint64_t{0};
  const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
  return (bits & kTopBit) != 0 ? ~bits : bits | kTopBit;
}

std::vector<std::uint64_t> string_keys(std::span<const std::string> strings) {
  std::vector<std::size_t> order(strings.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return strings[a] < strings[b]; });
  std::vector<std::uint64_t> keys(strings.size());
  std::uint64_t rank = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && strings[order[i]] != strings[order[i - 1]]) ++rank;
    keys[order[i]] = rank;
  }
  return keys;
}

}  // namespace

Result<std::vector<std::uint64_t>> sort_keys(const Tensor& tensor) {
  if (tensor.dtype() == DType::kString) return string_keys(tensor.data<std::string>());
  std::vector<std::uint64_t> keys(tensor.size());
  if (is_float(tensor.dtype())) {
    const Tensor wide = TRY(cast(tensor, DType::kFloat64));
    std::transform(wide.data<double>().begin(), wide.data<double>().end(), keys.begin(),
                   [](double value) { return key_of(value); });
  } else if (tensor.dtype() == DType::kUint64) {
    std::copy_n(tensor.data<std::uint64_t>().begin(), keys.size(), keys.begin());
  } else if (is_integer(tensor.dtype()) || tensor.dtype() == DType::kBool) {
    const Tensor wide = TRY(cast(tensor, DType::kInt64));
    std::transform(wide.data<std::int64_t>().begin(), wide.data<std::int64_t>().end(), keys.begin(),
                   [](std::int64_t value) { return key_of(value); });
  } else {
    return Error{Code::kUnsupported, str(name(tensor.dtype()), " elements have no order")};
  }
  return keys;
}

}  // namespace slipway
