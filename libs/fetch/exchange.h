// One request and its response, by libcurl.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fetch/address.h"
#include "fetch/receiver.h"

namespace slipway::fetch {

// A handle of libcurl: keeps connections open from one exchange to the next.
class Connection {
 public:
  Connection();
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // kUsage when the options make no sense; the request is not even made then.
  // Failures are the connection's and the receiver's; a status such as 404 is none.
  std::optional<Failure> exchange(const Address& address, const HttpOptions& options,
                                  Receiver& receiver);

 private:
  void* handle_ = nullptr;
};

// kUsage, before anything is sent, for a proxy or a CA file that cannot be used.
Status check_options(const HttpOptions& options);

}  // namespace slipway::fetch
