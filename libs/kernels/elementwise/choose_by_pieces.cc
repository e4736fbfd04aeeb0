// A source of its own, so that g++ makes no copies of it for each of those that call it.
#include <algorithm>
#include <cstring>

#include "kernels/elementwise/select.h"

namespace slipway {
namespace {

constexpr std::size_t kPiece = 256;  // elements

// A scalar as often as a piece has elements.
struct Piece {
  std::uint64_t words[kPiece];

  void fill(const void* scalar, std::size_t element_bytes, std::size_t count) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < sizeof(word); i += element_bytes)
      std::memcpy(reinterpret_cast<std::byte*>(&word) + i, scalar, element_bytes);
    const std::size_t bytes = std::min(count, kPiece) * element_bytes;
    for (std::size_t i = 0; i * sizeof(word) < bytes; ++i) words[i] = word;
  }
};

}  // namespace

void choose_by_pieces(ChooseElements choose, std::size_t element_bytes,
                      const std::uint8_t* condition, std::size_t condition_step, const void* a,
                      std::size_t a_step, const void* b, std::size_t b_step, void* y,
                      std::size_t count) {
  Piece same_condition;
  Piece same_a;
  Piece same_b;
  const auto begin_of = [&](const void* from, std::size_t step, std::size_t bytes, Piece& same) {
    if (step == 0) same.fill(from, bytes, count);
    return static_cast<const std::byte*>(step == 0 ? same.words : from);
  };
  const std::byte* const chosen = begin_of(condition, condition_step, 1, same_condition);
  const std::byte* const yes = begin_of(a, a_step, element_bytes, same_a);
  const std::byte* const no = begin_of(b, b_step, element_bytes, same_b);
  for (std::size_t i = 0; i < count; i += kPiece) {
    choose(reinterpret_cast<const std::uint8_t*>(chosen + i * condition_step), 1,
           yes + i * a_step * element_bytes, 1, no + i * b_step * element_bytes, 1,
           static_cast<std::byte*>(y) + i * element_bytes, std::min(count - i, kPiece));
  }
}

}  // namespace slipway
