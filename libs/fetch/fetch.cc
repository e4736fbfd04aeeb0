#include "fetch/fetch.h"

#include <algorithm>
#include <utility>

#include "fetch/url.h"

namespace slipway::fetch {
namespace {

constexpr std::uint64_t kMostReservedBytes = 1 << 20;  // a stated length is not believed beyond

class TextSink : public Sink {
 public:
  Status begin(const Source& source) override {
    text_.clear();
    text_.reserve(
        static_cast<std::size_t>(std::min(source.total_bytes.value_or(0), kMostReservedBytes)));
    return {};
  }
  Status write(std::span<const std::byte> bytes) override {
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

Result<std::string> fetch_text(Fetcher& fetcher, std::string url, std::uint64_t most_bytes) {
  TextSink sink;
  TRY(fetcher.fetch({.url = std::move(url), .most_bytes = most_bytes}, sink));
  return sink.take();
}

std::string join_url(std::string_view base, std::string_view name) {
  std::string url(base);
  if (!url.empty() && url.back() != '/') url += '/';
  url += scheme_of(base).empty() ? std::string(name) : percent_encode(name);
  return url;
}

}  // namespace slipway::fetch
