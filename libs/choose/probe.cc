#include "choose/probe.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "base/files.h"
#include "base/str.h"
#include "measure/memory.h"

namespace slipway::choose {
namespace {

constexpr std::size_t kMessageBytes = 1024;

// What the child says, in one piece that a pipe takes whole.
struct Told {
  bool is_ok = false;
  Code code = Code::kInternal;
  Probe probe;
  char message[kMessageBytes] = {};
};
static_assert(sizeof(Told) <= 4096, "a pipe takes this much at once");

double resident() { return static_cast<double>(measure::resident_bytes().value_or(0)); }

Status observe(const std::function<Status()>& open, const std::function<Status()>& use,
               Probe& probe) {
  malloc_trim(0);  // free memory of the parent would hide what is taken
  const double before = resident();
  const auto start = std::chrono::steady_clock::now();
  TRY(open());
  probe.load_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  TRY(use());
  probe.memory_bytes = std::max(0.0, resident() - before);
  return {};
}

[[noreturn]] void be_child(int pipe, const std::function<Status()>& open,
                           const std::function<Status()>& use) {
  Told told;
  const Status status = observe(open, use, told.probe);
  told.is_ok = status.ok();
  if (!status.ok()) {
    told.code = status.error().code;
    std::snprintf(told.message, kMessageBytes, "%s", status.error().message.c_str());
  }
  const ssize_t written = ::write(pipe, &told, sizeof told);
  ::_exit(written == sizeof told ? 0 : 1);
}

std::string end_text(int status) {
  if (WIFSIGNALED(status))
    return str("it crashed: signal ", WTERMSIG(status), " (", strsignal(WTERMSIG(status)), ")");
  return str("its process ended by itself, exit code ", WEXITSTATUS(status));
}

}  // namespace

Result<Probe> probe_apart(const std::function<Status()>& open, const std::function<Status()>& use) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("a pipe cannot be made");
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return system_error("a process cannot be made");
  if (child == 0) be_child(writer.number(), open, use);
  writer = Descriptor();
  Told told;
  ssize_t size = 0;
  do {
    size = ::read(reader.number(), &told, sizeof told);
  } while (size < 0 && errno == EINTR);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (size != sizeof told) return Error{Code::kInvalid, end_text(status)};
  told.message[kMessageBytes - 1] = '\0';
  if (!told.is_ok) return Error{told.code, told.message};
  return told.probe;
}

}  // namespace slipway::choose
