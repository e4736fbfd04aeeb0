// A control loop at 50 Hz: reads a window of sensor values, runs the model, gives the command.
// Everything is prepared before the loop; a run in it allocates nothing and makes no system call.
//
//     c++ -std=c++20 control_loop.cc $(pkg-config --cflags --libs slipway) -o control_loop
//     ./control_loop autopilot.plan
#include <slipway/session.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

// What a compass and a log would say: a boat that swings about its course.
void read_sensors(long tick, std::vector<float>& window) {
  for (std::size_t i = 0; i < window.size(); ++i) {
    window[i] = static_cast<float>(
        std::sin(0.05 * static_cast<double>(tick) + 0.1 * static_cast<double>(i)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s MODEL [TICKS]\n", argv[0]);
    return 2;
  }
  const long ticks = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 250;

  auto model = slipway::Model::open(argv[1]);
  if (!model) {
    std::fprintf(stderr, "%s\n", model.error().c_str());
    return 1;
  }
  auto session = model->prepare();
  if (!session) {
    std::fprintf(stderr, "%s\n", session.error().c_str());
    return 1;
  }
  if (session->input_count() != 1 || session->output_count() != 1) {
    std::fprintf(stderr, "this loop drives models of one input and one output\n");
    return 1;
  }
  std::vector<float> window(session->input(0).bytes / sizeof(float));
  std::vector<float> command(session->output(0).bytes / sizeof(float));

  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kPeriod(20);
  Clock::time_point next = Clock::now();
  double worst_us = 0;
  for (long tick = 0; tick < ticks; ++tick) {
    read_sensors(tick, window);
    const Clock::time_point begin = Clock::now();
    if (session->run({window.data()}, {command.data()}) != slipway::Status::kOk) {
      std::fprintf(stderr, "the model did not run: the rudder goes amidships\n");
      command[0] = 0.0F;
    }
    const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
    worst_us = std::max(worst_us, took.count());
    if (tick % 50 == 0)
      std::printf("tick %4ld  command %+.4f\n", tick, static_cast<double>(command[0]));
    next += kPeriod;
    std::this_thread::sleep_until(next);
  }
  std::printf("%ld ticks at 50 Hz, the slowest run took %.1f us\n", ticks, worst_us);
  return 0;
}
