// A user's program and nothing else: loads a plan through libslipway.so, runs it once, and prints
// how many milliseconds it took to be ready and how many KiB are resident.
//
//     bench_footprint PLAN THREADS
#include <slipway/session.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

long resident_kib() {
  std::FILE* const status = std::fopen("/proc/self/status", "re");
  if (status == nullptr) return -1;
  long kib = -1;
  char line[256];
  while (kib < 0 && std::fgets(line, sizeof(line), status) != nullptr) {
    if (std::strncmp(line, "VmRSS:", 6) == 0) kib = std::strtol(line + 6, nullptr, 10);
  }
  std::fclose(status);
  return kib;
}

int fail(const char* why) {
  std::fprintf(stderr, "bench_footprint: %s\n", why);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("usage: bench_footprint PLAN THREADS");
  slipway::Options options;
  options.threads = static_cast<std::size_t>(std::strtoul(argv[2], nullptr, 10));
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  auto model = slipway::Model::open(argv[1]);
  if (!model) return fail(model.error().c_str());
  auto session = model->prepare(options);
  if (!session) return fail(session.error().c_str());
  const std::chrono::duration<double, std::milli> load = Clock::now() - begin;

  std::vector<std::vector<std::byte>> tensors;
  std::vector<const void*> from;
  std::vector<void*> to;
  for (std::size_t i = 0; i < session->input_count(); ++i)
    from.push_back(tensors.emplace_back(session->input(i).bytes).data());
  for (std::size_t i = 0; i < session->output_count(); ++i)
    to.push_back(tensors.emplace_back(session->output(i).bytes).data());
  if (session->run(from, to) != slipway::Status::kOk) return fail(slipway_last_error());
  std::printf("%.4f %ld\n", load.count(), resident_kib());
  return 0;
}
