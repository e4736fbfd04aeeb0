// What each weight of a product multiplies, summed up over samples and the positions of results.
// A product is linear: these sums times its weights are the sum of its results, so that the mean of
// each channel is known without computing a single one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "ops/support/window.h"
#include "quantize/placement.h"
#include "tensor/tensor.h"

namespace slipway::quantize {

class InputSums {
 public:
  // `weights`: their shape. The node outlives it.
  InputSums(const Node& node, const Product& product, Shape weights);

  // What the product reads in a sample, and its bytes, whose zero is `zero`.
  Status add(const Tensor& x, std::span<const std::uint8_t> bytes, std::uint8_t zero);
  // What another one of the same product summed up, as if it had been added here.
  Status add_all(const InputSums& other);

  // Of each channel of the results: by how much its mean with `weights` is above that with
  // `rounded` on bytes, a step of which is `scale`. Channel c of the input counts times factors[c],
  // where there are any; its bytes are of that. Empty where nothing was added.
  Result<std::vector<float>> shifts(std::span<const float> weights, std::span<const float> rounded,
                                    float scale, std::span<const float> factors);

 private:
  Status add_rows(const Tensor& x, std::span<const std::uint8_t> bytes, std::uint8_t zero);
  Status start(const Shape& x);
  // Planes of one size that were kept, to the sums.
  void fold();
  template <typename Value, typename Byte>
  void add_planes(const Value* values, const Byte* bytes, std::int64_t zero);

  const Node* node_;
  bool is_conv_;
  std::size_t axis_;  // of the weights, that counts the results' channels
  std::size_t groups_;
  Shape weights_;
  std::uint64_t positions_ = 0;
  // By channel of the input and place in the kernel, or by row of a matrix; bytes less their zero.
  std::vector<double> values_;
  std::vector<std::int64_t> bytes_;

  Shape shape_;                   // of what was added last
  std::vector<WindowAxis> axes_;  // of a plane of that shape
  std::size_t planes_ = 0;
  std::size_t plane_ = 0;  // elements
  // Small tensors are summed up whole before their places are told apart.
  std::vector<double> kept_values_;
  std::vector<std::int32_t> kept_bytes_;
};

}  // namespace slipway::quantize
