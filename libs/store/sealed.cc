#include "store/sealed.h"

#include <nlohmann/json.hpp>

#include "base/str.h"
#include "digest/digest.h"
#include "json/parse.h"

namespace slipway::store {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostBytes = std::size_t{64} << 10;
constexpr std::string_view kSeal = "sha256 ";

std::string seal(const Json& json) {
  const std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return str(line, kSeal, sha256(line), "\n");
}

Error damaged(const Path& path) {
  return {Code::kInvalid, str(path.string(), " is damaged: it is not what was written there")};
}

Result<json::Json> unseal(Disk& disk, const Path& path) {
  const std::string text = TRY(disk.read(path, kMostBytes));
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return damaged(path);
  const std::string_view line = std::string_view(text).substr(0, end + 1);
  if (std::string_view(text).substr(end + 1) != str(kSeal, sha256(line), "\n"))
    return damaged(path);
  Result<json::Json> json = json::parse(line, {.most_bytes = kMostBytes});
  if (!json.ok() || !json->is_object()) return damaged(path);
  return json;
}

// A text of the object; empty where there is none.
std::string text_of(const json::Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string switch_text(const Switch& state) {
  return seal({{"active", state.active}, {"previous", state.previous}});
}

Result<Switch> read_switch(Disk& disk, const Path& path) {
  const json::Json json = TRY(unseal(disk, path));
  Switch state{.active = text_of(json, "active"), .previous = text_of(json, "previous")};
  for (const std::string& version : {state.active, state.previous}) {
    if (!version.empty() && !check_id({"name", version}).ok()) return damaged(path);
  }
  return state;
}

std::string record_text(const VersionRecord& record) {
  return seal({{"manifest_sha256", record.manifest_sha256}, {"installed", record.installed}});
}

Result<VersionRecord> read_record(Disk& disk, const Path& path) {
  const json::Json json = TRY(unseal(disk, path));
  VersionRecord record{.manifest_sha256 = text_of(json, "manifest_sha256"),
                       .installed = text_of(json, "installed")};
  if (!is_sha256(record.manifest_sha256)) return damaged(path);
  return record;
}

std::string format_text() { return seal({{"slipway_store", kFormat}}); }

Status read_format(Disk& disk, const Path& path) {
  const json::Json json = TRY(unseal(disk, path));
  const auto found = json.find("slipway_store");
  if (found == json.end() || !found->is_number_integer()) return damaged(path);
  if (*found == kFormat) return {};
  return Error{
      Code::kUnsupported,
      str(path.string(), ": the store is of format ", found->dump(), ", this Slipway knows ",
          kFormat, ": install a Slipway that is as new as the one that made it")};
}

}  // namespace slipway::store
