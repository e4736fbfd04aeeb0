// A delta may be anything: what comes out is the new file or an error, within what it promises.
#include <algorithm>

#include "delta/apply.h"
#include "delta/varint.h"
#include "diff/testing.h"
#include "digest/digest.h"

namespace slipway::diff {
namespace {

// Applies, and asks that nothing wrong is called right and no more comes out than is promised.
void expect_error_or(std::string_view was, std::string_view delta, std::string_view is) {
  const delta::MemorySource old(bytes_of(was));
  const delta::MemorySource source(bytes_of(delta));
  Result<delta::Applier> applier = delta::Applier::open(old, source);
  if (!applier.ok()) {
    EXPECT_FALSE(applier.error().message.empty());
    return;
  }
  const std::uint64_t promised = applier->header().new_bytes;
  std::string made;
  const Status status = applier->run([&](std::span<const std::byte> bytes) -> Status {
    EXPECT_LE(made.size() + bytes.size(), promised);
    made.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  });
  if (status.ok()) {
    EXPECT_TRUE(made == is) << "a wrong file was called right";
  } else {
    EXPECT_FALSE(status.error().message.empty());
  }
}

// Each operation is in it: copied, raw, text and tensors with scales and factors.
struct Sample {
  std::string was;
  std::string is;
  std::string delta;
};
Sample sample() {
  Sample sample;
  std::string text;
  for (int i = 0; i < 200; ++i) text += "node " + std::to_string(i * 7919 % 1000) + "; ";
  sample.was = file_of(weights(3000, 1)) + text.substr(0, 800) + "end of it, as it has been";
  sample.is = file_of(moved(weights(3000, 1), 1e-6F, 2)) + text + "end of it, as it has been";
  sample.delta = make(sample.was, sample.is);
  return sample;
}

TEST(HostileDelta, TheSampleItselfIsFine) {
  const Sample it = sample();
  const Result<std::string> made = applied(it.was, it.delta);
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_TRUE(*made == it.is);
}

TEST(HostileDelta, CutAnywhereIsAnError) {
  const Sample it = sample();
  for (std::size_t size = 0; size < it.delta.size(); ++size) {
    const Result<std::string> made = applied(it.was, it.delta.substr(0, size));
    ASSERT_FALSE(made.ok()) << size;
  }
}

TEST(HostileDelta, LongerIsAnError) {
  const Sample it = sample();
  EXPECT_FALSE(applied(it.was, it.delta + std::string(1, '\0')).ok());
  EXPECT_FALSE(applied(it.was, it.delta + it.delta).ok());
}

TEST(HostileDelta, AnyBitFlippedIsAnErrorOrTheSameFile) {
  const Sample it = sample();
  for (std::size_t i = 0; i < it.delta.size(); ++i) {
    SCOPED_TRACE(i);
    for (const unsigned bit : {0U, 3U, 7U}) {
      std::string damaged = it.delta;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ (1U << bit));
      expect_error_or(it.was, damaged, it.is);
    }
  }
}

TEST(HostileDelta, AnyByteSetToAllOnesIsAnErrorOrTheSameFile) {
  const Sample it = sample();
  for (std::size_t i = 0; i < it.delta.size(); ++i) {
    SCOPED_TRACE(i);
    std::string damaged = it.delta;
    damaged[i] = '\xFF';
    expect_error_or(it.was, damaged, it.is);
  }
}

TEST(HostileDelta, AnotherOldFileIsSaidToBeAnother) {
  const Sample it = sample();
  std::string other = it.was;
  other[5000] ^= 1;
  Result<std::string> made = applied(other, it.delta);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("made from another old file"), std::string::npos)
      << made.error().message;
  made = applied(it.was + "x", it.delta);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("of 12825 bytes"), std::string::npos) << made.error().message;
}

TEST(HostileDelta, DamageIsSaidToBeDamage) {
  const Sample it = sample();
  std::string damaged = it.delta;
  damaged[damaged.size() / 2] ^= 0x10;
  const Result<std::string> made = applied(it.was, damaged);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("the delta is damaged"), std::string::npos)
      << made.error().message;
  EXPECT_NE(made.error().message.find("fetch it again"), std::string::npos);
}

TEST(HostileDelta, AnotherKindOfFileAndALaterFormatAreSaidToBeSo) {
  EXPECT_EQ(applied("", "not a delta").error().message,
            "this is not a delta: `slipway delta` writes one");
  std::string later = make("", "");
  later[4] = static_cast<char>(delta::kFormatVersion + 1);
  EXPECT_EQ(applied("", later).error().code, Code::kUnsupported);
}

// A header for any sizes and what follows it.
std::string crafted(std::string_view was, std::uint64_t new_bytes, std::string_view frames) {
  std::string out(delta::kMagic, sizeof(delta::kMagic));
  out += static_cast<char>(delta::kFormatVersion);
  delta::put_varint(out, was.size());
  delta::put_varint(out, new_bytes);
  out += from_hex(sha256(was)).value().substr(0, delta::kOldHashBytes);
  out += std::string(delta::kNewHashBytes, '\0');
  out += frames;
  return out;
}

std::string frame(std::uint64_t new_bytes, std::string_view operations) {
  std::string out;
  delta::put_varint(out, new_bytes);
  out += std::string(4, '\0');
  delta::put_varint(out, operations.size());
  out += operations;
  return out;
}

std::string numbers(std::initializer_list<std::uint64_t> values) {
  std::string out;
  for (const std::uint64_t value : values) delta::put_varint(out, value);
  return out;
}

struct Claim {
  const char* name;
  std::uint64_t new_bytes;
  std::string frames;
};

// Old: 1,000 bytes. Operations: 0 copy [bytes, offset in zigzag], 1 raw [bytes], 2 text [bytes,
// offset, old bytes, payload bytes], 3 tensor [bytes, offset, payload bytes].
TEST(HostileDelta, ClaimsBeyondTheSizesAreErrors) {
  const std::uint64_t huge = std::uint64_t{1} << 45U;
  const Claim claims[] = {
      {"a new file beyond all limits", std::uint64_t{1} << 60U, ""},
      {"no frames", 10, ""},
      {"a frame of nothing", 10, frame(0, "")},
      {"a frame beyond the new file", 10, frame(11, numbers({0, 11, 0}))},
      {"a frame beyond the limit", huge, frame(delta::kMostFrameBytes + 1, numbers({0, 1, 0}))},
      {"an operation beyond its frame", 10, frame(10, numbers({0, 11, 0}))},
      {"an operation of nothing", 10, frame(10, numbers({0, 0, 0}))},
      {"an unknown operation", 10, frame(10, numbers({4, 10, 0}))},
      {"a copy beyond the old file", 2000, frame(2000, numbers({0, 1001, 0}))},
      {"a copy from before the old file", 10, frame(10, numbers({0, 10, 1}))},
      {"a copy from behind the old file", 10, frame(10, numbers({0, 10, 2 * 995}))},
      {"raw bytes that are not there", 10, frame(10, numbers({1, 10}))},
      {"a text beyond the limit", huge,
       frame(delta::kMostTextBytes + 1, numbers({2, delta::kMostTextBytes + 1, 0, 0, 0}))},
      {"a prefix beyond the old file", 10, frame(10, numbers({2, 10, 0, 1001, 0}))},
      {"a payload beyond the frame", 10, frame(10, numbers({2, 10, 0, 10, 1000}))},
      {"a payload beyond all limits", 10, frame(10, numbers({3, 10, 0, huge}))},
      {"an empty tensor payload", 8, frame(8, numbers({3, 8, 0, 0}))},
      {"an unknown element", 8, frame(8, numbers({3, 8, 0, 2, 6, 0}))},
      {"unknown flags", 8, frame(8, numbers({3, 8, 0, 2, 0, 16}))},
      {"half an element", 6, frame(6, numbers({3, 6, 0, 2, 0, 0}))},
      {"tables that were not given", 8, frame(8, numbers({3, 8, 0, 5, 0, 4, 7, 0, 0}))},
      {"rows without columns", 8, frame(8, numbers({3, 8, 0, 4, 0, 1, 0, 1}))},
      {"more rows than elements", 8, frame(8, numbers({3, 8, 0, 4, 0, 1, 1, 3}))},
      {"scales that are shared, but none", 8, frame(8, numbers({3, 8, 0, 2, 0, 8}))},
      {"scales that are shared, and factors", 8, frame(8, numbers({3, 8, 0, 5, 0, 11, 1, 2, 2}))},
      {"scales that no row has", 8, frame(8, numbers({3, 8, 0, 5, 3, 9, 1, 4, 0}))},
      {"scales that parts of a panel share", 8, frame(8, numbers({3, 8, 0, 5, 3, 9, 1, 4, 3}))},
      {"scales that more than a panel shares", 8, frame(8, numbers({3, 8, 0, 5, 3, 9, 1, 4, 8}))},
  };
  const std::string was(1000, 'a');
  for (const Claim& claim : claims) {
    SCOPED_TRACE(claim.name);
    const Result<std::string> made = applied(was, crafted(was, claim.new_bytes, claim.frames));
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code, Code::kInvalid) << made.error().message;
  }
}

// zstd makes a million zeros of a few bytes: no more than the operation says may come out.
TEST(HostileDelta, ABombYieldsNoMoreThanItSays) {
  std::string report;
  const std::string zeros(std::size_t{1} << 19, '\0');
  const std::string honest = make("", zeros);
  ASSERT_LT(honest.size(), 200U);
  ASSERT_TRUE(applied("", honest).ok());
  // The same payload, of which the operation says that it yields 100 bytes.
  const std::size_t start = honest.find("\x28\xB5\x2F\xFD");
  ASSERT_NE(start, std::string::npos);
  const std::string payload = honest.substr(start);
  std::string operation = numbers({2, 100, 0, 0, payload.size()}) + payload;
  expect_error_or("", crafted("", 100, frame(100, operation)), "");
  EXPECT_FALSE(applied("", crafted("", 100, frame(100, operation))).ok());
}

}  // namespace
}  // namespace slipway::diff
