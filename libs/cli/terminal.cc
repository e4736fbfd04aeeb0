#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace slipway {
namespace {

constexpr std::size_t kPipeColumns = 100;
constexpr std::size_t kLeastColumns = 40;
constexpr std::size_t kMostColumns = 1000;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

bool is_terminal(std::FILE* stream) { return ::isatty(::fileno(stream)) == 1; }

bool wants_colour(std::FILE* stream) {
  return is_terminal(stream) && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
}

std::size_t width_columns(std::FILE* stream) {
  const long asked = std::strtol(std::string(environment("COLUMNS")).c_str(), nullptr, 10);
  if (asked >= static_cast<long>(kLeastColumns) && asked <= static_cast<long>(kMostColumns)) {
    return static_cast<std::size_t>(asked);
  }
  winsize size{};
  if (is_terminal(stream) && ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 &&
      size.ws_col >= kLeastColumns) {
    return size.ws_col;
  }
  return kPipeColumns;
}

}  // namespace slipway
