#include "kernels/elementwise/select.h"

#include <functional>

namespace slipway {
namespace {

// y[i] = f(a[i], b[i]), the steps known to the compiler.
template <typename T, typename Y, typename F>
void for_pairs(const T* a, std::size_t a_step, const T* b, std::size_t b_step, Y* y,
               std::size_t count, F f) {
  if (a_step == 0 && b_step == 0) {
    const Y same = count == 0 ? Y{} : f(*a, *b);
    for (std::size_t i = 0; i < count; ++i) y[i] = same;
  } else if (a_step == 0) {
    const T left = *a;
    for (std::size_t i = 0; i < count; ++i) y[i] = f(left, b[i]);
  } else if (b_step == 0) {
    const T right = *b;
    for (std::size_t i = 0; i < count; ++i) y[i] = f(a[i], right);
  } else {
    for (std::size_t i = 0; i < count; ++i) y[i] = f(a[i], b[i]);
  }
}

template <typename T>
void choose(const std::uint8_t* condition, std::size_t condition_step, const void* a,
            std::size_t a_step, const void* b, std::size_t b_step, void* y, std::size_t count) {
  const T* const __restrict yes = static_cast<const T*>(a);
  const T* const __restrict no = static_cast<const T*>(b);
  T* const __restrict to = static_cast<T*>(y);
  if ((condition_step & a_step & b_step) != 0) {
    for (std::size_t i = 0; i < count; ++i) {
      const T mask = static_cast<T>(-static_cast<T>(condition[i] != 0));
      to[i] = static_cast<T>((yes[i] & mask) | (no[i] & ~mask));
    }
  } else if (count < kFewChoices) {
    for (std::size_t i = 0; i < count; ++i)
      to[i] = condition[i * condition_step] != 0 ? yes[i * a_step] : no[i * b_step];
  } else {
    choose_by_pieces(choose<T>, sizeof(T), condition, condition_step, a, a_step, b, b_step, y,
                     count);
  }
}

}  // namespace

ChooseElements choose_elements(std::size_t element_bytes) {
  switch (element_bytes) {
    case 1:
      return choose<std::uint8_t>;
    case 2:
      return choose<std::uint16_t>;
    case 4:
      return choose<std::uint32_t>;
    case 8:
      return choose<std::uint64_t>;
    default:
      return nullptr;
  }
}

void combine_bools(Logic function, const std::uint8_t* a, std::size_t a_step, const std::uint8_t* b,
                   std::size_t b_step, std::uint8_t* y, std::size_t count) {
  const auto as_bool = [](std::uint8_t x) { return static_cast<std::uint8_t>(x != 0); };
  const auto combine = [&](auto f) {
    for_pairs(a, a_step, b, b_step, y, count, [&](std::uint8_t left, std::uint8_t right) {
      return static_cast<std::uint8_t>(f(as_bool(left), as_bool(right)));
    });
  };
  switch (function) {
    case Logic::kAnd:
      return combine(std::bit_and<>());
    case Logic::kOr:
      return combine(std::bit_or<>());
    case Logic::kXor:
      return combine(std::bit_xor<>());
    case Logic::kCount:
      break;
  }
}

}  // namespace slipway
