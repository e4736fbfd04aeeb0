#include "bundle/manifest.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "bundle/rules.h"
#include "json/parse.h"

namespace slipway::bundle {
namespace {

using json::Json;

constexpr std::uint64_t kFormat = 1;
// No more than canonical text can have.
constexpr json::Limits kLimits{.most_bytes = kMostManifestBytes,
                               .most_depth = 16,
                               .most_values = std::size_t{1} << 17,
                               .has_whole_numbers_alone = true,
                               .has_plain_text_alone = true};

bool is_extent(std::string_view dim) {
  return !dim.empty() && dim.size() <= 15 &&
         std::ranges::all_of(dim, [](char c) { return c >= '0' && c <= '9'; });
}

Error invalid(std::string_view what) {
  return Error{Code::kInvalid, str("this is no manifest of a bundle: ", what)};
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

Result<Json> parse_canonical(std::string_view text) {
  Result<Json> parsed = json::parse(text, kLimits);
  if (!parsed.ok()) return invalid(str("it ", parsed.error().message));
  if (!parsed->is_object()) return invalid("it is no JSON object");
  const std::string canonical = dumped(*parsed);
  if (canonical != text) {
    const auto [at, unused] = std::ranges::mismatch(text, canonical);
    return invalid(str("it is not canonical JSON, from byte ", at - text.begin() + 1,
                       " on: keys are sorted, nothing stands between them, numbers are whole"));
  }
  return parsed;
}

// An object of the manifest, asked key by key: each has to be there unless it is asked otherwise.
class Object {
 public:
  Object(const Json& json, std::string where) : json_(&json), where_(std::move(where)) {}

  static Result<Object> of(const Json& json, std::string where) {
    if (json.is_object()) return Object(json, std::move(where));
    return invalid(where + " is no object");
  }

  bool has(const char* key) const { return json_->contains(key); }
  Error wrong(const char* key, std::string_view what) const {
    return invalid(str(where_, where_.empty() ? "" : ": ", key, " ", what));
  }

  Result<const Json*> find(const char* key) const {
    const auto found = json_->find(key);
    if (found == json_->end()) return wrong(key, "is missing");
    return &*found;
  }

  Result<std::string> text(const char* key) const {
    const Json* value = TRY(find(key));
    if (!value->is_string()) return wrong(key, "is no text");
    if (value->get_ref<const std::string&>().empty()) return wrong(key, "is empty");
    return value->get<std::string>();
  }

  Result<std::uint64_t> number(const char* key, std::uint64_t least, std::uint64_t most) const {
    const Json* value = TRY(find(key));
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() < least ||
        value->get<std::uint64_t>() > most) {
      return wrong(key, str("is no whole number from ", least, " to ", most));
    }
    return value->get<std::uint64_t>();
  }

  Result<const Json*> list(const char* key, std::size_t most) const {
    const Json* value = TRY(find(key));
    if (!value->is_array()) return wrong(key, "is no list");
    if (value->size() > most) return wrong(key, str("has more than ", most, " elements"));
    return value;
  }

  Result<Object> object(const char* key) const {
    return Object::of(*TRY(find(key)), where_.empty() ? key : str(where_, ": ", key));
  }

  Result<std::vector<std::string>> texts(const char* key, std::size_t most) const {
    std::vector<std::string> out;
    for (const Json& element : *TRY(list(key, most))) {
      if (!element.is_string()) return wrong(key, "holds what is no text");
      out.push_back(element.get<std::string>());
    }
    return out;
  }

  Result<std::map<std::string, std::string>> table(const char* key) const {
    const Object table = TRY(object(key));
    if (table.json_->size() > kMostEntries)
      return wrong(key, str("has more than ", kMostEntries, " entries"));
    std::map<std::string, std::string> out;
    for (const auto& [name, value] : table.json_->items()) {
      if (!value.is_string() || value.get_ref<const std::string&>().empty())
        return wrong(key, str("'", shorten(name, 60), "' is no text"));
      out.emplace(name, value.get<std::string>());
    }
    return out;
  }

  const Json& json() const { return *json_; }

 private:
  const Json* json_;
  std::string where_;  // "target 2", for messages
};

// A number is an extent; text names one that is open.
Result<std::vector<std::string>> dims_of(const Object& port) {
  std::vector<std::string> dims;
  for (const Json& dim : *TRY(port.list("dims", kMostDims))) {
    if (dim.is_number_unsigned()) {
      dims.push_back(str(dim.get<std::uint64_t>()));
    } else if (dim.is_string()) {
      const auto& name = dim.get_ref<const std::string&>();
      if (is_extent(name)) return port.wrong("dims", "hold a number as text");
      dims.push_back(name);
    } else {
      return port.wrong("dims", "hold what is neither a whole number nor text");
    }
  }
  return dims;
}

Result<std::vector<Port>> ports_of(const Object& root, const char* key) {
  std::vector<Port> ports;
  for (const Json& json : *TRY(root.list(key, kMostPorts))) {
    const Object row = TRY(Object::of(json, str(key, " ", ports.size() + 1)));
    Port port;
    port.name = TRY(row.text("name"));
    port.dtype = TRY(row.text("dtype"));
    port.dims = TRY(dims_of(row));
    ports.push_back(std::move(port));
  }
  return ports;
}

constexpr std::array<std::string_view, 8> kNeeds = {
    "architecture",     "board",        "drivers",   "engine", "engine_version",
    "instruction_sets", "memory_bytes", "power_mode"};

Result<Needs> needs_of(const Object& row) {
  Needs needs;
  const std::pair<const char*, std::string*> texts[] = {{"architecture", &needs.architecture},
                                                        {"board", &needs.board},
                                                        {"engine", &needs.engine},
                                                        {"engine_version", &needs.engine_version},
                                                        {"power_mode", &needs.power_mode}};
  for (const auto& [key, into] : texts) {
    if (row.has(key)) *into = TRY(row.text(key));
  }
  if (row.has("drivers")) {
    needs.drivers = TRY(row.table("drivers"));
    if (needs.drivers.empty()) return row.wrong("drivers", "are none: leave the key out");
  }
  if (row.has("instruction_sets")) {
    needs.instruction_sets = TRY(row.texts("instruction_sets", kMostEntries));
    if (needs.instruction_sets.empty())
      return row.wrong("instruction_sets", "are none: leave the key out");
  }
  if (row.has("memory_bytes")) needs.memory_bytes = TRY(row.number("memory_bytes", 1, kMostBytes));
  for (const auto& [key, value] : row.json().items()) {
    if (std::ranges::find(kNeeds, key) == kNeeds.end()) needs.unknown.push_back(key);
  }
  return needs;
}

Result<Target> target_of(const Object& row) {
  Target target;
  target.name = TRY(row.text("name"));
  target.precision = TRY(row.text("precision"));
  target.file = TRY(row.text("file"));
  target.threads = static_cast<std::uint32_t>(TRY(row.number("threads", 1, kMostThreads)));
  target.options = TRY(row.table("options"));
  target.parts = TRY(row.table("parts"));
  target.needs = TRY(needs_of(TRY(row.object("needs"))));
  return target;
}

Result<FileEntry> file_of(const Object& row) {
  FileEntry file;
  file.path = TRY(row.text("path"));
  file.sha256 = TRY(row.text("sha256"));
  file.bytes = TRY(row.number("bytes", 0, kMostBytes));
  return file;
}

Result<Manifest> manifest_of(const Object& root) {
  Manifest manifest;
  manifest.name = TRY(root.text("name"));
  Result<Version> version = Version::parse(TRY(root.text("version")));
  if (!version.ok()) return invalid(str("version: ", version.error().message));
  manifest.version = *std::move(version);
  manifest.inputs = TRY(ports_of(root, "inputs"));
  manifest.outputs = TRY(ports_of(root, "outputs"));
  for (const Json& json : *TRY(root.list("targets", kMostTargets))) {
    const Object row = TRY(Object::of(json, str("target ", manifest.targets.size() + 1)));
    manifest.targets.push_back(TRY(target_of(row)));
  }
  for (const Json& json : *TRY(root.list("files", kMostFiles))) {
    const Object row = TRY(Object::of(json, str("file ", manifest.files.size() + 1)));
    manifest.files.push_back(TRY(file_of(row)));
  }
  if (const Status rules = check_rules(manifest); !rules.ok())
    return invalid(rules.error().message);
  return manifest;
}

Json json_of(const std::vector<Port>& ports) {
  Json list = Json::array();
  for (const Port& port : ports) {
    Json dims = Json::array();
    for (const std::string& dim : port.dims) {
      dims.push_back(is_extent(dim) ? Json(std::stoull(dim)) : Json(dim));
    }
    list.push_back({{"name", port.name}, {"dtype", port.dtype}, {"dims", std::move(dims)}});
  }
  return list;
}

Json json_of(const Needs& needs) {
  Json json = Json::object();
  const auto put = [&](const char* key, const auto& value) {
    if (!value.empty()) json[key] = value;
  };
  put("architecture", needs.architecture);
  put("board", needs.board);
  put("drivers", needs.drivers);
  put("engine", needs.engine);
  put("engine_version", needs.engine_version);
  put("instruction_sets", needs.instruction_sets);
  put("power_mode", needs.power_mode);
  if (needs.memory_bytes != 0) json["memory_bytes"] = needs.memory_bytes;
  for (const std::string& key : needs.unknown) json[key] = true;
  return json;
}

Json json_of(const Target& target) {
  return {{"name", target.name},           {"precision", target.precision}, {"file", target.file},
          {"threads", target.threads},     {"options", target.options},     {"parts", target.parts},
          {"needs", json_of(target.needs)}};
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text) {
  const Json json = TRY(parse_canonical(text));
  const Object root(json, "");
  const std::uint64_t format = TRY(root.number("format", 1, kMostBytes));
  if (format != kFormat) {
    return Error{Code::kUnsupported, str("the bundle has format ", format, ", this Slipway reads ",
                                         kFormat, ": take a newer Slipway, or pack it again")};
  }
  return manifest_of(root);
}

std::string to_text(const Manifest& manifest) {
  Json root = {{"format", kFormat},
               {"name", manifest.name},
               {"version", manifest.version.text()},
               {"inputs", json_of(manifest.inputs)},
               {"outputs", json_of(manifest.outputs)},
               {"targets", Json::array()},
               {"files", Json::array()}};
  for (const Target& target : manifest.targets) root["targets"].push_back(json_of(target));
  for (const FileEntry& file : manifest.files) {
    root["files"].push_back({{"path", file.path}, {"sha256", file.sha256}, {"bytes", file.bytes}});
  }
  return dumped(root);
}

}  // namespace slipway::bundle
