#include "progress_line.h"

#include <cstdio>

#include "base/str.h"
#include "cli/terminal.h"
#include "console.h"

namespace slipway {
namespace {

constexpr std::chrono::milliseconds kTerminalPeriod{100};
constexpr std::chrono::seconds kPipePeriod{10};

}  // namespace

ProgressLine::ProgressLine()
    : is_terminal_(is_terminal(stderr)), last_(std::chrono::steady_clock::now()) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::show(std::string_view what, double share) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < kTerminalPeriod) return;
  const std::string text =
      share < 0 ? std::string(what) : str(what, " ", static_cast<int>(share * 100), " %");
  if (is_terminal_) {
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
    std::fflush(stderr);
    is_shown_ = true;
  } else if (now - last_ >= kPipePeriod) {
    say(text);
  } else {
    return;
  }
  last_ = now;
}

void ProgressLine::clear() {
  if (is_shown_) std::fputs("\r\033[K", stderr);
  is_shown_ = false;
}

}  // namespace slipway
