#include "device/root.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <system_error>

#include "base/files.h"

extern char** environ;

namespace slipway::device {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{256} << 10;
constexpr std::size_t kMaxOutputBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxNames = 4096;
constexpr std::chrono::seconds kPatience{2};

using Clock = std::chrono::steady_clock;

// Until the end, `most_bytes`, an error, or the deadline.
std::optional<std::string> read_all(int descriptor, std::size_t most_bytes,
                                    Clock::time_point deadline) {
  std::string content;
  char piece[4096];
  while (content.size() < most_bytes) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd wait = {descriptor, POLLIN, 0};
    if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) == 0)
      return std::nullopt;
    const ssize_t got =
        read(descriptor, piece, std::min(sizeof piece, most_bytes - content.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    content.append(piece, static_cast<std::size_t>(got));
  }
  return content;
}

// The child's status; it is killed where it has not ended by the deadline.
int end_of(pid_t child, Clock::time_point deadline) {
  constexpr timespec kPause = {.tv_sec = 0, .tv_nsec = 200'000};
  int status = 0;
  for (;;) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) return status;
    if (Clock::now() >= deadline) kill(child, SIGKILL);
    nanosleep(&kPause, nullptr);
  }
}

// sample2 before sample10, as kernels number things.
bool comes_before(const std::string& a, const std::string& b) {
  const auto stem = [](const std::string& name) { return name.find_last_not_of("0123456789") + 1; };
  if (stem(a) == stem(b) && a.compare(0, stem(a), b, 0, stem(b)) == 0 && a.size() != b.size())
    return a.size() < b.size();
  return a < b;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank(" \t\r\n\0", 5);
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view taken = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return taken;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  text = trimmed(text);
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

std::optional<double> real_number(std::string_view text) {
  text = trimmed(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

std::optional<std::string> run_command(std::span<const std::string> words) {
  int ends[2];
  if (words.empty() || pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to.number(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int refused =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (refused != 0) return std::nullopt;
  to = Descriptor();  // ours: the pipe ends when the child's end does
  const auto deadline = Clock::now() + kPatience;
  std::optional<std::string> output = read_all(from.number(), kMaxOutputBytes, deadline);
  from = Descriptor();  // a child that has more to say ends here
  const int status = end_of(child, output.has_value() ? deadline : Clock::now());
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return output;
}

Root::Root(std::filesystem::path prefix, RunCommand run)
    : prefix_(std::move(prefix)), run_(std::move(run)) {}

std::filesystem::path Root::at(std::string_view path) const {
  while (path.starts_with('/')) path.remove_prefix(1);
  return prefix_ / path;
}

std::optional<std::string> Root::text(std::string_view path) const {
  // The sizes that /sys and /proc state say nothing: read to the end.
  const Descriptor file(open(at(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return std::nullopt;
  std::optional<std::string> content =
      read_all(file.number(), kMaxFileBytes, Clock::now() + kPatience);
  if (content.has_value()) {
    constexpr std::string_view kBlank(" \t\r\n\0", 5);
    content->resize(content->find_last_not_of(kBlank) + 1);
  }
  return content;
}

std::optional<std::int64_t> Root::number(std::string_view path) const {
  const std::optional<std::string> content = text(path);
  return content.has_value() ? whole_number(*content) : std::nullopt;
}

std::vector<std::string> Root::names(std::string_view folder, std::string_view start) const {
  std::vector<std::string> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(at(folder), error), end; !error && entry != end;
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (name.starts_with(start)) found.push_back(std::move(name));
    if (found.size() == kMaxNames) break;
  }
  std::sort(found.begin(), found.end(), comes_before);
  return found;
}

std::optional<std::string> Root::command(std::initializer_list<std::string> words) const {
  if (!run_) return std::nullopt;
  return run_(std::span(words.begin(), words.size()));
}

}  // namespace slipway::device
