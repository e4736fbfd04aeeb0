#include "store/log_line.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "base/str.h"
#include "digest/digest.h"
#include "json/parse.h"

namespace slipway::store {
namespace {

using Json = nlohmann::ordered_json;

constexpr json::Limits kLimits{.most_bytes = kMostLineBytes, .most_depth = 4, .most_values = 100};

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
constexpr std::string_view kHashKey = ",\"sha256\":\"";
constexpr std::string_view kEnd = "\"}";

}  // namespace

const std::string& no_hash() {
  static const std::string kZeros(kSha256HexSize, '0');
  return kZeros;
}

std::string seal_line(LogLine& line) {
  const Json json = {{"line", line.number},        {"time", line.time},
                     {"action", line.action},      {"name", line.id.name},
                     {"version", line.id.version}, {"reason", line.reason},
                     {"manifest", line.manifest},  {"before", line.before}};
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();
  line.sha256 = sha256(text);
  return str(text, kHashKey, line.sha256, kEnd, "\n");
}

std::optional<ParsedLine> parse_line(std::string_view text) {
  const Result<json::Json> read = json::parse(text, kLimits);
  if (!read.ok()) return std::nullopt;
  const json::Json& json = *read;
  if (!json.is_object() || json.size() < 9 || !json.contains("line") ||
      !json["line"].is_number_unsigned()) {
    return std::nullopt;
  }
  ParsedLine parsed;
  LogLine& line = parsed.line;
  line.number = json["line"].get<std::uint64_t>();
  const std::array<std::pair<const char*, std::string*>, 8> texts = {{{"time", &line.time},
                                                                      {"action", &line.action},
                                                                      {"name", &line.id.name},
                                                                      {"version", &line.id.version},
                                                                      {"reason", &line.reason},
                                                                      {"manifest", &line.manifest},
                                                                      {"before", &line.before},
                                                                      {"sha256", &line.sha256}}};
  for (const auto& [key, to] : texts) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return std::nullopt;
    *to = found->get<std::string>();
  }
  const std::size_t tail = kHashKey.size() + kSha256HexSize + kEnd.size();
  parsed.is_unchanged =
      text.size() > tail && text.substr(text.size() - tail) ==
                                str(kHashKey, sha256(text.substr(0, text.size() - tail)), kEnd);
  return parsed;
}

Status for_lines(
    Disk& disk, const Path& path,
    const std::function<void(std::string_view line, std::uint64_t bytes, bool is_ended)>& see) {
  std::string piece(kPieceBytes, '\0');
  std::string line;
  std::uint64_t line_bytes = 0;
  for (std::uint64_t offset = 0;;) {
    const std::size_t got =
        TRY(disk.read_at(path, offset, std::as_writable_bytes(std::span(piece))));
    if (got == 0) break;
    offset += got;
    for (std::string_view rest = std::string_view(piece).substr(0, got); !rest.empty();) {
      const std::size_t end = rest.find('\n');
      const std::string_view part = rest.substr(0, end);
      line += part.substr(0, kMostLineBytes - std::min(kMostLineBytes, line.size()));
      line_bytes += part.size();
      if (end == std::string_view::npos) break;
      see(line, line_bytes + 1, true);
      line.clear();
      line_bytes = 0;
      rest.remove_prefix(end + 1);
    }
  }
  if (line_bytes > 0) see(line, line_bytes, false);
  return {};
}

}  // namespace slipway::store
