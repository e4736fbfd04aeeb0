// One folder of artifacts as a target of a bundle.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/manifest.h"
#include "report/report.h"

namespace slipway::pack {

struct Artifacts {
  std::filesystem::path folder;
  report::Report report;
  std::string prefix;              // of its paths in the bundle: "boat/int8"
  bundle::Target target;           // paths with the prefix
  std::vector<std::string> files;  // without the prefix, sorted
};

// kInvalid where the folder is not as slipway build left it, with the way out.
Result<Artifacts> read_artifacts(const std::filesystem::path& folder);

// "float[batch,20,25]" as a port.
bundle::Port port_of(const report::Port& port);

}  // namespace slipway::pack
