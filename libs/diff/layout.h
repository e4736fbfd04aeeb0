// The new file as pieces, each with what it was in the old one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "diff/copy_finder.h"
#include "diff/members.h"

namespace slipway::diff {

struct Part {
  enum class Kind : std::uint8_t { kSame, kTensor, kOther };
  Kind kind = Kind::kSame;
  std::uint64_t new_offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t old_offset = 0;    // of kOther: where its like would stand, if within the file
  const Region* tensor = nullptr;  // of kTensor: of as many bytes as this part
};

class Layout {
 public:
  Layout(std::span<const std::byte> was, std::span<const std::byte> is);

  // In the order of the new file, all of it.
  Status each_part(const std::function<Status(const Part&)>& use) const;

  std::size_t tensors() const;
  std::size_t tensors_added() const;

 private:
  bool is_same(std::uint64_t old_offset, std::uint64_t new_offset, std::uint64_t bytes) const;
  Status visit_member(std::size_t number, std::uint64_t& expected,
                      const std::function<Status(const Part&)>& use) const;
  Status visit_gap(std::uint64_t start, std::uint64_t end, std::uint64_t expected,
                   const std::function<Status(const Part&)>& use) const;

  std::span<const std::byte> was_;
  std::span<const std::byte> is_;
  std::vector<Member> before_;
  std::vector<Member> now_;
  std::vector<MemberMatch> matches_;
  CopyFinder finder_;
};

}  // namespace slipway::diff
