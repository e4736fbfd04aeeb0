#include "progress.h"

#include <algorithm>
#include <cstdio>

#include "cli/terminal.h"

namespace slipway {
namespace {

constexpr int kStepInPipe = 10;

}  // namespace

PercentLine::PercentLine(std::string what)
    : what_(std::move(what)), is_terminal_(is_terminal(stderr)) {}

PercentLine::~PercentLine() {
  if (is_terminal_ && shown_percent_ >= 0) std::fprintf(stderr, "\r\033[K");
}

void PercentLine::show(double share) {
  int percent = static_cast<int>(std::clamp(share, 0.0, 1.0) * 100);
  if (!is_terminal_) percent -= percent % kStepInPipe;
  if (percent <= shown_percent_ || (!is_terminal_ && percent == 0)) return;
  shown_percent_ = percent;
  std::fprintf(stderr, is_terminal_ ? "\r%s %d %%" : "%s %d %%\n", what_.c_str(), percent);
  std::fflush(stderr);
}

}  // namespace slipway
