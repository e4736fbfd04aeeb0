// A manifest of any bytes: an error, or one that keeps every rule and reads back from its text. The
// bytes are also taken as JSON of any form and made canonical, so that what lies behind is reached.
#include "bundle/manifest.h"

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "bundle/fit.h"
#include "bundle/layout.h"
#include "bundle/rules.h"

namespace {

using namespace slipway::bundle;

void must(bool holds) {
  if (!holds) std::abort();
}

void judge(const Manifest& manifest) {
  MachineFacts machine;
  machine.architecture = "aarch64";
  machine.engines = {{"native", "0.1.0"}};
  const Choice choice = choose_target(manifest, machine);
  must(choice.reasons.size() == manifest.targets.size());
  for (std::size_t i = 0; i < choice.reasons.size(); ++i) {
    if (!manifest.targets[i].needs.unknown.empty()) must(!choice.reasons[i].empty());
  }
  static_cast<void>(refusal(manifest, choice));
  const Layout layout = layout_of(manifest, kMostManifestBytes);
  for (const FileEntry& file : manifest.files)
    must(layout.offsets.find(file.sha256)->second + file.bytes <= layout.end);
}

void read(std::string_view text) {
  const slipway::Result<Manifest> manifest = parse_manifest(text);
  if (!manifest.ok()) {
    must(!manifest.error().message.empty() && manifest.error().message.size() < 3000);
    return;
  }
  must(check_rules(*manifest).ok());
  judge(*manifest);
  const std::string again = to_text(*manifest);
  const slipway::Result<Manifest> back = parse_manifest(again);
  must(back.ok() && back->targets == manifest->targets && back->files == manifest->files &&
       back->inputs == manifest->inputs && back->outputs == manifest->outputs &&
       to_text(*back) == again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  const std::string_view text(reinterpret_cast<const char*>(data), size_bytes);
  read(text);
  if (size_bytes > 100'000) return 0;  // JSON that is nested deeper overflows its own printer
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  int depth = 0;
  for (const char c : text) depth += c == '[' || c == '{' ? 1 : 0;
  if (json.is_object() && depth < 2000)
    read(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return 0;
}
