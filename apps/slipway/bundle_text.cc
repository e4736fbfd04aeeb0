#include "bundle_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "bundle/copy.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "device/root.h"
#include "digest/digest.h"
#include "engines/engine.h"

namespace slipway {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownHashDigits = 12;

std::string size_text(std::uint64_t bytes) { return bytes_text(static_cast<std::int64_t>(bytes)); }

std::string type_text(const bundle::Port& port) {
  if (port.dims == std::vector<std::string>{"..."}) return port.dtype;
  return str(port.dtype, "[", join(port.dims, ","), "]");
}

std::string ports_text(std::string_view what, const std::vector<bundle::Port>& ports) {
  std::string text;
  for (const bundle::Port& port : ports)
    text += str(what, printable(port.name), "  ", printable(type_text(port)), "\n");
  return text;
}

std::string at_least(const std::string& name, const std::string& version) {
  return version.empty() ? name : str(name, " ", version);
}

std::string needs_text(const bundle::Needs& needs) {
  std::vector<std::string> texts;
  const auto add = [&](const std::string& text) {
    if (!text.empty()) texts.push_back(text);
  };
  add(needs.architecture);
  add(join(needs.instruction_sets));
  add(needs.board);
  for (const auto& [name, version] : needs.drivers) add(at_least(name, version));
  add(needs.power_mode);
  for (const std::string& key : needs.unknown) add(str(key, "?"));
  return texts.empty() ? "-" : join(texts);
}

std::string targets_text(const bundle::Manifest& manifest) {
  std::vector<std::vector<std::string>> rows;
  for (const bundle::Target& target : manifest.targets) {
    const bundle::Needs& needs = target.needs;
    rows.push_back({target.name, target.precision,
                    needs.engine.empty() ? "-" : at_least(needs.engine, needs.engine_version),
                    str(target.threads),
                    needs.memory_bytes == 0 ? "-" : size_text(needs.memory_bytes),
                    needs_text(needs), target.file});
  }
  return table_text({{"target"},
                     {"precision"},
                     {"engine"},
                     {"threads", true},
                     {"memory", true},
                     {"needs", false, true},
                     {"runs", false, true}},
                    rows, width_columns(stdout));
}

std::string files_text(const bundle::Manifest& manifest) {
  std::vector<std::vector<std::string>> rows;
  for (const bundle::FileEntry& file : manifest.files)
    rows.push_back({file.path, size_text(file.bytes), file.sha256.substr(0, kShownHashDigits)});
  return table_text({{"file", false, true}, {"size", true}, {"sha256"}}, rows,
                    width_columns(stdout));
}

std::string fit_text(const bundle::Manifest& manifest, const bundle::Choice& choice) {
  std::string text = "\non this machine\n";
  for (std::size_t i = 0; i < manifest.targets.size(); ++i) {
    const bundle::Target& target = manifest.targets[i];
    const std::vector<std::string>& reasons = choice.reasons[i];
    const std::string verdict = choice.target == i ? "runs, and is taken"
                                : reasons.empty()  ? "runs"
                                                   : join(reasons, "; ");
    text += str("  ", printable(target.name), " in ", printable(target.precision), ": ",
                printable(verdict), "\n");
  }
  return text;
}

}  // namespace

bundle::MachineFacts this_machine() {
  bundle::MachineFacts facts = bundle::machine_facts(device::Root());
  for (const engines::Engine* engine : engines::all_engines()) {
    if (const engines::Presence presence = engine->probe(); presence.is_here)
      facts.engines.emplace(engine->name(), presence.version);
  }
  return facts;
}

std::uint64_t object_bytes(const bundle::Manifest& manifest) {
  std::uint64_t bytes = 0;
  for (const bundle::FileEntry& object : bundle::distinct_objects(manifest)) bytes += object.bytes;
  return bytes;
}

std::string bundle_text(const bundle::Source& source, const Fit& fit) {
  const bundle::Manifest& manifest = source.manifest();
  const std::size_t files = manifest.files.size();
  std::string text = str(manifest.name, " ", manifest.version.text(), "\n");
  text += ports_text("  input    ", manifest.inputs);
  text += ports_text("  output   ", manifest.outputs);
  text += str("  content  ", size_text(object_bytes(manifest)), " in ", files,
              files == 1 ? " file" : " files", "\n  manifest sha256 ",
              sha256(source.manifest_text()), "\n\n");
  text += targets_text(manifest) + "\n" + files_text(manifest);
  if (fit.has_value()) text += fit_text(manifest, *fit);
  return text;
}

std::string bundle_json(const bundle::Source& source, const std::string& file, const Fit& fit) {
  const std::string& text = source.manifest_text();
  Json root = {{"file", file},
               {"manifest_sha256", sha256(text)},
               {"object_bytes", object_bytes(source.manifest())},
               {"manifest", Json::parse(text, nullptr, /*allow_exceptions=*/false)}};
  if (fit.has_value()) {
    Json targets = Json::array();
    for (std::size_t i = 0; i < source.manifest().targets.size(); ++i) {
      const bundle::Target& target = source.manifest().targets[i];
      targets.push_back({{"name", target.name},
                         {"precision", target.precision},
                         {"runs", fit->reasons[i].empty()},
                         {"reasons", fit->reasons[i]}});
    }
    root["this_machine"] = {{"takes", fit->target ? Json(*fit->target) : Json(nullptr)},
                            {"targets", std::move(targets)}};
  }
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace slipway
