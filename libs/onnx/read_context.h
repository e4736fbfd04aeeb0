// What the readers of one file share: whose bytes they are, where external data lies, and the
// problems found so far.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/mapped_file.h"
#include "base/str.h"
#include "graph/problem.h"
#include "onnx/wire.h"

namespace slipway {

// Graphs in graphs, types in types: deeper than this is refused.
inline constexpr int kMaxDepth = 64;
inline constexpr std::size_t kMaxProblems = 1000;
// Values that graphs take from those around them, counted at every level that they cross.
inline constexpr std::size_t kMaxCaptures = 250'000;

inline constexpr std::size_t kMaxText = 1000;  // of a problem

struct ReadContext {
  const std::byte* file_start = nullptr;
  std::shared_ptr<const void> owner;  // keeps the file's bytes alive
  std::filesystem::path folder;       // of the model; empty: external data cannot be read
  std::map<std::string, std::shared_ptr<const MappedFile>, std::less<>> external_files;
  Problems problems;  // the model cannot be used
  Problems remarks;   // against ONNX's rules, and yet there is only one way to read it
  std::int64_t ir_version = 0;
  std::size_t capture_count = 0;

  WireReader open(Bytes message) const { return {message, file_start}; }

  void problem(std::string_view where, std::string_view what, std::string fix = {},
               Code code = Code::kInvalid) {
    if (problems.size() < kMaxProblems) {
      problems.push_back({code, shorten(where, kMaxText), shorten(what, kMaxText), std::move(fix)});
    }
  }
  void remark(std::string_view where, std::string_view what, std::string fix = {}) {
    if (remarks.size() < kMaxProblems) {
      remarks.push_back(
          {Code::kInvalid, shorten(where, kMaxText), shorten(what, kMaxText), std::move(fix)});
    }
  }
};

}  // namespace slipway
