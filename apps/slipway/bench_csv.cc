#include "bench_csv.h"

#include <cstdio>

#include "base/str.h"

namespace slipway {
namespace {

constexpr std::size_t kPendingBytes = std::size_t{64} << 10;

std::string number_text(const std::optional<double>& value) {
  return value.has_value() ? str(*value) : std::string();
}

}  // namespace

Result<BenchCsv> BenchCsv::create(const std::string& path, Of of) {
  BenchCsv csv(TRY(AtomicFile::create(path)));
  csv.pending_.reserve(kPendingBytes + 128);
  csv.pending_ =
      of == Of::kRuns ? "end_s,latency_us\n" : "start_s,runs,p50_us,p99_us,max_us,hottest_c,mhz\n";
  return csv;
}

void BenchCsv::flush() {
  if (!error_.has_value()) {
    Status written = file_.write(pending_);
    if (!written.ok()) error_ = written.error();
  }
  pending_.clear();
}

void BenchCsv::add_run(double end_s, double latency_s) {
  char line[80];
  const int length = std::snprintf(line, sizeof line, "%.9f,%.3f\n", end_s, latency_s * 1e6);
  pending_.append(line, static_cast<std::size_t>(length));
  if (pending_.size() >= kPendingBytes) flush();
}

void BenchCsv::add_windows(const measure::Soak& soak) {
  for (const measure::Window& window : soak.windows) {
    pending_ += str(window.start_s, ",", window.queries, ",", window.p50_s * 1e6, ",",
                    window.p99_s * 1e6, ",", window.max_s * 1e6, ",", number_text(window.hottest_c),
                    ",", number_text(window.mhz), "\n");
  }
}

Status BenchCsv::finish() {
  flush();
  if (error_.has_value()) return *error_;
  return file_.commit();
}

}  // namespace slipway
