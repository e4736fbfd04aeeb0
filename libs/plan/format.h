// The records of a plan file, as docs/formats/plan.md lays them out: little-endian, naturally
// aligned, read in place. Nothing here is trusted before Plan::parse has checked it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace slipway::plan {

inline constexpr char kMagic[8] = {'S', 'L', 'I', 'P', 'P', 'L', 'A', 'N'};
inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::uint32_t kNumericsVersion = 5;

// Sections and tensors in the arena and among the weights start at multiples of this.
inline constexpr std::size_t kAlignment = 64;

inline constexpr std::uint32_t kMaxRank = 32;
inline constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 46;
inline constexpr std::int64_t kMaxBatch = 1 << 20;
inline constexpr std::uint32_t kNoTensor = 0xFFFFFFFFU;

enum class SectionId : std::uint32_t {
  kText,      // the characters of names and messages
  kDims,      // Dim[]
  kTensors,   // TensorRecord[]
  kSteps,     // StepRecord[]
  kOperands,  // u32[]: indexes of tensors
  kParams,    // the parameters of steps
  kPorts,     // PortRecord[]: inputs, then outputs
  kMetadata,  // MetadataRecord[]
  kWeights,   // the constants, used in place
  kState,     // what the state begins as at batch 1; without bytes: zeros
  kCount,
};
inline constexpr std::size_t kSections = static_cast<std::size_t>(SectionId::kCount);

struct Section {
  std::uint64_t offset;
  std::uint64_t bytes;
};

struct Header {
  char magic[8];
  std::uint32_t format_version;
  std::uint32_t numerics_version;
  std::uint64_t file_bytes;
  std::uint64_t checksum;     // XXH3-64 of all bytes from kChecksummedFrom on
  std::uint64_t arena_bytes;  // at batch 1; a batch of b takes b times as many
  std::uint32_t input_count;
  std::uint32_t output_count;
  std::uint64_t multiply_adds;  // of one run at batch 1
  std::uint64_t
      state_bytes;  // kept from run to run, at batch 1; a batch of b takes b times as many
  Section sections[kSections];
};
static_assert(sizeof(Header) == 64 + 16 * kSections);

// What stands before is checked by itself.
inline constexpr std::size_t kChecksummedFrom = offsetof(Header, arena_bytes);

// A piece of the text section.
struct Text {
  std::uint32_t offset;
  std::uint32_t bytes;
};

// An extent: fixed + per_batch * batch. Both zero or more.
struct Dim {
  std::int64_t fixed;
  std::int64_t per_batch;
};

enum class Place : std::uint8_t {
  kArena,    // offset into the arena at batch 1; times b at batch b
  kWeights,  // offset into the weights section
  kInput,    // input number `offset`, in the caller's memory
  kOutput,   // output number `offset`, in the caller's memory
  kState,    // offset into the state at batch 1; times b at batch b
};

enum class Layout : std::uint8_t {
  kPlain,  // row-major
  // [N][ceil(C / 16)][spatial...][16], lanes after C hold anything; int8 is stored with 128 added,
  // as uint8.
  kBlocked16,
};

struct TensorRecord {
  std::uint8_t dtype;  // DType
  Place place;
  Layout layout;
  std::uint8_t rank;
  std::uint32_t first_dim;  // in the dims section
  std::uint64_t offset;
  Text name;
};
static_assert(sizeof(TensorRecord) == 24);

struct StepRecord {
  std::uint16_t kernel;  // KernelId
  std::uint16_t input_count;
  std::uint16_t output_count;
  std::uint16_t reserved;       // zero
  std::uint32_t first_operand;  // inputs, then outputs
  std::uint32_t params_bytes;
  std::uint64_t params_offset;  // in the params section, a multiple of 8
  std::uint64_t multiply_adds;  // at batch 1
  Text name;
};
static_assert(sizeof(StepRecord) == 40);

struct PortRecord {
  std::uint32_t tensor;
  std::uint32_t reserved;  // zero
  Text name;
};
static_assert(sizeof(PortRecord) == 16);

struct MetadataRecord {
  Text key;
  Text value;
};

}  // namespace slipway::plan
