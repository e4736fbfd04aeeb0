// The numbers of docs/formats/delta.md: what a delta may say, and how much a device sets aside for
// it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace slipway::delta {

inline constexpr char kMagic[4] = {'S', 'L', 'D', 'L'};
inline constexpr std::uint8_t kFormatVersion = 3;

inline constexpr std::uint64_t kMostFileBytes = std::uint64_t{1} << 46;
inline constexpr std::size_t kOldHashBytes = 16;  // of the old file's SHA-256, the first ones
inline constexpr std::size_t kNewHashBytes = 32;
inline constexpr std::size_t kMostHeaderBytes = 80;

// A frame is checked when it ends, and is where an interrupted application goes on.
inline constexpr std::uint64_t kMostFrameBytes = std::uint64_t{64} << 20;  // of the new file

// What one operation but a copy may yield, take as its old bytes and have as its payload.
inline constexpr std::size_t kMostTensorBytes = std::size_t{4} << 20;
inline constexpr std::size_t kMostTextBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMostPayloadBytes = kMostTensorBytes + (std::size_t{1} << 18);

enum class Op : std::uint8_t {
  kCopy,    // bytes of the old file as they are
  kRaw,     // bytes of the delta as they are
  kText,    // zstd, with bytes of the old file as its prefix
  kTensor,  // elements as the difference from what the old ones predict
};
inline constexpr std::uint8_t kOps = 4;

enum class Element : std::uint8_t { kF32, kF16, kBf16, kI8, kU8, kI32 };
inline constexpr std::uint8_t kElements = 6;

constexpr std::size_t bytes_of(Element element) {
  switch (element) {
    case Element::kF32:
    case Element::kI32:
      return 4;
    case Element::kF16:
    case Element::kBf16:
      return 2;
    case Element::kI8:
    case Element::kU8:
      break;
  }
  return 1;
}

// Flags of a tensor operation.
inline constexpr std::uint8_t kHasScales = 1;     // a factor for each row
inline constexpr std::uint8_t kHasFactors = 2;    // a product of two thin matrices is added
inline constexpr std::uint8_t kReusesTables = 4;  // those of the tensor before, in this frame
inline constexpr std::uint8_t kSharesScales = 8;  // rows side by side have one scale
inline constexpr std::uint8_t kTensorFlags = 15;

inline constexpr std::uint64_t kMostRows = std::uint64_t{1} << 18;
inline constexpr std::uint32_t kMostRank = 64;
inline constexpr std::size_t kMostFactorElements = std::size_t{1} << 20;
inline constexpr int kScaleBits = 22;  // a row's factor is 1 + scale / 2^22
inline constexpr std::int32_t kMostScale = 1 << 22;

// Entropy coding: docs/formats/delta.md, "Coded numbers".
inline constexpr int kLanes = 4;
inline constexpr int kProbabilityBits = 12;
inline constexpr std::uint32_t kProbabilityOne = 1U << kProbabilityBits;
inline constexpr std::uint64_t kLeastState = std::uint64_t{1} << 31;
inline constexpr int kContexts = 64;
inline constexpr int kMostTables = 16;
inline constexpr int kSymbols = 256;

}  // namespace slipway::delta
