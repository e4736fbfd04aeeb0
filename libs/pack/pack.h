// From the artifacts of slipway build to a bundle.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/result.h"
#include "bundle/copy.h"
#include "bundle/source.h"

namespace slipway::pack {

// The bundle of one or more folders of artifacts: a target each, in their order, which is the order
// in which a machine prefers them. Hashes every file. kInvalid, in one sentence, unless all of them
// are of the same name, version, signature and model file, no two for the same target and
// precision, and each holds what its report speaks of.
//
// Files are read again where they lie when the source is: whoever does finds out when one changed.
Result<std::unique_ptr<bundle::Source>> gather(const std::vector<std::filesystem::path>& folders,
                                               const bundle::Progress& progress = {});

// Writes what was gathered as an archive, in one step. Of the same artifacts it is the same bytes,
// wherever and whenever they lie. Returns what was written.
Result<std::unique_ptr<bundle::Source>> pack(bundle::Source& gathered,
                                             const std::filesystem::path& out,
                                             const bundle::Progress& progress = {});

// "autopilot-1.2.0.slip"
std::string file_name(const bundle::Manifest& manifest);

}  // namespace slipway::pack
