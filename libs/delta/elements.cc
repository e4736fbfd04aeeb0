#include "delta/elements.h"

#include <cstring>

#include "delta/model.h"

namespace slipway::delta {
namespace {

// Sign and magnitude become two's complement, so that neighbours differ by one; its own inverse.
constexpr std::int32_t ordered32(std::int32_t bits) {
  return bits ^ static_cast<std::int32_t>(static_cast<std::uint32_t>(bits >> 31) >> 1U);
}
constexpr std::int16_t ordered16(std::int16_t bits) {
  return static_cast<std::int16_t>(bits ^ ((bits >> 15) & 0x7FFF));
}

// Of each type, its word, and both ways between that and a number.
struct Float32 {
  using Word = std::int32_t;
  static std::int32_t number(Word word) { return ordered32(word); }
  static Word word(std::int32_t number) { return ordered32(number); }
};
struct Float16 {
  using Word = std::int16_t;
  static std::int32_t number(Word word) { return ordered16(word); }
  static Word word(std::int32_t number) { return ordered16(static_cast<Word>(number)); }
};
struct Int32 {
  using Word = std::int32_t;
  static std::int32_t number(Word word) { return word; }
  static Word word(std::int32_t number) { return number; }
};
struct Int8 {
  using Word = std::int8_t;
  static std::int32_t number(Word word) { return word; }
  static Word word(std::int32_t number) { return static_cast<Word>(number); }
};
struct Uint8 {
  using Word = std::uint8_t;
  static std::int32_t number(Word word) { return word - 128; }
  static Word word(std::int32_t number) { return static_cast<Word>(number + 128); }
};

template <typename Use>
void with_type(Element element, Use&& use) {
  switch (element) {
    case Element::kF32:
      return use(Float32());
    case Element::kF16:
    case Element::kBf16:
      return use(Float16());
    case Element::kI32:
      return use(Int32());
    case Element::kI8:
      return use(Int8());
    case Element::kU8:
      return use(Uint8());
  }
}

std::int32_t wrapped_sum(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

// -number where `is_turned` is -1, itself where it is 0.
std::int32_t turned(std::int32_t number, std::int32_t is_turned) {
  return static_cast<std::int32_t>(
      magnitude_sign(static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(-is_turned)));
}

}  // namespace

void load_ordered(Element element, std::span<const std::byte> bytes,
                  std::span<std::int32_t> ordered) {
  with_type(element, [&]<typename Type>(Type) {
    const std::size_t count = ordered.size();
    std::int32_t* const to = ordered.data();
    for (std::size_t i = 0; i < count; ++i) {
      typename Type::Word word;
      std::memcpy(&word, bytes.data() + i * sizeof(word), sizeof(word));
      to[i] = Type::number(word);
    }
  });
}

void store_sum(Element element, std::span<const std::int32_t> predicted,
               std::span<const std::int32_t> differences, std::span<std::byte> bytes) {
  with_type(element, [&]<typename Type>(Type) {
    const std::size_t count = predicted.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t turn = sizeof(typename Type::Word) == 1 ? predicted[i] >> 31 : 0;
      const typename Type::Word word =
          Type::word(wrapped_sum(predicted[i], turned(differences[i], turn)));
      std::memcpy(bytes.data() + i * sizeof(word), &word, sizeof(word));
    }
  });
}

void differences_of(Element element, std::span<const std::int32_t> predicted,
                    std::span<const std::byte> bytes, std::span<std::int32_t> differences) {
  load_ordered(element, bytes, differences);
  const bool is_away = bytes_of(element) == 1;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    const std::int32_t difference = wrapped_sum(differences[i], turned(predicted[i], -1));
    differences[i] = turned(difference, is_away ? predicted[i] >> 31 : 0);
  }
}

}  // namespace slipway::delta
