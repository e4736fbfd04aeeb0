// Rows that are kept in part, or put in another order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/move/gather.h"

namespace slipway {

// ONNX Trilu: of matrices [rows, columns] what stands on and above the k-th diagonal, or on and
// below it; zeros elsewhere. Diagonal 0 begins at the first element, k > 0 lies to its right.
struct Triangle {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t element_bytes = 0;
  bool is_upper = true;
};
// Rows begin .. end of all matrices, one after the other. Of any k.
void copy_triangle(const Triangle& shape, const void* from, std::int64_t k, void* to,
                   std::size_t begin, std::size_t end);

// ONNX ReverseSequence: sequences of blocks, each of its own length; of each the first `length`
// blocks are put in the opposite order, the others stay. [steps, sequences] or [sequences, steps].
struct Sequences {
  std::size_t steps = 0;
  std::size_t sequences = 0;
  std::size_t block_bytes = 0;
  bool is_time_first = true;
};
// Blocks begin .. end. Returns the first sequence met whose length is not within 0 .. steps, or
// kAllGood.
std::size_t reverse_sequences(const Sequences& shape, const void* from, const std::int64_t* lengths,
                              void* to, std::size_t begin, std::size_t end);

}  // namespace slipway
