#include "footprint.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/files.h"
#include "base/str.h"

extern char** environ;

namespace slipway::bench {
namespace {

// What a program prints; the first word is its path.
Result<std::string> output_of(const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return system_error("pipe");
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writer.number(), STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, reader.number());
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failure =
      posix_spawn(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0)
    return Error{Code::kIo, str("a process cannot be started: ", std::strerror(failure))};
  writer = Descriptor();
  std::string text;
  std::array<char, 256> part{};
  for (ssize_t got = 0; (got = read(reader.number(), part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) return Error{Code::kInvalid, str("'", join(words, " "), "' failed")};
  return text;
}

Result<long> resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  return Error{Code::kIo, "/proc/self/status does not tell VmRSS"};
}

}  // namespace

Result<Footprint> measure_footprint(EngineKind kind, const Subject& subject,
                                    const std::string& library, std::size_t processes) {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  std::vector<std::string> words;
  if (kind == EngineKind::kSlipway) {
    words = {self.parent_path() / "bench_footprint", subject.plan.string(), str(subject.threads)};
  } else {
    words = {self.string(),
             "footprint",
             subject.model.string(),
             subject.plan.string(),
             library,
             str(subject.threads),
             subject.window_plan.string(),
             str(subject.window_axis)};
    for (const auto& [symbol, extent] : subject.extents) words.push_back(str(symbol, "=", extent));
  }
  std::vector<double> loads_ms;
  Footprint footprint;
  for (std::size_t i = 0; i < processes; ++i) {
    std::istringstream text(TRY(output_of(words)));
    double load_ms = 0;
    if (!(text >> load_ms >> footprint.rss_kib))
      return Error{Code::kInternal, str("a footprint process said '", text.str(), "'")};
    loads_ms.push_back(load_ms);
  }
  std::sort(loads_ms.begin(), loads_ms.end());
  footprint.load_ms = loads_ms[loads_ms.size() / 2];
  return footprint;
}

Status print_footprint(const std::vector<std::string>& words) {
  if (words.size() < 6)
    return Error{Code::kUsage, "footprint MODEL PLAN LIBRARY THREADS WINDOW-PLAN AXIS"};
  Subject subject;
  subject.model = words[0];
  subject.plan = words[1];
  subject.threads = std::stoul(words[3]);
  subject.window_plan = words[4];
  subject.window_axis = std::stol(words[5]);
  for (std::size_t i = 6; i < words.size(); ++i) {
    const std::size_t equals = words[i].rfind('=');
    subject.extents[words[i].substr(0, equals)] = std::stol(words[i].substr(equals + 1));
  }
  const Opened opened = TRY(open_onnxruntime(subject, words[2]));
  TRY(opened.engine->run());
  std::printf("%.4f %ld\n", opened.load_ms, TRY(resident_kib()));
  return {};
}

}  // namespace slipway::bench
