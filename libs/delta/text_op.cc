#include "delta/text_op.h"

#include <zstd.h>

#include "base/str.h"

namespace slipway::delta {

void TextDecoder::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

Status TextDecoder::decode(std::span<const std::byte> payload, const OpHeader& op,
                           const Source& old, const Sink& sink) {
  if (context_ == nullptr) context_.reset(ZSTD_createDCtx());
  if (context_ == nullptr) {
    return Error{Code::kTooLarge, "there is no memory left to decompress with"};
  }
  prefix_.resize(static_cast<std::size_t>(op.old_bytes));
  text_.resize(static_cast<std::size_t>(op.new_bytes));
  TRY(old.read_at(op.old_offset, prefix_));
  ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_and_parameters);
  ZSTD_DCtx_refPrefix(context_.get(), prefix_.data(), prefix_.size());
  const std::size_t count = ZSTD_decompressDCtx(context_.get(), text_.data(), text_.size(),
                                                payload.data(), payload.size());
  if (ZSTD_isError(count) != 0 || count != text_.size()) {
    return Error{Code::kInvalid,
                 str("the delta is damaged: zstd: ",
                     ZSTD_isError(count) != 0 ? ZSTD_getErrorName(count) : "it yields too little")};
  }
  return sink(text_);
}

}  // namespace slipway::delta
