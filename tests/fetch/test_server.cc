#include "test_server.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "base/str.h"

extern char** environ;

namespace slipway::fetch {
namespace {

class TestServer {
 public:
  TestServer() {
    std::array<int, 2> to_server{};
    std::array<int, 2> from_server{};
    if (pipe2(to_server.data(), O_CLOEXEC) != 0 || pipe2(from_server.data(), O_CLOEXEC) != 0)
      die("no pipes");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_server[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from_server[1], 1);
    std::array<std::string, 3> words = {"python3", "-B", "tests/fetch/server.py"};
    std::array<char*, 4> arguments = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    if (posix_spawnp(&child_, "python3", &actions, nullptr, arguments.data(), environ) != 0)
      die("python3 cannot be started");
    posix_spawn_file_actions_destroy(&actions);
    close(to_server[0]);
    close(from_server[1]);
    input_ = to_server[1];
    read_names(from_server[0]);
  }

  ~TestServer() {
    close(input_);  // the end of its input is the end of the server
    waitpid(child_, nullptr, 0);
  }

  std::string value(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) die(str("server.py did not print ", name));
    return found->second;
  }

 private:
  [[noreturn]] static void die(const std::string& why) {
    std::cerr << "tests/fetch/server.py: " << why << "\n";
    std::abort();
  }

  void read_names(int descriptor) {
    FILE* output = fdopen(descriptor, "r");
    std::array<char, 64> name{};
    std::array<char, 512> value{};
    while (std::fscanf(output, "%63s %511s", name.data(), value.data()) == 2) {
      if (std::string(name.data()) == "ready") break;
      values_[name.data()] = value.data();
    }
    std::fclose(output);
  }

  pid_t child_ = 0;
  int input_ = -1;
  std::map<std::string, std::string> values_;
};

std::string must_fetch(const std::string& path) {
  const Fetched fetched = fetch(http(path), 256 << 20);
  if (!fetched.status.ok()) {
    ADD_FAILURE() << fetched.message();
  }
  return fetched.text();
}

}  // namespace

std::string of_server(const std::string& name) {
  static const TestServer server;
  return server.value(name);
}

std::string http(const std::string& path) {
  return str("http://127.0.0.1:", of_server("http"), path);
}

std::string https(const std::string& path, const std::string& port) {
  return str("https://localhost:", of_server(port), path);
}

std::string content(const std::string& path, int size, int version) {
  return must_fetch(str("/content?of=", path, "&size=", size, "&version=", version));
}

std::string requests(const std::string& path) { return must_fetch("/requests?of=" + path); }

int count_of(const std::string& text, const std::string& word) {
  int count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
    ++count;
  return count;
}

HttpOptions quick() {
  HttpOptions options;
  options.proxy = "";
  options.seed = 1;
  return options;
}

Fetched fetch_with(HttpOptions options, const Request& request) {
  Fetched fetched;
  FakeClock clock;
  if (options.clock == nullptr) options.clock = &clock;
  options.watch.note = [&](std::string_view line) { fetched.notes += str(line, "\n"); };
  fetched.status = HttpFetcher(std::move(options)).fetch(request, fetched.sink);
  fetched.waited_ms = clock.slept;
  return fetched;
}

Fetched fetch(const std::string& url, std::uint64_t most_bytes) {
  return fetch_with(quick(), {.url = url, .most_bytes = most_bytes});
}

}  // namespace slipway::fetch
