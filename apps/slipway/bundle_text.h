// Bundles for people and programs: what is in one, and whether this machine can run it.
#pragma once

#include <optional>
#include <string>

#include "bundle/fit.h"
#include "bundle/source.h"

namespace slipway {

// This machine, with the engines that are here.
bundle::MachineFacts this_machine();

// Of bundle::choose_target(), where somebody asked.
using Fit = std::optional<bundle::Choice>;

std::string bundle_text(const bundle::Source& source, const Fit& fit = {});
// `file` is what the person named; keys stay, new ones may come.
std::string bundle_json(const bundle::Source& source, const std::string& file, const Fit& fit = {});

// Bytes of its objects, each once.
std::uint64_t object_bytes(const bundle::Manifest& manifest);

}  // namespace slipway
