#include "fetch/exchange.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "base/files.h"
#include "base/str.h"
#include "fetch/curl.h"
#include "fetch/url.h"

namespace slipway::fetch {
namespace {

constexpr const char* kUserAgent = "slipway/" SLIPWAY_VERSION;
constexpr std::array<std::string_view, 6> kProxySchemes = {"http",    "https",  "socks4",
                                                           "socks4a", "socks5", "socks5h"};
// X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL.
constexpr long kNotYetValid = 9;
constexpr long kExpired = 10;

struct FreeList {
  void operator()(curl_slist* list) const { curl().slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

void add(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl().slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  [[maybe_unused]] curl_slist* const longer_has_it = list.release();
  list.reset(longer);
}

// What libcurl calls. Nothing thrown may pass through its frames.
struct Calls {
  Receiver& receiver;
  std::uint64_t most_bytes_per_s;
  bool is_out_of_memory = false;

  template <typename Take>
  bool guarded(Take take) {
    try {
      return take();
    } catch (const std::bad_alloc&) {
      is_out_of_memory = true;
      return false;
    }
  }
};

std::size_t on_line(char* text, std::size_t, std::size_t bytes, void* user) {
  auto& calls = *static_cast<Calls*>(user);
  return calls.guarded([&] { return calls.receiver.take_line({text, bytes}); }) ? bytes : 0;
}

std::size_t on_body(char* data, std::size_t, std::size_t bytes, void* user) {
  auto& calls = *static_cast<Calls*>(user);
  const auto body = std::as_bytes(std::span(data, bytes));
  return calls.guarded([&] { return calls.receiver.take_body(body); }) ? bytes : 0;
}

int on_tick(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& calls = *static_cast<Calls*>(user);
  return calls.guarded([&] { return calls.receiver.tick(); }) ? 0 : 1;
}

// What the kernel takes in before it is asked counts against a limit, too.
int on_socket(void* user, curl_socket_t socket, curlsocktype) {
  const std::uint64_t limit = static_cast<Calls*>(user)->most_bytes_per_s;
  if (limit > 0) {
    const int bytes = static_cast<int>(std::clamp<std::uint64_t>(limit / 8, 4096, 1 << 20));
    setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  return CURL_SOCKOPT_OK;
}

void set_fixed(CURL* handle) {
  curl().easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl().easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl().easy_setopt(handle, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
  curl().easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl().easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl().easy_setopt(handle, CURLOPT_USERAGENT, kUserAgent);
  curl().easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl().easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl().easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl().easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  curl().easy_setopt(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl().easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

void set_options(CURL* handle, const HttpOptions& options) {
  curl().easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options.patience.connect_ms));
  if (!options.ca_file.empty()) {
    curl().easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
    curl().easy_setopt(handle, CURLOPT_CAPATH, nullptr);  // these authorities, and no others
    curl().easy_setopt(handle, CURLOPT_PROXY_CAINFO, options.ca_file.c_str());
    curl().easy_setopt(handle, CURLOPT_PROXY_CAPATH, nullptr);
  }
  if (options.proxy.has_value()) {
    curl().easy_setopt(handle, CURLOPT_PROXY, options.proxy->c_str());
    curl().easy_setopt(handle, CURLOPT_NOPROXY, "");
  }
  if (options.most_bytes_per_s > 0) {
    const std::uint64_t piece = options.most_bytes_per_s / 8;
    curl().easy_setopt(handle, CURLOPT_BUFFERSIZE,
                       static_cast<long>(std::clamp<std::uint64_t>(piece, 1024, 16 << 10)));
  }
}

void set_callbacks(CURL* handle, Calls& calls) {
  curl().easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_line);
  curl().easy_setopt(handle, CURLOPT_HEADERDATA, &calls);
  curl().easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
  curl().easy_setopt(handle, CURLOPT_WRITEDATA, &calls);
  curl().easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_tick);
  curl().easy_setopt(handle, CURLOPT_XFERINFODATA, &calls);
  curl().easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, on_socket);
  curl().easy_setopt(handle, CURLOPT_SOCKOPTDATA, &calls);
}

void set_address(CURL* handle, const Address& address) {
  curl().easy_setopt(handle, CURLOPT_URL, address.url.c_str());
  if (address.user.empty() && address.password.empty()) return;
  curl().easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
  curl().easy_setopt(handle, CURLOPT_USERNAME, address.user.c_str());
  curl().easy_setopt(handle, CURLOPT_PASSWORD, address.password.c_str());
}

HeaderList headers_for(const Position& position) {
  HeaderList list;
  add(list, "Accept-Encoding: identity");
  if (position.ask_from() > 0) add(list, str("Range: bytes=", position.ask_from(), "-"));
  if (const std::string version = position.if_range(); !version.empty())
    add(list, str("If-Range: ", version));
  return list;
}

// libcurl's words for it, without what stands before an '@' (a proxy's password), shortened.
std::string reason_of(CURLcode code, const char* buffer) {
  std::string text = buffer[0] != '\0' ? buffer : curl().easy_strerror(code);
  for (std::size_t at = text.rfind('@'); at != std::string::npos; at = text.rfind('@')) {
    const std::size_t blank = text.find_last_of(" '\"/", at);
    const std::size_t from = blank == std::string::npos ? 0 : blank + 1;
    text.erase(from, at - from + 1);
  }
  return shown_url(text);
}

bool may_pass(CURLcode code) {
  constexpr std::array kPassing = {CURLE_COULDNT_RESOLVE_PROXY,
                                   CURLE_COULDNT_RESOLVE_HOST,
                                   CURLE_COULDNT_CONNECT,
                                   CURLE_PARTIAL_FILE,
                                   CURLE_OPERATION_TIMEDOUT,
                                   CURLE_GOT_NOTHING,
                                   CURLE_SEND_ERROR,
                                   CURLE_RECV_ERROR,
                                   CURLE_SSL_CONNECT_ERROR,
                                   CURLE_HTTP2,
                                   CURLE_HTTP2_STREAM};
  return std::find(kPassing.begin(), kPassing.end(), code) != kPassing.end();
}

std::string certificate_advice(CURL* handle) {
  long verdict = 0;
  curl().easy_getinfo(handle, CURLINFO_SSL_VERIFYRESULT, &verdict);
  if (verdict == kNotYetValid || verdict == kExpired)
    return "is this device's clock right? If it is, the server needs a new certificate";
  return "if the server is yours, name the authority that signed its certificate (--ca FILE) and "
         "address it by a name that stands in it";
}

std::string_view advice_for(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "; is the name right, and the network up?";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "; is the proxy's name right, and the network up?";
    case CURLE_COULDNT_CONNECT:
      return "; is the server up, and does nothing stand in between?";
    case CURLE_SSL_CONNECT_ERROR:
      return "; does the server speak TLS on that port?";
    default:
      return "";
  }
}

Failure failure_of(CURL* handle, CURLcode code, const char* buffer, const std::string& url) {
  const std::string reason = reason_of(code, buffer);
  long connect_status = 0;
  curl().easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &connect_status);
  if (connect_status >= 400 && connect_status < 500) {
    return {.error = {Code::kIo,
                      str(url, ": the proxy refuses with ", connect_status,
                          connect_status == 407 ? ": it wants a user name and a password, as "
                                                  "http://USER:PASSWORD@HOST"
                                                : ": ask whoever runs it, or name another")}};
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    return {.error = {Code::kIo, str(url, ": the server cannot be trusted: ", reason, "; ",
                                     certificate_advice(handle))}};
  }
  if (code == CURLE_SSL_CACERT_BADFILE)
    return {
        .error = {Code::kUsage, str(url, ": the file of authorities is no PEM file: ", reason)}};
  return {.error = {Code::kIo, str(url, ": ", reason, advice_for(code))},
          .is_final = !may_pass(code)};
}

}  // namespace

Status check_options(const HttpOptions& options) {
  if (options.proxy.has_value() && !options.proxy->empty()) {
    const std::string scheme = scheme_of(*options.proxy);
    const bool is_known = scheme.empty() ? options.proxy->find("://") == std::string::npos
                                         : std::find(kProxySchemes.begin(), kProxySchemes.end(),
                                                     scheme) != kProxySchemes.end();
    if (!is_known || options.proxy->find('\0') != std::string::npos) {
      return Error{Code::kUsage, str("the proxy ", shown_url(*options.proxy), " is none of ",
                                     join(kProxySchemes), ": write http://HOST:PORT")};
    }
  }
  if (!options.ca_file.empty()) {
    const Result<OpenFile> file = open_to_read(options.ca_file);
    if (!file.ok())
      return Error{Code::kUsage, str("the file of authorities: ", file.error().message)};
  }
  return {};
}

Connection::Connection() {
  if (!load_curl().ok()) return;
  static const CURLcode kReady = curl().global_init(CURL_GLOBAL_DEFAULT);
  handle_ = kReady == CURLE_OK ? curl().easy_init() : nullptr;
}

Connection::~Connection() {
  if (handle_ != nullptr) curl().easy_cleanup(handle_);
}

std::optional<Failure> Connection::exchange(const Address& address, const HttpOptions& options,
                                            Receiver& receiver) {
  const std::string url = shown_url(address.url);
  if (handle_ == nullptr) return Failure{.error = {Code::kTooLarge, "libcurl cannot be set up"}};
  const HeaderList headers = headers_for(receiver.position());
  std::array<char, CURL_ERROR_SIZE> reason{};
  Calls calls{.receiver = receiver, .most_bytes_per_s = options.most_bytes_per_s};
  curl().easy_reset(handle_);
  set_fixed(handle_);
  set_options(handle_, options);
  set_callbacks(handle_, calls);
  set_address(handle_, address);
  curl().easy_setopt(handle_, CURLOPT_HTTPHEADER, headers.get());
  curl().easy_setopt(handle_, CURLOPT_ERRORBUFFER, reason.data());
  receiver.start_response();
  const CURLcode code = curl().easy_perform(handle_);
  curl().easy_setopt(handle_, CURLOPT_ERRORBUFFER, nullptr);
  if (calls.is_out_of_memory) throw std::bad_alloc();
  if (receiver.failure().has_value()) return std::exchange(receiver.failure(), std::nullopt);
  if (code == CURLE_OK || receiver.is_page_of_error()) return receiver.end_response();
  if (receiver.position().is_complete()) return std::nullopt;
  Failure failure = failure_of(handle_, code, reason.data(), url);
  if (receiver.position().next() > 0 && !failure.is_final)
    failure.error.message += str(" (after ", receiver.position().next(), " bytes)");
  return failure;
}

}  // namespace slipway::fetch
