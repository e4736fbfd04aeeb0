// The files and commands through which a machine tells about itself. With a prefix they are those
// of a tree in a test.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::device {

// What a command prints; nullopt where there is no such command, or it fails, or takes longer than
// two seconds. At most 64 KiB are kept.
using RunCommand = std::function<std::optional<std::string>(std::span<const std::string> words)>;
std::optional<std::string> run_command(std::span<const std::string> words);

class Root {
 public:
  explicit Root(std::filesystem::path prefix = "/", RunCommand run = run_command);

  // `path` as on the machine: "/proc/cpuinfo". White space and NULs at the end are left out, and
  // what is beyond 256 KiB; nullopt where the file cannot be read.
  std::optional<std::string> text(std::string_view path) const;
  // The first word of the file as a whole number, "0x50005" included.
  std::optional<std::int64_t> number(std::string_view path) const;
  // Names in a folder that start so, those of numbers in their order; empty where there is none.
  std::vector<std::string> names(std::string_view folder, std::string_view start = "") const;

  std::optional<std::string> command(std::initializer_list<std::string> words) const;

 private:
  std::filesystem::path at(std::string_view path) const;

  std::filesystem::path prefix_;
  RunCommand run_;
};

std::optional<std::int64_t> whole_number(std::string_view text);
std::optional<double> real_number(std::string_view text);
std::string_view trimmed(std::string_view text);
// What stands before the separator, which is then cut off with it; all where it does not occur.
std::string_view take_until(std::string_view& text, char separator);

}  // namespace slipway::device
