#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/files.h"
#include "base/str.h"
#include "bundle/layout.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "passphrase.h"
#include "publish/cosign.h"
#include "publish/deltas.h"
#include "publish/expiry.h"
#include "publish_text.h"
#include "updater/bundles.h"

namespace slipway {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using publish::Added;
using publish::Repository;

constexpr Option kOptions[] = {
    {"--to", "R", "the repository's folder; begun if it is not there"},
    {"--keys", "DIR", "the folder of keys (slipway keys new)"},
    {"--as", "PATH", "the target's path, where it is not the file's name"},
    {"--withdraw", "PATH", "publish this target no longer (repeatable)", true},
    {"--expires", "TIME", "until when devices take it without another publish: 90d, 2w (90d)"},
    {"--timestamp-expires", "TIME", "until when without slipway refresh-timestamp (7d)"},
    {"--deltas", "N", "of a bundle, deltas from so many versions before it (1)"},
    {"--root", "FILE", "and a new root that enough holders have signed (slipway keys sign-root)"},
    {"--prune", "", "then remove files that neither this publication nor the one before it names"},
    {"--list", "", "only show what is published; needs no keys"},
    kPassphraseFileOption,
    {"--json", "", "print what was done as JSON"},
};

std::string_view what_text(Added::What what) {
  switch (what) {
    case Added::What::kNew:
      return "new";
    case Added::What::kReplaced:
      return "replaced";
    case Added::What::kSame:
      return "same";
  }
  return "";
}

std::string size_text(std::uint64_t bytes) { return bytes_text(static_cast<std::int64_t>(bytes)); }

Json to_json(const Added& added) {
  Json json = {{"path", added.path},
               {"sha256", added.sha256},
               {"bytes", added.bytes},
               {"what", what_text(added.what)},
               {"bytes_written", added.bytes_written}};
  if (added.objects > 0) {
    json["objects"] = added.objects;
    json["objects_written"] = added.objects_written;
  }
  return json;
}

Json listing(const trust::Targets& targets) {
  Json files = Json::array();
  for (const auto& [path, file] : targets.files) {
    const auto hash = file.hashes.find("sha256");
    Json entry = {{"path", path}, {"bytes", file.bytes}};
    if (hash != file.hashes.end()) entry["sha256"] = hash->second;
    files.push_back(std::move(entry));
  }
  Json bundles = Json::object();
  for (const updater::BundleName& bundle : updater::bundles_of(targets))
    bundles[bundle.name].push_back(bundle.version.text());
  return {{"targets", std::move(files)}, {"bundles", std::move(bundles)}};
}

Status print_json(const Json& json) {
  return print_data(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Result<int> list(const Arguments& arguments, const std::string& folder) {
  const std::string keys = arguments.value("--keys");
  std::string root;
  if (!keys.empty()) root = TRY(publish::KeyRing(keys, {}).trusted_root());
  const Repository repository =
      TRY(Repository::open(disk::real_disk(), folder, root, publish::Access::kRead));
  const trust::Targets& targets = repository.targets();
  if (arguments.has("--json")) {
    Json json = {{"repository", folder}, {"roles", roles_json(repository.state())}};
    json.update(listing(targets));
    TRY(print_json(json));
    return kExitOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [path, file] : targets.files) {
    const auto hash = file.hashes.find("sha256");
    rows.push_back({path, grouped(static_cast<std::int64_t>(file.bytes)),
                    hash == file.hashes.end() ? "-" : hash->second.substr(0, 16)});
  }
  TRY(print_data(table_text({{"target", false, true}, {"bytes", true}, {"sha256"}}, rows,
                            width_columns(stdout))));
  return kExitOk;
}

bool is_bundle(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return true;
  const Result<std::unique_ptr<bundle::Bytes>> bytes = bundle::open_bytes(path);
  if (!bytes.ok()) return false;
  std::vector<std::byte> head(bundle::kHeaderBytes);
  const Result<std::size_t> got = (*bytes)->read_at(0, head);
  return got.ok() && bundle::looks_like_archive(std::span(head).first(*got));
}

void say_added(const std::string& file, const Added& added) {
  std::string text = str(file, ": ", added.path, ", ");
  if (added.objects > 0) {
    text += str(added.objects, " files, ", added.objects_written, " of them not there yet; ",
                size_text(added.bytes_written), " written");
  } else {
    text += size_text(added.bytes);
  }
  if (added.what == Added::What::kReplaced) text += "; it replaces another content";
  if (added.what == Added::What::kSame) text += "; published before, unchanged";
  say(text);
}

Result<std::size_t> parse_deltas(const Arguments& arguments) {
  constexpr std::int64_t kMost = 100;
  if (!arguments.has("--deltas")) return std::size_t{1};
  return static_cast<std::size_t>(
      TRY(parse_number("--deltas", arguments.value("--deltas"), 0, kMost)));
}

void say_delta(const publish::Delta& delta) {
  std::string text = str("  from ", delta.from, ", ", delta.path, ": ");
  if (delta.was_there) {
    text +=
        str(size_text(delta.bytes), " in place of ", size_text(delta.object_bytes), ", as before");
  } else if (delta.is_kept) {
    text += str(size_text(delta.bytes), " in place of ", size_text(delta.object_bytes),
                " (planned ", size_text(delta.planned_bytes), ")");
  } else {
    text += str("no delta, it would be no shorter than the file");
  }
  say(text);
}

Result<Added> add(Repository& repository, const std::string& file, const Arguments& arguments) {
  if (is_bundle(file)) {
    if (arguments.has("--as")) {
      return Error{Code::kUsage,
                   str(file,
                       " is a bundle, whose name and version say where it goes: leave --as "
                       "out")};
    }
    const std::unique_ptr<bundle::Source> source = TRY(bundle::open_source(file));
    const std::size_t versions = TRY(parse_deltas(arguments));
    Added added = TRY(repository.add_bundle(*source));
    say_added(file, added);
    const auto deltas = TRY(publish::make_deltas(arguments.value("--to"), repository.targets(),
                                                 source->manifest(), versions));
    for (const publish::Delta& delta : deltas) say_delta(delta);
    return added;
  }
  const std::unique_ptr<bundle::Bytes> bytes = TRY(bundle::open_bytes(file));
  const std::string path =
      arguments.has("--as") ? arguments.value("--as") : fs::path(file).filename().string();
  Added added = TRY(repository.add_file(*bytes, path));
  say_added(file, added);
  return added;
}

Result<Repository> open_or_begin(const std::string& folder, const publish::KeyRing& ring) {
  Result<Repository> there = open_repository(folder, ring, publish::Access::kWrite);
  if (there.ok() || there.error().code != Code::kNotFound) return there;
  const std::string root = TRY(ring.trusted_root());
  if (root.empty()) {
    return Error{Code::kNotFound,
                 str(folder, " holds no repository yet, and ", ring.folder().string(),
                     " no root.json that it could begin with: slipway keys new makes one")};
  }
  return Repository::create(disk::real_disk(), folder, root);
}

Result<publish::Lifetimes> parse_lifetimes(const Arguments& arguments) {
  publish::Lifetimes lifetimes;
  if (arguments.has("--expires"))
    lifetimes.targets = TRY(publish::parse_lifetime("--expires", arguments.value("--expires")));
  if (arguments.has("--timestamp-expires")) {
    lifetimes.timestamp =
        TRY(publish::parse_lifetime("--timestamp-expires", arguments.value("--timestamp-expires")));
  }
  return lifetimes;
}

constexpr std::string_view kOnlineRoles[] = {trust::kTargets, trust::kSnapshot, trust::kTimestamp};

Result<publish::Signers> open_signers(publish::KeyRing& ring, const trust::Root& root) {
  publish::Signers signers;
  for (const std::string_view role : kOnlineRoles)
    signers[std::string(role)] = TRY(ring.open_enough(role, root));
  return signers;
}

// The root of --root FILE, with the keys here that it or the present one names.
Status adopt_root(Repository& repository, publish::KeyRing& ring, const std::string& file,
                  const publish::Lifetimes& lifetimes) {
  const std::string text = TRY(read_file(file, trust::kMostRootBytes));
  const Result<trust::Root> next = trust::parse_root(text);
  if (!next.ok()) return Error{next.error().code, str(file, ": ", next.error().message)};
  publish::Signers signers;
  for (const std::string_view role : kOnlineRoles) {
    signers[std::string(role)] = TRY(publish::open_by_both(ring, role, repository.root(), *next));
  }
  const Status adopted = repository.adopt_root(text, signers, current_time(), lifetimes);
  if (!adopted.ok()) return Error{adopted.error().code, str(file, ": ", adopted.error().message)};
  TRY(publish::follow_root(ring, repository.root(), repository.state().root_text));
  say(str("root version ", repository.root().version, " is published; devices follow"));
  return {};
}

void say_published(const Repository& repository, const std::string& folder, bool is_first,
                   trust::Seconds now) {
  const publish::State& state = repository.state();
  say(str("published: targets version ", state.targets.version, ", snapshot ",
          state.snapshot.version, ", timestamp ", state.timestamp.version));
  say(str("good until ", expiry_text(state.timestamp.expires, now),
          "; slipway refresh-timestamp makes that longer"));
  if (!is_first) return;
  say(str("devices begin to trust it with ", folder, "/metadata/", state.root.version,
          ".root.json: give them that file by a way that you trust"));
}

Result<int> run_publish(const Arguments& arguments) {
  const std::vector<std::string>& files = arguments.positional();
  const std::string folder =
      TRY(needed(arguments, "--to", "slipway publish FILE --to REPOSITORY --keys DIR"));
  if (arguments.has("--list")) return list(arguments, folder);
  const std::string keys =
      TRY(needed(arguments, "--keys", "slipway publish FILE --to REPOSITORY --keys DIR"));
  if (arguments.has("--as") && files.size() != 1)
    return Error{Code::kUsage, "--as names one file: give one, or leave it out"};
  const publish::Lifetimes lifetimes = TRY(parse_lifetimes(arguments));
  TRY(publish::check_clock(current_time()));  // before anything is written
  const Passphrases passphrases = TRY(Passphrases::of(arguments));
  publish::KeyRing ring(keys, passphrases.for_existing());
  TRY(ring.list());
  // Before a repository is begun for nothing.
  for (const std::string& file : files) {
    if (!is_bundle(file)) TRY(bundle::open_bytes(file));
  }
  Repository repository = TRY(open_or_begin(folder, ring));
  const bool is_first = !repository.state().is_published;
  if (arguments.has("--root"))
    TRY(adopt_root(repository, ring, arguments.value("--root"), lifetimes));
  const publish::Signers signers = TRY(open_signers(ring, repository.root()));
  Json added = Json::array();
  for (const std::string& file : files) {
    const Added one = TRY(add(repository, file, arguments));
    added.push_back(to_json(one));
  }
  for (const std::string& path : arguments.values("--withdraw")) {
    TRY(repository.withdraw(path));
    say(str(path, ": withdrawn"));
  }
  if (files.empty() && !arguments.has("--withdraw") && !arguments.has("--root"))
    say("nothing to add: what is published is signed anew");
  const trust::Seconds now = current_time();
  TRY(repository.publish(signers, now, lifetimes));
  // A root that was signed elsewhere, where root's keys are.
  TRY(publish::follow_root(ring, repository.root(), repository.state().root_text));
  say_published(repository, folder, is_first, now);
  Json json = {{"repository", folder},
               {"added", std::move(added)},
               {"withdrawn", arguments.values("--withdraw")},
               {"roles", roles_json(repository.state())}};
  if (arguments.has("--prune")) {
    const publish::Pruned pruned = TRY(repository.prune());
    say(str("pruned: ", pruned.files, " files, ", size_text(pruned.bytes)));
    json["pruned"] = {{"files", pruned.files}, {"bytes", pruned.bytes}};
  }
  if (arguments.has("--json")) TRY(print_json(json));
  warn_of_expiry(repository.state(), now, folder, keys, true);
  return kExitOk;
}

}  // namespace

const Command kPublishCommand = {
    .name = "publish",
    .summary = "put files and bundles into a signed repository that any web server can host",
    .operands = "[FILE...]",
    .options = kOptions,
    .about =
        "Adds files to the repository in the folder R and signs it anew. R holds nothing but "
        "files: "
        "copy or serve it\n"
        "as it is. A device that comes at any moment, and a power cut, find the repository as it "
        "was or as it is now.\n"
        "\n"
        "A bundle (.slip, or its unpacked folder) becomes NAME/VERSION/manifest.json, and its "
        "files "
        "objects that\n"
        "versions share. A version is published once: another content needs another version. Any "
        "other file is a\n"
        "target under its name, or --as PATH. Without a FILE, what is published is signed anew.",
    .example = "slipway publish autopilot-1.2.0.slip --to repository --keys keys",
    .run = run_publish,
};

}  // namespace slipway
