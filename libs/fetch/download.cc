#include "fetch/download.h"

#include <utility>

#include "base/str.h"
#include "fetch/part_file.h"
#include "fetch/url.h"

namespace slipway::fetch {
namespace {

Error keep_or_discard(Error error, PartFile& part, const std::filesystem::path& to) {
  const bool may_pass = error.code == Code::kIo;
  if (!may_pass || part.bytes() == 0) {
    (void)part.discard();
    return error;
  }
  // Where not even this works, the next run finds less than there was.
  (void)part.checkpoint();
  error.message += str("; what has come (", part.bytes(), " bytes) is kept in ", to.string(),
                       ".part: the same command goes on from there");
  return error;
}

}  // namespace

Result<Downloaded> download(Fetcher& fetcher, const Download& what) {
  for (;;) {
    PartFile part = TRY(PartFile::open(what.to, what.url, what.sha256));
    Status status = fetcher.fetch(part.request(what.url, what.most_bytes), part);
    if (!status.ok()) return keep_or_discard(std::move(status).error(), part, what.to);
    Downloaded done{.bytes = part.bytes(), .resumed_from = part.resumed_from(), .sha256 = {}};
    done.sha256 = TRY(part.sha256_of_all());
    if (what.sha256.empty() || done.sha256 == what.sha256) {
      TRY(part.publish());
      return done;
    }
    TRY(part.discard());
    if (done.resumed_from > 0) continue;  // what was there may have been of another file
    return Error{Code::kInvalid,
                 str(shown_url(what.url), ": its SHA-256 is ", done.sha256, ", and ", what.sha256,
                     " is expected: the file was changed, or the hash is that of another one")};
  }
}

}  // namespace slipway::fetch
