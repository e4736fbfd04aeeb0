// A source of its own, so that g++ makes no copies of it for each of those that call it.
#include <algorithm>
#include <cstring>

#include "kernels/elementwise/select.h"

namespace slipway {
namespace {

// An operand of a choice, a piece at a time: a scalar is written out as often as a piece has
// elements.
class Pieces {
 public:
  static constexpr std::size_t kPiece = 256;

  Pieces(const void* from, std::size_t step, std::size_t element_bytes, std::size_t count)
      : at_(static_cast<const std::byte*>(from)), step_(step * element_bytes) {
    if (step != 0) return;
    const std::size_t bytes = std::min(count, kPiece) * element_bytes;
    std::memcpy(same_, from, element_bytes);
    for (std::size_t done = element_bytes; done < bytes; done *= 2)
      std::memcpy(same_ + done, same_, std::min(done, bytes - done));
    at_ = same_;
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  const std::byte* at(std::size_t i) const { return at_ + i * step_; }

 private:
  const std::byte* at_;
  std::size_t step_;
  alignas(8) std::byte same_[kPiece * 8];
};

}  // namespace

void choose_by_pieces(ChooseElements choose, std::size_t element_bytes,
                      const std::uint8_t* condition, std::size_t condition_step, const void* a,
                      std::size_t a_step, const void* b, std::size_t b_step, void* y,
                      std::size_t count) {
  if (count == 0) return;
  const Pieces chosen(condition, condition_step, 1, count);
  const Pieces yes(a, a_step, element_bytes, count);
  const Pieces no(b, b_step, element_bytes, count);
  for (std::size_t i = 0; i < count; i += Pieces::kPiece) {
    choose(reinterpret_cast<const std::uint8_t*>(chosen.at(i)), 1, yes.at(i), 1, no.at(i), 1,
           static_cast<std::byte*>(y) + i * element_bytes, std::min(count - i, Pieces::kPiece));
  }
}

}  // namespace slipway
