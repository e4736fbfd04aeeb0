// Loaded into a program before the C library: one of its calls to write, fsync, rename or
// renameat2, counted from 1, goes wrong. SLIPWAY_FAULT says which and how:
//
//   count         none does; how many there were is the last line of stderr
//   full:N        the N-th fails as on a full disk
//   kill:N        the program is killed in the N-th, of a write when half is written
//
// What goes to descriptors 0 to 2 does not count.
#include <dlfcn.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<long> calls{0};

struct Fault {
  bool counts = false;
  bool kills = false;
  long at = 0;

  Fault() {
    const char* const text = std::getenv("SLIPWAY_FAULT");
    if (text == nullptr) return;
    counts = std::strcmp(text, "count") == 0;
    kills = std::strncmp(text, "kill:", 5) == 0;
    const char* const colon = std::strchr(text, ':');
    if (colon != nullptr) at = std::strtol(colon + 1, nullptr, 10);
  }
  ~Fault() {
    if (counts) std::fprintf(stderr, "%ld\n", calls.load());
  }
};

Fault& fault() {
  static Fault one;
  return one;
}

bool is_due() { return fault().at == ++calls; }

[[noreturn]] void die() {
  raise(SIGKILL);
  std::abort();
}

int full_disk() {
  errno = ENOSPC;
  return -1;
}

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

// What is hidden would not be found before the C library's.
#pragma GCC visibility push(default)
extern "C" {

ssize_t write(int descriptor, const void* bytes, size_t count) {
  static auto* const next = real<ssize_t(int, const void*, size_t)>("write");
  if (descriptor > STDERR_FILENO && is_due()) {
    if (!fault().kills) return full_disk();
    if (next(descriptor, bytes, count / 2) < 0) std::abort();
    die();
  }
  return next(descriptor, bytes, count);
}

int fsync(int descriptor) {
  static auto* const next = real<int(int)>("fsync");
  if (is_due()) {
    if (fault().kills) die();
    return full_disk();
  }
  return next(descriptor);
}

int rename(const char* from, const char* to) noexcept {
  static auto* const next = real<int(const char*, const char*)>("rename");
  if (is_due()) {
    if (fault().kills) die();
    return full_disk();
  }
  return next(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  static auto* const next = real<int(int, const char*, int, const char*, unsigned)>("renameat2");
  if (is_due()) {
    if (fault().kills) die();
    return full_disk();
  }
  return next(from_folder, from, to_folder, to, flags);
}

}  // extern "C"
#pragma GCC visibility pop
