// Any bytes, by the first of them: as the frames of a delta (an error, or at most what its header
// promises), or as an old and a new file, whose delta has to give the new one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "delta/apply.h"
#include "delta/varint.h"
#include "diff/diff.h"
#include "digest/digest.h"

namespace {

using namespace slipway;
using Bytes = std::span<const std::byte>;

constexpr std::uint64_t kMostNewBytes = std::uint64_t{1} << 20;

Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// Floats that a tensor operation can predict from.
std::string old_file() {
  std::string bytes(32768, '\0');
  std::uint32_t state = 1;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    state = state * 1664525 + 1013904223;
    const std::uint32_t bits = (state & 0x807FFFFFU) | ((110U + (state >> 24U) % 16) << 23U);
    std::memcpy(bytes.data() + i, &bits, 4);
  }
  return bytes;
}

void apply_frames(Bytes frames) {
  static const std::string old = old_file();
  std::string delta(delta::kMagic, sizeof(delta::kMagic));
  delta += static_cast<char>(delta::kFormatVersion);
  delta::put_varint(delta, old.size());
  delta::put_varint(delta, kMostNewBytes);
  delta += from_hex(sha256(old)).value().substr(0, delta::kOldHashBytes);
  delta += std::string(delta::kNewHashBytes, '\0');
  delta.append(reinterpret_cast<const char*>(frames.data()), frames.size());
  const delta::MemorySource was(bytes_of(old));
  const delta::MemorySource source(bytes_of(delta));
  Result<delta::Applier> applier = delta::Applier::open(was, source);
  if (!applier.ok()) std::abort();
  std::uint64_t count = 0;
  const Status status = applier->run([&](Bytes piece) -> Status {
    count += piece.size();
    if (count > kMostNewBytes) std::abort();
    return {};
  });
  if (status.ok()) std::abort();  // the hash is none that anything has
}

void make_and_apply(Bytes both) {
  if (both.empty()) return;
  const std::size_t split = (both.size() - 1) * static_cast<std::size_t>(both[0]) / 255;
  const Bytes was = both.subspan(1, split);
  const Bytes is = both.subspan(1 + split);
  std::string delta;
  const Result<diff::Report> report = diff::write_delta(was, is, [&](Bytes piece) -> Status {
    delta.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return {};
  });
  if (!report.ok()) std::abort();
  const delta::MemorySource old(was);
  const delta::MemorySource source(bytes_of(delta));
  Result<delta::Applier> applier = delta::Applier::open(old, source);
  if (!applier.ok()) std::abort();
  std::string made;
  const Status status = applier->run([&](Bytes piece) -> Status {
    made.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return {};
  });
  if (!status.ok() || made.size() != is.size() ||
      (!is.empty() && std::memcmp(made.data(), is.data(), is.size()) != 0)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  if (size_bytes == 0) return 0;
  const Bytes rest = std::as_bytes(std::span(data, size_bytes)).subspan(1);
  if ((data[0] & 1U) != 0) {
    make_and_apply(rest);
  } else {
    apply_frames(rest);
  }
  return 0;
}
