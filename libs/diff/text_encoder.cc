#include "diff/text_encoder.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace slipway::diff {
namespace {

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
using Context = std::unique_ptr<ZSTD_CCtx, Free>;

// zstd fails here only when memory has run out or by a bug of ours.
std::size_t must(std::size_t result) {
  if (ZSTD_isError(result) != 0) std::abort();
  return result;
}

}  // namespace

std::string compress_text(std::span<const std::byte> text, std::span<const std::byte> prefix,
                          int level) {
  const Context context(ZSTD_createCCtx());
  if (context == nullptr) std::abort();
  must(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level));
  const int window = std::max(static_cast<int>(std::bit_width(text.size() + prefix.size())), 10);
  must(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window));
  must(ZSTD_CCtx_refPrefix(context.get(), prefix.data(), prefix.size()));
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(must(ZSTD_compress2(context.get(), out.data(), out.size(), text.data(), text.size())));
  return out;
}

std::uint64_t plain_download_bytes(std::span<const std::byte> file) {
  const Context context(ZSTD_createCCtx());
  if (context == nullptr) std::abort();
  must(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kQuickLevel));
  std::vector<char> out(ZSTD_CStreamOutSize());
  ZSTD_inBuffer input{file.data(), file.size(), 0};
  std::uint64_t bytes = 0;
  std::size_t left = 1;
  while (left != 0) {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    left = must(ZSTD_compressStream2(context.get(), &output, &input, ZSTD_e_end));
    bytes += output.pos;
  }
  return bytes;
}

}  // namespace slipway::diff
