// Samples in a file of any bytes: an error, or every one of them in the wanted shape. The first
// byte says whether the file is taken for an .npz or a .npy.
#include "samples/samples.h"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>

#include "base/str.h"
#include "samples/labels.h"

namespace {

constexpr std::size_t kMostSamples = 1000;  // of elements of no bytes there may be any number

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  using slipway::samples::Samples;
  if (size_bytes == 0) return 0;
  const bool is_archive = data[0] % 2 == 0;
  static const std::filesystem::path kFolder = std::filesystem::temp_directory_path();
  const std::filesystem::path path =
      kFolder / slipway::str("slipway-fuzz-", getpid(), is_archive ? ".npz" : ".npy");
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data) + 1, static_cast<std::streamsize>(size_bytes - 1));
  auto samples = Samples::open(path, {{"x", slipway::DType::kFloat32, {1, -1, 2}}});
  if (samples.ok()) {
    std::vector<slipway::Tensor> sample;
    for (std::size_t i = 0; i < kMostSamples; ++i) {
      const auto more = samples->next(sample);
      if (!more.ok() || !*more) break;
      if (sample.size() != 1 || sample[0].rank() != 3 || sample[0].dim(2) != 2) std::abort();
    }
    (void)slipway::samples::read_labels(path, samples->count());
  }
  std::filesystem::remove(path);
  return 0;
}
