// The runs of `slipway bench` as lines of a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/result.h"
#include "measure/result.h"

namespace slipway {

class BenchCsv {
 public:
  enum class Of : std::uint8_t { kRuns, kWindows };
  static Result<BenchCsv> create(const std::string& path, Of of);

  // What goes wrong shows in finish().
  void add_run(double end_s, double latency_s);
  // The stretches of a soak.
  void add_windows(const measure::Soak& soak);
  Status finish();

 private:
  explicit BenchCsv(AtomicFile file) : file_(std::move(file)) {}
  void flush();

  AtomicFile file_;
  std::string pending_;
  std::optional<Error> error_;
};

}  // namespace slipway
