#include "bundle/rules.h"

#include <algorithm>
#include <set>

#include "base/str.h"
#include "base/utf8.h"
#include "digest/digest.h"

namespace slipway::bundle {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool are_digits(std::string_view text) { return std::ranges::all_of(text, is_digit); }

// Of the characters that paths have: the rest are not allowed there.
std::string folded(std::string_view path) {
  std::string out(path);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Error invalid(std::string message) { return Error{Code::kInvalid, std::move(message)}; }

Status check_part(std::string_view path, std::string_view part) {
  const auto is_of_paths = [](char c) {
    return is_alphanumeric(c) || std::string_view("._-+=@").find(c) != std::string_view::npos;
  };
  const std::string where = str("path '", shorten(path), "': ");
  if (part.empty()) return invalid(where + "a part is empty: it must be relative, as 'a/b.plan'");
  if (part == "." || part == "..") return invalid(str(where, "'", part, "' leads elsewhere"));
  if (part.size() > kMostPartBytes)
    return invalid(str(where, "a part has more than ", kMostPartBytes, " bytes"));
  if (!std::ranges::all_of(part, is_of_paths))
    return invalid(where + "only letters, digits and . _ - + = @ may be in it, '/' between parts");
  return {};
}

// Text for people and programs: UTF-8, of one line.
Status check_text(std::string_view what, std::string_view text) {
  if (text.empty()) return invalid(str(what, " is empty"));
  if (text.size() > kMostNameBytes)
    return invalid(str(what, " has ", text.size(), " bytes, at most ", kMostNameBytes,
                       " are allowed: '", shorten(text, 40), "'"));
  for (std::string_view rest = text; !rest.empty();) {
    const std::optional<std::uint32_t> point = take_utf8(rest);
    if (!point.has_value()) return invalid(str(what, " is not UTF-8"));
    if (*point < 0x20 || (*point >= 0x7f && *point < 0xa0))
      return invalid(str(what, " has a control character"));
  }
  return {};
}

Status check_optional_text(std::string_view what, std::string_view text) {
  if (text.empty()) return {};
  return check_text(what, text);
}

template <typename List>
Status check_count(std::string_view what, const List& list, std::size_t most) {
  if (list.size() <= most) return {};
  return invalid(str(what, " has ", list.size(), " entries, at most ", most, " are allowed"));
}

Status check_name(const Manifest& manifest) {
  const std::string_view name = manifest.name;
  const auto is_plain = [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
  };
  if (name.empty() || name.size() > 100 || name[0] == '.' || !std::ranges::all_of(name, is_plain))
    return invalid(str("name '", shorten(name),
                       "': letters, digits, '-', '_' and '.', not first, at most 100"));
  return {};
}

Status check_port(std::string_view what, const Port& port) {
  TRY(check_text(str(what, ": name"), port.name));
  const std::string where = str(what, " '", shorten(port.name, 60), "'");
  TRY(check_text(where + ": dtype", port.dtype));
  TRY(check_count(where + ": dims", port.dims, kMostDims));
  for (const std::string& dim : port.dims) {
    TRY(check_text(where + ": a dimension", dim));
    if (are_digits(dim) && (dim.size() > 15 || (dim.size() > 1 && dim[0] == '0')))
      return invalid(str(where, ": dimension ", dim, " is out of range"));
  }
  return {};
}

Status check_ports(std::string_view what, const std::vector<Port>& ports) {
  TRY(check_count(str(what, "s"), ports, kMostPorts));
  std::set<std::string_view> names;
  for (const Port& port : ports) {
    TRY(check_port(what, port));
    if (!names.insert(port.name).second)
      return invalid(str(what, " '", shorten(port.name), "' is there twice"));
  }
  return {};
}

Status check_table(const std::string& what, const std::map<std::string, std::string>& table) {
  TRY(check_count(what, table, kMostEntries));
  for (const auto& [key, value] : table) {
    TRY(check_text(what + ": a key", key));
    TRY(check_text(str(what, ": '", key, "'"), value));
  }
  return {};
}

Status check_version(const std::string& what, std::string_view text) {
  if (text.empty() || is_dotted_version(text)) return {};
  return invalid(
      str(what, " '", shorten(text, 60), "' is no version: numbers with dots between them"));
}

Status check_needs(const std::string& where, const Needs& needs) {
  TRY(check_optional_text(where + "architecture", needs.architecture));
  TRY(check_optional_text(where + "engine", needs.engine));
  TRY(check_optional_text(where + "power_mode", needs.power_mode));
  TRY(check_optional_text(where + "board", needs.board));
  TRY(check_version(where + "engine_version", needs.engine_version));
  TRY(check_count(where + "instruction_sets", needs.instruction_sets, kMostEntries));
  for (const std::string& set : needs.instruction_sets)
    TRY(check_text(where + "an instruction set", set));
  if (!std::ranges::is_sorted(needs.instruction_sets, std::ranges::less_equal()))
    return invalid(where + "instruction_sets are sorted, each there once");
  TRY(check_table(where + "drivers", needs.drivers));
  for (const auto& [driver, version] : needs.drivers)
    TRY(check_version(str(where, "driver ", driver), version));
  if (needs.memory_bytes > kMostBytes) return invalid(where + "memory_bytes is out of range");
  return check_count(where + "unknown keys", needs.unknown, kMostEntries);
}

Status check_target(const Target& target, const std::set<std::string_view>& paths) {
  TRY(check_text("a target's name", target.name));
  const std::string where = str("target '", target.name, "': ");
  TRY(check_text(where + "precision", target.precision));
  if (target.threads < 1 || target.threads > kMostThreads)
    return invalid(
        str(where, "threads are ", target.threads, ", 1 to ", kMostThreads, " are allowed"));
  if (!paths.contains(target.file))
    return invalid(str(where, "file '", shorten(target.file), "' is not among the files"));
  TRY(check_table(where + "options", target.options));
  TRY(check_count(where + "parts", target.parts, kMostEntries));
  for (const auto& [part, path] : target.parts) {
    TRY(check_text(where + "a part's name", part));
    if (!paths.contains(path))
      return invalid(str(where, part, " '", shorten(path), "' is not among the files"));
  }
  return check_needs(where + "needs: ", target.needs);
}

Status check_targets(const Manifest& manifest) {
  TRY(check_count("targets", manifest.targets, kMostTargets));
  if (manifest.targets.empty()) return invalid("targets: there is none, so nothing can run");
  std::set<std::string_view> paths;
  for (const FileEntry& file : manifest.files) paths.insert(file.path);
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Target& target : manifest.targets) {
    TRY(check_target(target, paths));
    if (!seen.emplace(target.name, target.precision).second)
      return invalid(str("target '", target.name, "' in ", target.precision, " is there twice"));
  }
  return {};
}

// Names that one folder may hold on any file system: files and the folders that lead to them.
class Names {
 public:
  Names() { Status ignored = add(kManifestName); }

  Status add(std::string_view path) {
    for (std::size_t end = path.find('/'); end != std::string_view::npos;
         end = path.find('/', end + 1)) {
      TRY(add(path.substr(0, end), /*is_file=*/false, path));
    }
    return add(path, /*is_file=*/true, path);
  }

 private:
  struct Known {
    std::string_view spelled;
    bool is_file = false;
  };

  Status add(std::string_view name, bool is_file, std::string_view path) {
    const auto [known, is_new] = known_.emplace(folded(name), Known{name, is_file});
    if (is_new) return {};
    const std::string where = str("path '", shorten(path), "': ");
    if (known->second.spelled != name)
      return invalid(str(where, "differs from '", shorten(known->second.spelled),
                         "' in upper and lower case alone"));
    if (is_file && name == kManifestName) return invalid(where + "this name is the manifest's own");
    if (is_file && known->second.is_file) return invalid(where + "is there twice");
    if (is_file != known->second.is_file)
      return invalid(str(where, "'", shorten(name), "' is a file and a folder"));
    return {};
  }

  std::map<std::string, Known> known_;
};

Status check_files(const Manifest& manifest) {
  TRY(check_count("files", manifest.files, kMostFiles));
  Names names;
  std::map<std::string_view, std::uint64_t> bytes_of;
  std::uint64_t sum = 0;
  std::string_view last;
  for (const FileEntry& file : manifest.files) {
    TRY(check_path(file.path));
    TRY(names.add(file.path));
    const std::string where = str("file '", shorten(file.path), "': ");
    if (file.path < last) return invalid(where + "files are in the order of their paths");
    last = file.path;
    if (!is_sha256(file.sha256)) return invalid(where + "sha256 is not 64 digits of 0-9 and a-f");
    if (file.bytes > kMostBytes - sum) return invalid(where + "with it there are too many bytes");
    sum += file.bytes;
    const auto [known, is_new] = bytes_of.emplace(file.sha256, file.bytes);
    if (known->second != file.bytes)
      return invalid(str(where, "has the hash of another file, and ", file.bytes,
                         " bytes where that has ", known->second));
  }
  return {};
}

}  // namespace

Status check_path(std::string_view path) {
  if (path.empty()) return invalid("a path is empty");
  if (path.size() > kMostPathBytes)
    return invalid(str("path '", shorten(path), "' has ", path.size(), " bytes, at most ",
                       kMostPathBytes, " are allowed"));
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    TRY(check_part(path, path.substr(begin, end - begin)));
    begin = end + 1;
  }
  return {};
}

bool is_dotted_version(std::string_view text) {
  std::size_t numbers = 0;
  for (std::size_t begin = 0; begin <= text.size(); ++numbers) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    const std::string_view number = text.substr(begin, end - begin);
    if (number.empty() || number.size() > 9 || !are_digits(number)) return false;
    begin = end + 1;
  }
  return numbers >= 1 && numbers <= 6;
}

Status check_rules(const Manifest& manifest) {
  TRY(check_name(manifest));
  TRY(check_ports("input", manifest.inputs));
  TRY(check_ports("output", manifest.outputs));
  TRY(check_files(manifest));
  return check_targets(manifest);
}

}  // namespace slipway::bundle
