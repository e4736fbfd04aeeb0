// A calibration cache of any bytes: an error, or what is written and read back the same. The hash
// and the options are those that the bytes claim first, so that what follows is reached.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "quantize/cache.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  using namespace slipway::quantize;
  const std::string head = cache_text({}, 0, {});
  const std::string text = head + std::string(reinterpret_cast<const char*>(data), size_bytes);
  const auto learned = parse_cache(text, 0, {});
  if (!learned.ok()) return 0;
  const auto back = parse_cache(cache_text(*learned, 0, {}), 0, {});
  if (!back.ok() || back->samples != learned->samples || back->ranges != learned->ranges ||
      back->factors != learned->factors || back->shifts != learned->shifts) {
    std::abort();
  }
  return 0;
}
