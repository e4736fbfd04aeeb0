// libcurl, loaded when it is first used: it brings some thirty libraries, whose milliseconds and
// megabytes a program that fetches nothing does not spend.
#pragma once

#include <curl/curl.h>

#include "base/result.h"

namespace slipway::fetch {

struct Curl {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_getdate) getdate = nullptr;
  decltype(&::curl_free) free = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_url) url = nullptr;
  decltype(&::curl_url_get) url_get = nullptr;
  decltype(&::curl_url_set) url_set = nullptr;
  decltype(&::curl_url_strerror) url_strerror = nullptr;
  decltype(&::curl_url_cleanup) url_cleanup = nullptr;
};

// kUnsupported, with what to install, where there is none that has all of these.
Result<const Curl*> load_curl();

// Where load_curl() succeeded.
const Curl& curl();

}  // namespace slipway::fetch
