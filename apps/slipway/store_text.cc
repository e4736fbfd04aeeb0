#include "store_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text.h"

namespace slipway {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string size_text(std::uint64_t bytes) { return bytes_text(static_cast<std::int64_t>(bytes)); }

std::string state_of(const store::VersionRow& row) {
  std::vector<std::string> words;
  if (row.is_active) words.emplace_back("active");
  if (row.is_previous) words.emplace_back("previous");
  if (row.is_pinned) words.emplace_back("pinned");
  if (row.is_unused) words.emplace_back("unused");
  if (row.is_staged) words.emplace_back("staged");
  if (!row.problem.empty()) words.emplace_back("damaged");
  return words.empty() ? "-" : join(words, " ");
}

Json id_json(const store::Id& id) { return {{"name", id.name}, {"version", id.version}}; }

Json line_json(const store::LogLine& line) {
  return {{"line", line.number},       {"time", line.time},          {"action", line.action},
          {"name", line.id.name},      {"version", line.id.version}, {"reason", line.reason},
          {"manifest", line.manifest}, {"before", line.before},      {"sha256", line.sha256}};
}

}  // namespace

std::string versions_text(const std::vector<store::VersionRow>& rows) {
  std::vector<std::vector<std::string>> cells;
  for (const store::VersionRow& row : rows) {
    cells.push_back({row.id.name, row.id.version, state_of(row),
                     row.problem.empty() ? size_text(row.bytes) : "?",
                     row.problem.empty() ? size_text(row.own_bytes) : "?"});
  }
  std::string text = table_text(
      {{"name", false, true}, {"version"}, {"state"}, {"size", true}, {"not shared", true}}, cells,
      width_columns(stdout));
  for (const store::VersionRow& row : rows) {
    if (!row.problem.empty()) text += str("\n", printable(row.problem), "\n");
  }
  return text;
}

std::string versions_json(const std::vector<store::VersionRow>& rows) {
  Json versions = Json::array();
  for (const store::VersionRow& row : rows) {
    Json json = id_json(row.id);
    json.update({{"active", row.is_active},
                 {"previous", row.is_previous},
                 {"pinned", row.is_pinned},
                 {"unused", row.is_unused},
                 {"staged", row.is_staged},
                 {"bytes", row.bytes},
                 {"own_bytes", row.own_bytes},
                 {"manifest_sha256", row.manifest_sha256}});
    if (!row.problem.empty()) json["problem"] = row.problem;
    versions.push_back(std::move(json));
  }
  return dumped({{"versions", std::move(versions)}});
}

std::string log_text(const std::vector<store::LogLine>& lines) {
  std::vector<std::vector<std::string>> cells;
  for (const store::LogLine& line : lines) {
    cells.push_back({str(line.number), line.time, line.action, line.id.name, line.id.version,
                     line.reason.empty() ? "-" : line.reason});
  }
  return table_text(
      {{"line", true}, {"time"}, {"action"}, {"name"}, {"version"}, {"reason", false, true}}, cells,
      width_columns(stdout));
}

std::string log_json(const std::vector<store::LogLine>& lines, const store::LogCheck& check) {
  Json all = Json::array();
  for (const store::LogLine& line : lines) all.push_back(line_json(line));
  return dumped({{"lines", std::move(all)},
                 {"first", check.first},
                 {"head", check.head},
                 {"torn_bytes", check.torn_bytes},
                 {"problems", check.problems}});
}

std::string installed_text(const store::Installed& installed) {
  if (installed.was_there) {
    return str(installed.id.text(), " is installed already: ", size_text(installed.shared_bytes),
               " checked");
  }
  std::string text =
      str("installed ", installed.id.text(), ": ", size_text(installed.copied_bytes), " copied");
  if (installed.shared_bytes > 0)
    text += str(", ", size_text(installed.shared_bytes), " were there already");
  if (installed.resumed_bytes > 0)
    text += str(", ", size_text(installed.resumed_bytes), " from an interrupted installation");
  return text;
}

std::string installed_json(const store::Installed& installed) {
  Json json = id_json(installed.id);
  json.update({{"was_there", installed.was_there},
               {"copied_bytes", installed.copied_bytes},
               {"resumed_bytes", installed.resumed_bytes},
               {"shared_bytes", installed.shared_bytes}});
  return dumped(json);
}

std::string active_json(const store::Active& active) {
  Json json = id_json(active.id);
  json.update({{"previous", active.previous}, {"folder", active.folder.string()}});
  return dumped(json);
}

std::string pruned_text(const store::Pruned& pruned) {
  if (pruned.removed.empty()) return "nothing to remove: every version is of use";
  std::vector<std::string> names;
  for (const store::Id& id : pruned.removed) names.push_back(id.text());
  return str("removed ", join(names), ": ", size_text(pruned.freed_bytes), " are free");
}

std::string pruned_json(const store::Pruned& pruned) {
  Json removed = Json::array();
  for (const store::Id& id : pruned.removed) removed.push_back(id_json(id));
  return dumped({{"removed", std::move(removed)}, {"freed_bytes", pruned.freed_bytes}});
}

std::string verified_text(const store::Verified& verified) {
  std::string text;
  for (const store::Damage& damage : verified.damages) {
    text += str(damage.is_repaired ? "repaired  " : "damaged   ", damage.id.text(), "  ",
                damage.path, ": ", damage.what, "\n");
  }
  const auto is_damaged = [](const store::Damage& damage) { return !damage.is_repaired; };
  const auto damaged = std::ranges::count_if(verified.damages, is_damaged);
  return str(text, verified.versions, verified.versions == 1 ? " version, " : " versions, ",
             size_text(verified.bytes), " hashed: ",
             damaged == 0 ? std::string("all is as it was installed")
                          : str(damaged, damaged == 1 ? " file is" : " files are", " damaged"));
}

std::string verified_json(const store::Verified& verified) {
  Json damages = Json::array();
  for (const store::Damage& damage : verified.damages) {
    Json json = id_json(damage.id);
    json.update({{"path", damage.path}, {"what", damage.what}, {"repaired", damage.is_repaired}});
    damages.push_back(std::move(json));
  }
  return dumped({{"versions", verified.versions},
                 {"bytes", verified.bytes},
                 {"whole", verified.is_whole()},
                 {"damages", std::move(damages)}});
}

}  // namespace slipway
