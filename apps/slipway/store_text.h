// What `slipway store` prints.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace slipway {

std::string versions_text(const std::vector<store::VersionRow>& rows);
std::string versions_json(const std::vector<store::VersionRow>& rows);

std::string log_text(const std::vector<store::LogLine>& lines);
std::string log_json(const std::vector<store::LogLine>& lines, const store::LogCheck& check);

std::string installed_text(const store::Installed& installed);
std::string installed_json(const store::Installed& installed);

std::string active_json(const store::Active& active);
std::string pruned_text(const store::Pruned& pruned);
std::string pruned_json(const store::Pruned& pruned);

std::string verified_text(const store::Verified& verified);
std::string verified_json(const store::Verified& verified);

}  // namespace slipway
