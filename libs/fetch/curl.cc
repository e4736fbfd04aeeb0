#include "fetch/curl.h"

#include <dlfcn.h>

#include "base/str.h"

namespace slipway::fetch {
namespace {

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

// Both of Debian's, by OpenSSL and by GnuTLS: same functions, other libraries below.
void* open_library() {
  void* library = nullptr;
  for (const char* name : {"libcurl.so.4", "libcurl-gnutls.so.4"}) {
    if (library == nullptr) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  }
  return library;
}

bool find_all(void* library, Curl& to) {
  return library != nullptr && find(library, "curl_global_init", to.global_init) &&
         find(library, "curl_getdate", to.getdate) && find(library, "curl_free", to.free) &&
         find(library, "curl_slist_append", to.slist_append) &&
         find(library, "curl_slist_free_all", to.slist_free_all) &&
         find(library, "curl_easy_init", to.easy_init) &&
         find(library, "curl_easy_reset", to.easy_reset) &&
         find(library, "curl_easy_setopt", to.easy_setopt) &&
         find(library, "curl_easy_perform", to.easy_perform) &&
         find(library, "curl_easy_getinfo", to.easy_getinfo) &&
         find(library, "curl_easy_strerror", to.easy_strerror) &&
         find(library, "curl_easy_cleanup", to.easy_cleanup) && find(library, "curl_url", to.url) &&
         find(library, "curl_url_get", to.url_get) && find(library, "curl_url_set", to.url_set) &&
         find(library, "curl_url_strerror", to.url_strerror) &&
         find(library, "curl_url_cleanup", to.url_cleanup);
}

struct Loaded {
  Curl functions;
  bool is_there = false;
};

const Loaded& loaded() {
  static const Loaded kLoaded = [] {
    Loaded made;
    made.is_there = find_all(open_library(), made.functions);
    return made;
  }();
  return kLoaded;
}

}  // namespace

Result<const Curl*> load_curl() {
  if (loaded().is_there) return &loaded().functions;
  return Error{
      Code::kUnsupported,
      "nothing can be fetched over a network here: there is no libcurl.so.4 of version 7.81 "
      "or newer; install it (Debian: apt install libcurl4)"};
}

const Curl& curl() { return loaded().functions; }

}  // namespace slipway::fetch
