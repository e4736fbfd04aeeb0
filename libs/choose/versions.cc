#include "choose/versions.h"

#include <algorithm>

#include "base/str.h"

namespace slipway::choose {
namespace {

using report::ModelFacts;
using report::Port;

std::string port_text(const Port& port) { return str("'", shorten(port.name), "' ", port.type); }

// The first difference between two lists of inputs or outputs; "" where there is none.
std::string difference(std::string_view what, const std::vector<Port>& now,
                       const std::vector<Port>& before) {
  for (std::size_t i = 0; i < std::max(now.size(), before.size()); ++i) {
    if (i >= before.size()) return str(what, " ", port_text(now[i]), " is new");
    if (i >= now.size()) return str(what, " ", port_text(before[i]), " is gone");
    if (now[i] == before[i]) continue;
    return str(what, " ", port_text(before[i]), " is now ", port_text(now[i]));
  }
  return "";
}

}  // namespace

Result<std::vector<std::string>> check_version(const ModelFacts& model, const ModelFacts& earlier) {
  std::vector<std::string> notes;
  const Result<Version> now = Version::parse(model.version);
  const Result<Version> before = Version::parse(earlier.version);
  if (model.name != earlier.name || !now.ok() || !before.ok()) return notes;
  std::string changed = difference("input", model.inputs, earlier.inputs);
  if (changed.empty()) changed = difference("output", model.outputs, earlier.outputs);
  if (!changed.empty() && now->major <= before->major) {
    return Error{Code::kInvalid,
                 str("the signature of ", model.name, " changed since version ", earlier.version,
                     ": ", changed, ". That demands a new major version: write version = \"",
                     before->major + 1, ".0.0\"")};
  }
  const auto order = now->compare(*before);
  if (order < 0) {
    notes.push_back(str("version ", model.version, " is older than ", earlier.version,
                        ", which was built before: devices take newer versions only"));
  } else if (order == 0 && model.hash != earlier.hash) {
    notes.push_back(
        str("the model changed and its version did not: ", model.version, " now names two models"));
  }
  return notes;
}

}  // namespace slipway::choose
