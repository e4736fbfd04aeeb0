// The clocks of the measurements here.
#pragma once

#include <time.h>

#include <chrono>

namespace slipway::bench {

inline double now_us() {
  return std::chrono::duration<double, std::micro>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// What the processor has spent on the calling thread: does not move while other programs have it.
inline double thread_cpu_us() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e6 + static_cast<double>(spent.tv_nsec) * 1e-3;
}

// What the processor has spent on all threads of this process.
inline double process_cpu_us() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e6 + static_cast<double>(spent.tv_nsec) * 1e-3;
}

inline double now_ms() { return now_us() / 1000; }

}  // namespace slipway::bench
