// A text operation: zstd, which has seen a piece of the old file.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "delta/apply.h"
#include "delta/frames.h"

struct ZSTD_DCtx_s;

namespace slipway::delta {

class TextDecoder {
 public:
  Status decode(std::span<const std::byte> payload, const OpHeader& op, const Source& old,
                const Sink& sink);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  std::vector<std::byte> prefix_;
  std::vector<std::byte> text_;
};

}  // namespace slipway::delta
