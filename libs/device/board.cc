#include "device/board.h"

#include "base/str.h"

namespace slipway::device {
namespace {

// "# R36 (release), REVISION: 4.3, GCID: ..." as "R36, revision 4.3".
std::string tegra_release(std::string_view line) {
  const std::size_t at = line.find("R");
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at);
  const std::string_view release = line.substr(0, line.find_first_of(" ,"));
  constexpr std::string_view kRevision = "REVISION: ";
  const std::size_t revision = line.find(kRevision);
  if (revision == std::string_view::npos) return std::string(release);
  line.remove_prefix(revision + kRevision.size());
  return str(release, ", revision ", trimmed(line.substr(0, line.find_first_of(",\n"))));
}

// The name that /etc/nvpmodel.conf gives the mode in force: "< POWER_MODEL ID=2 NAME=15W >". No
// mode set, or one without a name, is not told.
std::string nvpmodel_name(const Root& root) {
  const std::optional<std::string> status = root.text("/var/lib/nvpmodel/status");
  const std::optional<std::string> modes = root.text("/etc/nvpmodel.conf");
  if (!status.has_value()) return {};
  std::string_view mode = *status;
  take_until(mode, ':');
  const std::optional<std::int64_t> wanted = whole_number(mode.substr(0, 9));
  if (!wanted.has_value()) return {};
  std::string_view rest = modes.has_value() ? std::string_view(*modes) : std::string_view();
  while (!rest.empty()) {
    const std::string_view line = take_until(rest, '\n');
    const std::size_t id = line.find(" ID=");
    const std::size_t name_at = line.find(" NAME=");
    if (line.find("POWER_MODEL") == std::string_view::npos || id == std::string_view::npos ||
        name_at == std::string_view::npos || whole_number(line.substr(id + 4)) != wanted)
      continue;
    std::string_view found = line.substr(name_at + 6);
    return std::string(trimmed(found.substr(0, found.find_first_of(" >"))));
  }
  return str("mode ", *wanted);
}

bool is_jetson(const Root& root, std::string_view compatible) {
  return root.text("/etc/nv_tegra_release").has_value() ||
         compatible.find("nvidia,tegra") != std::string_view::npos ||
         compatible.find("nvidia,p3") != std::string_view::npos;
}

}  // namespace

std::string_view name(BoardKind kind) {
  switch (kind) {
    case BoardKind::kPlain:
      return "plain";
    case BoardKind::kJetson:
      return "jetson";
    case BoardKind::kRaspberryPi:
      return "raspberry pi";
    case BoardKind::kIntel:
      return "intel";
  }
  return "";
}

Board describe_board(const Root& root) {
  Board board;
  const std::string compatible = root.text("/proc/device-tree/compatible").value_or("");
  std::string model = root.text("/proc/device-tree/model").value_or("");
  if (model.empty()) model = root.text("/sys/firmware/devicetree/base/model").value_or("");
  if (model.empty()) model = root.text("/sys/devices/virtual/dmi/id/product_name").value_or("");
  board.model = shorten(trimmed(model));
  if (is_jetson(root, compatible)) {
    board.kind = BoardKind::kJetson;
    board.release = tegra_release(root.text("/etc/nv_tegra_release").value_or(""));
    board.power_mode = nvpmodel_name(root);
  } else if (compatible.find("raspberrypi,") != std::string::npos ||
             model.starts_with("Raspberry Pi")) {
    board.kind = BoardKind::kRaspberryPi;
  } else if (root.text("/proc/cpuinfo").value_or("").find("GenuineIntel") != std::string::npos) {
    board.kind = BoardKind::kIntel;
  }
  return board;
}

}  // namespace slipway::device
