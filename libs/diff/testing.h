// What tests of deltas share: make one, apply it, files with numbers in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <string>

#include "delta/apply.h"
#include "diff/diff.h"

namespace slipway::diff {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline delta::Sink append_to(std::string& out) {
  return [&out](std::span<const std::byte> bytes) -> Status {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  };
}

inline std::string make(std::string_view was, std::string_view is, Report* report = nullptr) {
  std::string delta;
  Result<Report> made = write_delta(bytes_of(was), bytes_of(is), append_to(delta));
  if (report != nullptr) *report = made.value();
  return delta;
}

inline Result<std::string> applied(std::string_view was, std::string_view delta) {
  const delta::MemorySource old(bytes_of(was));
  const delta::MemorySource source(bytes_of(delta));
  delta::Applier applier = TRY(delta::Applier::open(old, source));
  std::string made;
  TRY(applier.run(append_to(made)));
  return made;
}

template <typename Word>
std::string file_of(const std::vector<Word>& words) {
  std::string out(words.size() * sizeof(Word), '\0');
  if (!words.empty()) std::memcpy(out.data(), words.data(), out.size());
  return out;
}

inline std::vector<float> weights(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.05F);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

inline std::vector<float> moved(std::vector<float> values, float by, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, by);
  for (float& value : values) value += normal(random);
  return values;
}

}  // namespace slipway::diff
