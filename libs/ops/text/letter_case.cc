#include "ops/text/letter_case.h"

#include <cstdint>

namespace slipway {
namespace {

// Capital letters first..last whose small letters lie `distance` above. Pairs alternate: a capital
// at every even offset, its small letter right behind.
struct Block {
  std::uint32_t first, last, distance;
  bool pairs;
};

constexpr Block kBlocks[] = {
    {'A', 'Z', 32, false},     {0xC0, 0xD6, 32, false},   {0xD8, 0xDE, 32, false},
    {0x100, 0x12F, 1, true},   {0x132, 0x137, 1, true},   {0x139, 0x148, 1, true},
    {0x14A, 0x177, 1, true},   {0x179, 0x17E, 1, true},   {0x386, 0x386, 38, false},
    {0x388, 0x38A, 37, false}, {0x38C, 0x38C, 64, false}, {0x38E, 0x38F, 63, false},
    {0x391, 0x3A1, 32, false}, {0x3A3, 0x3AB, 32, false}, {0x400, 0x40F, 80, false},
    {0x410, 0x42F, 32, false}, {0x460, 0x481, 1, true},   {0x48A, 0x4BF, 1, true},
    {0x4D0, 0x52F, 1, true},
};

std::uint32_t lower(std::uint32_t c) {
  for (const Block& block : kBlocks) {
    if (c < block.first || c > block.last) continue;
    return block.pairs && (c - block.first) % 2 != 0 ? c : c + block.distance;
  }
  return c == 0x178 ? 0xFF : c;
}

std::uint32_t upper(std::uint32_t c) {
  for (const Block& block : kBlocks) {
    if (c < block.first + block.distance || c > block.last + (block.pairs ? 0 : block.distance)) {
      continue;
    }
    const std::uint32_t capital = c - block.distance;
    if (!block.pairs || (capital - block.first) % 2 == 0) return capital;
  }
  return c == 0xFF ? 0x178 : c == 0x3C2 ? 0x3A3 : c;
}

// Every mapped character takes one or two bytes of UTF-8 and stays below U+0800.
template <typename Map>
std::string map_characters(std::string_view text, Map map) {
  std::string out;
  out.reserve(text.size());
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint32_t c = byte(i);
    const bool two = c >= 0xC2 && c <= 0xDF && i + 1 < text.size() && (byte(i + 1) & 0xC0U) == 0x80;
    if (c >= 0x80 && !two) {
      out += text[i];
      continue;
    }
    if (two) c = (c & 0x1FU) << 6 | (byte(++i) & 0x3FU);
    const std::uint32_t mapped = map(c);
    if (mapped < 0x80) {
      out += static_cast<char>(mapped);
    } else {
      out += static_cast<char>(0xC0U | mapped >> 6);
      out += static_cast<char>(0x80U | (mapped & 0x3FU));
    }
  }
  return out;
}

}  // namespace

std::string to_lower(std::string_view text) { return map_characters(text, lower); }
std::string to_upper(std::string_view text) { return map_characters(text, upper); }

}  // namespace slipway
