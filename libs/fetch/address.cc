#include "fetch/address.h"

#include <memory>

#include "base/str.h"
#include "fetch/curl.h"
#include "fetch/url.h"

namespace slipway::fetch {
namespace {

struct CloseUrl {
  void operator()(CURLU* url) const { curl().url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl().free(text); }
};
using ParsedUrl = std::unique_ptr<CURLU, CloseUrl>;

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl().url_get(url, part, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, FreeText> owned(text);
  return text;
}

Address address_of(CURLU* url) {
  Address address;
  address.scheme = part_of(url, CURLUPART_SCHEME);
  address.host = part_of(url, CURLUPART_HOST);
  for (char& c : address.host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  address.port = part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  address.user = part_of(url, CURLUPART_USER, CURLU_URLDECODE);
  address.password = part_of(url, CURLUPART_PASSWORD, CURLU_URLDECODE);
  curl().url_set(url, CURLUPART_USER, nullptr, 0);
  curl().url_set(url, CURLUPART_PASSWORD, nullptr, 0);
  curl().url_set(url, CURLUPART_OPTIONS, nullptr, 0);
  address.url = part_of(url, CURLUPART_URL);
  return address;
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  const std::string scheme = scheme_of(text);
  if (scheme != "http" && scheme != "https") {
    return Error{Code::kUsage, str(shown_url(text),
                                   " is no address of a web server: it begins "
                                   "with https:// or http://")};
  }
  TRY(load_curl());
  const ParsedUrl url(curl().url());
  if (url == nullptr) return Error{Code::kTooLarge, "out of memory"};
  const CURLUcode code =
      text.find('\0') != std::string_view::npos
          ? CURLUE_MALFORMED_INPUT
          : curl().url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0);
  if (code != CURLUE_OK) {
    return Error{Code::kUsage, str(shown_url(text), " is no URL (", curl().url_strerror(code),
                                   "): write special characters as %XX, a blank as %20")};
  }
  return address_of(url.get());
}

Result<Address> redirect(const Address& from, std::string_view location) {
  TRY(load_curl());
  const ParsedUrl url(curl().url());
  if (url == nullptr) return Error{Code::kTooLarge, "out of memory"};
  CURLUcode code = curl().url_set(url.get(), CURLUPART_URL, from.url.c_str(), 0);
  if (code == CURLUE_OK) {
    code = curl().url_set(url.get(), CURLUPART_URL, std::string(location).c_str(),
                          CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE);
  }
  if (code != CURLUE_OK) {
    return Error{Code::kIo,
                 str(shown_url(from.url), " redirects to what is no URL: ", shown_url(location))};
  }
  Address to = address_of(url.get());
  const bool is_web = to.scheme == "http" || to.scheme == "https";
  if (!is_web || (from.scheme == "https" && to.scheme == "http")) {
    return Error{Code::kIo, str(shown_url(from.url), " redirects to ", shown_url(to.url),
                                is_web ? ": https is never given up for http"
                                       : ": only http and https are followed",
                                "; name the address that the file is meant to come from")};
  }
  const bool keeps = to.is_same_origin(from);
  to.user = keeps ? from.user : std::string();
  to.password = keeps ? from.password : std::string();
  return to;
}

}  // namespace slipway::fetch
