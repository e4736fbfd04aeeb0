// How far a long command has come, on stderr: a line that is written over on a terminal, now and
// then a line in a pipe.
#pragma once

#include <string>

namespace slipway {

class PercentLine {
 public:
  explicit PercentLine(std::string what);
  ~PercentLine();
  PercentLine(const PercentLine&) = delete;
  PercentLine& operator=(const PercentLine&) = delete;

  // A share of 1; shown where it is news.
  void show(double share);

 private:
  std::string what_;
  bool is_terminal_;
  int shown_percent_ = -1;
};

}  // namespace slipway
