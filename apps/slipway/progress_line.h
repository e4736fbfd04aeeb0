// How far a long command has come: one line on a terminal, nothing in a pipe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace slipway {

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // A share of 1, below 0 where nobody knows. In a pipe a step that takes long says so every ten
  // seconds.
  void show(std::string_view what, double share);
  void clear();

 private:
  bool is_terminal_;
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace slipway
