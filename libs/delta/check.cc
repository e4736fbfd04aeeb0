#include "delta/check.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace slipway::delta {

struct Check::State {
  XXH3_state_t hash;
};

Check::Check() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->hash); }
Check::~Check() = default;

void Check::update(std::span<const std::byte> bytes) {
  XXH3_64bits_update(&state_->hash, bytes.data(), bytes.size());
}

std::uint32_t Check::value() const {
  return static_cast<std::uint32_t>(XXH3_64bits_digest(&state_->hash));
}

}  // namespace slipway::delta
