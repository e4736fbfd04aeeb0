#include "pack/target.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/str.h"
#include "bundle/rules.h"
#include "report/json.h"

namespace slipway::pack {
namespace {

namespace fs = std::filesystem;

// Roles of files in a report's artifacts that a target's parts have too.
constexpr std::array kParts = {"onnx", "golden_inputs", "golden_outputs", "recipe", "built_engine"};
constexpr std::array kNeeded = {"runs", "onnx", "golden_inputs", "golden_outputs", "recipe"};
constexpr const char* kReport = "report.json";
constexpr const char* kPage = "report.html";
constexpr int kMostDepth = 16;

Error wrong(const fs::path& folder, std::string_view what) {
  return Error{Code::kInvalid, str(folder.string(), ": ", what)};
}

std::string fact(const report::Facts& facts, std::string_view key) {
  const auto found = std::ranges::find(facts, key, &std::pair<std::string, std::string>::first);
  return found == facts.end() ? std::string() : found->second;
}

// Hidden files and what engines lock their folder with are nobody's artifacts.
bool is_left_out(const fs::path& name) {
  return name.string().starts_with('.') || name.extension() == ".lock";
}

Status list_files(const fs::path& folder, const std::string& below, int depth,
                  std::vector<std::string>& files) {
  std::error_code error;
  for (fs::directory_iterator at(folder / below, error), end; !error && at != end;
       at.increment(error)) {
    const fs::path name = at->path().filename();
    if (is_left_out(name)) continue;
    const std::string path = below.empty() ? name.string() : str(below, "/", name.string());
    const fs::file_status status = at->symlink_status(error);
    if (error) break;
    if (fs::is_directory(status) && depth < kMostDepth) {
      TRY(list_files(folder, path, depth + 1, files));
    } else if (!fs::is_regular_file(status) || files.size() >= bundle::kMostFiles) {
      return wrong(folder, str("'", path, "' is not what slipway build writes: remove it"));
    } else {
      files.push_back(path);
    }
  }
  if (error) return Error{Code::kIo, str("cannot list ", folder.string(), ": ", error.message())};
  return {};
}

// The numbers at its beginning: "1.31.1" of "1.31.1+cpu".
std::string dotted(std::string_view version) {
  std::string_view numbers = version.substr(0, version.find_first_not_of("0123456789."));
  while (numbers.ends_with('.')) numbers.remove_suffix(1);
  return bundle::is_dotted_version(numbers) ? std::string(numbers) : std::string();
}

bundle::Needs needs_of(const report::Report& report, const report::Candidate& chosen) {
  const report::Needs& measured = *report.needs;
  bundle::Needs needs;
  needs.architecture = measured.architecture;
  needs.instruction_sets = measured.instruction_sets;
  std::ranges::sort(needs.instruction_sets);
  needs.engine = chosen.engine;
  needs.engine_version = dotted(measured.engine_version);
  for (const auto& [name, version] : measured.drivers) {
    if (const std::string numbers = dotted(version); !numbers.empty())
      needs.drivers[name] = numbers;
  }
  if (chosen.memory_bytes.has_value() && *chosen.memory_bytes < 1e15)
    needs.memory_bytes = static_cast<std::uint64_t>(std::ceil(*chosen.memory_bytes));
  needs.power_mode = measured.power_mode;
  needs.board = measured.board;
  return needs;
}

Status check_report(const fs::path& folder, const report::Report& report) {
  if (!report.chosen.has_value())
    return wrong(folder, "its build chose nothing, so there is nothing to run: build again");
  if (!report.needs.has_value())
    return wrong(folder, "an older Slipway built it and did not note what it needs: build again");
  return {};
}

Status find_parts(Artifacts& artifacts) {
  const auto place = [&](const std::string& file) { return str(artifacts.prefix, "/", file); };
  const auto is_there = [&](const std::string& file) {
    return std::ranges::binary_search(artifacts.files, file);
  };
  const report::Facts& facts = artifacts.report.artifacts;
  for (const char* role : kNeeded) {
    const std::string file = fact(facts, role);
    if (file.empty())
      return wrong(artifacts.folder, str("its report names no ", role, ": build again"));
    if (!is_there(file))
      return wrong(artifacts.folder, str("'", file, "' of its report is not there: build again"));
  }
  artifacts.target.file = place(fact(facts, "runs"));
  for (const char* role : kParts) {
    const std::string file = fact(facts, role);
    if (is_there(file)) artifacts.target.parts[role] = place(file);
  }
  artifacts.target.parts["report"] = place(kReport);
  if (is_there(kPage)) artifacts.target.parts["page"] = place(kPage);
  return {};
}

}  // namespace

bundle::Port port_of(const report::Port& port) {
  bundle::Port out{.name = port.name, .dtype = port.type, .dims = {}};
  const std::size_t open = port.type.find('[');
  if (port.type.find('(') != std::string::npos) return out;
  if (open == std::string::npos) {
    out.dims = {"..."};  // of any rank
    return out;
  }
  out.dtype = port.type.substr(0, open);
  std::string_view rest = std::string_view(port.type).substr(open + 1);
  if (rest.ends_with(']')) rest.remove_suffix(1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    out.dims.emplace_back(rest.substr(0, end));
    if (out.dims.back().empty()) out.dims.back() = "?";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

Result<Artifacts> read_artifacts(const fs::path& folder) {
  Artifacts artifacts;
  artifacts.folder = folder;
  Result<report::Report> report = report::read_report(folder / kReport);
  if (!report.ok() && report.error().code == Code::kNotFound)
    return Error{Code::kNotFound, str(folder.string(), " holds no ", kReport,
                                      ": name a folder that slipway build wrote")};
  artifacts.report = TRY(std::move(report));
  TRY(check_report(folder, artifacts.report));
  const report::Candidate& chosen = artifacts.report.candidates[*artifacts.report.chosen];
  bundle::Target& target = artifacts.target;
  target.name = artifacts.report.target.empty() ? "default" : artifacts.report.target;
  target.precision = chosen.precision;
  target.threads =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(chosen.threads, bundle::kMostThreads + 1));
  target.options = artifacts.report.engine_options;
  target.needs = needs_of(artifacts.report, chosen);
  artifacts.prefix = str(target.name, "/", target.precision);
  if (const Status path = bundle::check_path(artifacts.prefix); !path.ok())
    return wrong(folder, str("its target cannot be a folder's name, ", path.error().message));
  TRY(list_files(folder, "", 0, artifacts.files));
  std::ranges::sort(artifacts.files);
  TRY(find_parts(artifacts));
  return artifacts;
}

}  // namespace slipway::pack
