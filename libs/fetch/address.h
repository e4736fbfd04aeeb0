// A web address as a connection needs it: its credentials apart from the rest, so that neither a
// message nor another host ever gets them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::fetch {

struct Address {
  std::string url;  // without credentials
  std::string scheme;
  std::string host;
  std::string port;
  std::string user;
  std::string password;

  bool is_same_origin(const Address& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

// kUsage unless it is an http or https URL.
Result<Address> parse_address(std::string_view url);

// Where a server sends on: `location` may be relative. kIo for what is not followed: a protocol
// that is not http or https, http after https. Credentials are kept for the same origin alone.
Result<Address> redirect(const Address& from, std::string_view location);

}  // namespace slipway::fetch
