// Files of this machine's folders, a USB stick's for example, behind the same port as those of a
// web server.
#pragma once

#include <filesystem>
#include <utility>

#include "fetch/fetch.h"
#include "fetch/watch.h"

namespace slipway::fetch {

// Takes file: URLs and plain paths; relative ones start at the working folder. A name with a part
// ".." is refused, and what lies outside of `root` once symbolic links are followed. Only regular
// files are read; a pipe or a device is not even opened, for that alone may block or start
// something.
class FileFetcher : public Fetcher {
 public:
  explicit FileFetcher(std::filesystem::path root = "/", Watch watch = {})
      : root_(std::move(root)), watch_(std::move(watch)) {}
  Status fetch(const Request& request, Sink& sink) override;

 private:
  std::filesystem::path root_;
  Watch watch_;
};

}  // namespace slipway::fetch
