#include "fetch/make_fetcher.h"

#include <utility>

#include "base/str.h"
#include "fetch/file_fetcher.h"
#include "fetch/url.h"

namespace slipway::fetch {
namespace {

class AnyFetcher : public Fetcher {
 public:
  explicit AnyFetcher(FetcherOptions options)
      : files_(std::move(options.file_root), options.http.watch), web_(std::move(options.http)) {}

  Status fetch(const Request& request, Sink& sink) override {
    const std::string scheme = scheme_of(request.url);
    if (scheme == "http" || scheme == "https") return web_.fetch(request, sink);
    if (scheme.empty() || scheme == "file") return files_.fetch(request, sink);
    return Error{Code::kUsage, str(shown_url(request.url),
                                   ": files come by https://, http://, "
                                   "file:/// or from a plain path")};
  }

 private:
  FileFetcher files_;
  HttpFetcher web_;
};

}  // namespace

std::unique_ptr<Fetcher> make_fetcher(FetcherOptions options) {
  return std::make_unique<AnyFetcher>(std::move(options));
}

}  // namespace slipway::fetch
