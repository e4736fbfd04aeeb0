#include <algorithm>
#include <cstdlib>

#include "base/nearest.h"
#include "base/str.h"
#include "bundle_text.h"
#include "command.h"
#include "console.h"
#include "progress_line.h"
#include "repository_bundle.h"
#include "store/store.h"
#include "store_text.h"

namespace slipway {
namespace {

using store::Access;
using store::Id;
using store::Store;

constexpr Option kOptions[] = {
    {"--reason", "TEXT", "why, for the log"},
    {"--activate", "", "install: and make it the active version"},
    {"--any-machine", "", "install: although this machine can run none of its targets"},
    {"--repair", "BUNDLE", "verify: replace what is damaged from it (repeatable)", true},
    {"--repository", "URL", "install, verify: from a repository, by its signed metadata"},
    {"--metadata-dir", "DIR", "what this device trusts of that repository (slipway-tuf init)"},
    {"--offline-grace", "TIME",
     "how long after it expired what is kept of it still serves: 12h, 7d"},
    {"--limit", "RATE", "of a repository, bytes a second at most: 200k, 2M"},
    {"--ca", "FILE", "the authorities that vouch for its server, PEM (the system's)"},
    {"--proxy", "URL", "by this proxy; '' for none (https_proxy, no_proxy... of the environment)"},
    {"--retries", "N", "how often it is tried again when nothing comes (5)"},
    {"--verify", "", "log: check every line's hash; exit code 1 where one was changed"},
    {"--json", "", "print what was done or found as JSON"},
};

// One call of the command: what is asked for, of which store.
struct Request {
  const Arguments& arguments;
  std::string folder;
  std::string action;
  std::vector<std::string> operands;

  std::string reason() const { return arguments.value("--reason"); }
  bool wants_json() const { return arguments.has("--json"); }
  Result<std::unique_ptr<Store>> open(Access access, bool may_create = false) const {
    auto opened = TRY(Store::open(disk::real_disk(), folder,
                                  {.access = access, .may_create = may_create, .now = {}}));
    for (const std::string& line : opened->found()) say(line);
    return opened;
  }
  // Data where it was asked for, words otherwise.
  Status tell(const std::string& words, const std::string& json) const {
    if (wants_json()) return print_data(json);
    say(words);
    return {};
  }
};

store::Progress progress_of(ProgressLine& line, std::string_view what) {
  return [&line, what](std::uint64_t done, std::uint64_t all) {
    line.show(what, all == 0 ? -1 : static_cast<double>(done) / static_cast<double>(all));
  };
}

Status say_active(const Request& request, const store::Active& active) {
  return request.tell(str(active.id.text(), " is active",
                          active.previous.empty() ? "" : str(", ", active.previous, " before it"),
                          "; its files are in ", active.folder.string()),
                      active_json(active));
}

// A bundle's file or folder; with --repository the name of one, and its version.
Result<RepositoryBundle> open_bundle(const Request& request) {
  if (request.arguments.has("--repository")) {
    return open_repository_bundle(request.arguments, request.operands[0],
                                  request.operands.size() > 1 ? request.operands[1] : "");
  }
  if (request.operands.size() > 1)
    return Error{Code::kUsage, "a version is for --repository: a file has one of its own"};
  RepositoryBundle opened;
  opened.source = TRY(bundle::open_source(request.operands[0]));
  return opened;
}

// Before any byte moves, and before the store changes.
Status expect_runnable(const Request& request, const bundle::Manifest& manifest) {
  if (request.arguments.has("--any-machine")) return {};
  const bundle::Choice choice = bundle::choose_target(manifest, this_machine());
  if (choice.target) return {};
  return Error{Code::kUnsupported,
               str(bundle::refusal(manifest, choice), "\n--any-machine installs it all the same")};
}

Status note_trust(Store& store, const TrustNote& note, const Id& id) {
  return store.note(note.action, id, note.text);
}

Result<int> install(const Request& request) {
  RepositoryBundle from = TRY(open_bundle(request));
  const bundle::Manifest& manifest = from.source->manifest();
  TRY(expect_runnable(request, manifest));
  const auto opened = TRY(request.open(Access::kChange, /*may_create=*/true));
  for (const TrustNote& note : from.notes)
    TRY(note_trust(*opened, note, {manifest.name, manifest.version.text()}));
  const auto active = opened->active(from.source->manifest().name);
  if (from.is_remote() && active.ok())
    use_deltas(from, active->folder, request.arguments.value("--metadata-dir"));
  store::Installed installed;
  {
    ProgressLine line;
    installed =
        TRY(opened->install(*from.source, request.reason(), progress_of(line, "installing")));
  }
  if (from.traffic != nullptr) say(traffic_text(*from.traffic));
  if (!request.arguments.has("--activate")) {
    TRY(request.tell(installed_text(installed), installed_json(installed)));
    return kExitOk;
  }
  say(installed_text(installed));
  TRY(say_active(request, TRY(opened->activate(installed.id, request.reason()))));
  return kExitOk;
}

Result<int> list(const Request& request) {
  const auto rows = TRY(TRY(request.open(Access::kRead))->list());
  TRY(print_data(request.wants_json() ? versions_json(rows) : versions_text(rows)));
  return kExitOk;
}

Result<int> path(const Request& request) {
  const store::Active active = TRY(TRY(request.open(Access::kRead))->active(request.operands[0]));
  TRY(print_data(request.wants_json() ? active_json(active) : active.folder.string() + "\n"));
  return kExitOk;
}

Result<int> activate(const Request& request) {
  const auto opened = TRY(request.open(Access::kChange));
  const Id id{request.operands[0], request.operands[1]};
  TRY(say_active(request, TRY(opened->activate(id, request.reason()))));
  return kExitOk;
}

Result<int> rollback(const Request& request) {
  const auto opened = TRY(request.open(Access::kChange));
  TRY(say_active(request, TRY(opened->rollback(request.operands[0], request.reason()))));
  return kExitOk;
}

Result<int> pin(const Request& request) {
  const auto opened = TRY(request.open(Access::kChange));
  const Id id{request.operands[0], request.operands[1]};
  const bool is_pin = request.action == "pin";
  TRY(is_pin ? opened->pin(id, request.reason()) : opened->unpin(id, request.reason()));
  if (request.wants_json()) {
    TRY(print_data(versions_json(TRY(opened->list()))));
  } else {
    say(str(id.text(), is_pin ? " stays, whatever is pruned" : " may be pruned"));
  }
  return kExitOk;
}

Result<int> prune(const Request& request) {
  if (request.operands.size() == 1) {
    return Error{Code::kUsage,
                 "slipway store prune NAME VERSION removes one version, slipway store prune all "
                 "that are of no use: a version is missing"};
  }
  const auto opened = TRY(request.open(Access::kChange));
  const store::Pruned pruned =
      TRY(request.operands.empty()
              ? opened->prune(request.reason())
              : opened->remove({request.operands[0], request.operands[1]}, request.reason()));
  TRY(request.tell(pruned_text(pruned), pruned_json(pruned)));
  return kExitOk;
}

Result<int> verify(const Request& request) {
  std::vector<std::unique_ptr<bundle::Source>> sources;
  std::vector<bundle::Source*> all;
  for (const std::string& bundle : request.arguments.values("--repair")) {
    sources.push_back(TRY(bundle::open_source(bundle)));
    all.push_back(sources.back().get());
  }
  const bool has_repository = request.arguments.has("--repository");
  if (has_repository) TRY(expect_repository_options(request.arguments));
  const bool may_repair = !all.empty() || has_repository;
  const auto opened = TRY(request.open(may_repair ? Access::kChange : Access::kRead));
  RepairVersions versions(request.arguments,
                          [&](const TrustNote& note) { return note_trust(*opened, note, {}); });
  store::RepairFrom from{.sources = all};
  if (has_repository)
    from.bundle_of = [&](const Id& id) { return versions.open(id.name, id.version); };
  Store::Selection selection;
  if (!request.operands.empty()) selection.name = request.operands[0];
  if (request.operands.size() > 1) selection.version = request.operands[1];
  store::Verified verified;
  {
    ProgressLine line;
    verified = TRY(opened->verify(selection, may_repair, from, progress_of(line, "verifying")));
  }
  TRY(request.tell(verified_text(verified), verified_json(verified)));
  if (!verified.is_whole() && !may_repair) {
    say(str("slipway store ", request.folder,
            " verify --repair BUNDLE, or --repository URL, replaces what is damaged"));
  }
  if (!versions.failure().empty()) say(str("the repository: ", versions.failure()));
  return verified.is_whole() ? kExitOk : kExitBad;
}

Result<int> show_log(const Request& request) {
  const auto opened = TRY(request.open(Access::kRead));
  std::vector<store::LogLine> lines;
  const auto read = [&] {
    lines.clear();
    return opened->check_log([&](const store::LogLine& line) { lines.push_back(line); });
  };
  Result<store::LogCheck> found = read();
  if (!found.ok()) found = read();  // the log was cut while it was read
  const store::LogCheck check = TRY(std::move(found));
  TRY(print_data(request.wants_json() ? log_json(lines, check) : log_text(lines)));
  if (!request.arguments.has("--verify")) return kExitOk;
  for (const std::string& problem : check.problems) say(problem);
  if (check.torn_bytes > 0) {
    say(str("its last ", check.torn_bytes,
            " bytes are no line: a power cut tore them, the next change cuts them off"));
  }
  if (check.problems.empty()) {
    say(str(check.lines, " lines, each follows the one before; the last is ", check.head));
    if (check.first > 1)
      say(str("lines before line ", check.first, " are not kept any more: a log has its bounds"));
  }
  return check.problems.empty() ? kExitOk : kExitBad;
}

struct Action {
  std::string_view name;
  std::string_view operands;
  std::size_t least;
  std::size_t most;
  Result<int> (*run)(const Request& request);
  std::string_view options;  // that are for it alone, each with a space behind it
};

constexpr Action kActions[] = {
    {"install", "BUNDLE, or NAME [VERSION]", 1, 2, install,
     "--activate --any-machine --repository --offline-grace "},
    {"list", "", 0, 0, list, ""},
    {"path", "NAME", 1, 1, path, ""},
    {"activate", "NAME VERSION", 2, 2, activate, ""},
    {"rollback", "NAME", 1, 1, rollback, ""},
    {"pin", "NAME VERSION", 2, 2, pin, ""},
    {"unpin", "NAME VERSION", 2, 2, pin, ""},
    {"prune", "[NAME VERSION]", 0, 2, prune, ""},
    {"verify", "[NAME [VERSION]]", 0, 2, verify, "--repair --repository --offline-grace "},
    {"log", "", 0, 0, show_log, "--verify "},
};

const Action* find_action(std::string_view name) {
  const auto found = std::ranges::find(kActions, name, &Action::name);
  return found == std::end(kActions) ? nullptr : found;
}

std::vector<std::string> action_names() {
  std::vector<std::string> names;
  for (const Action& action : kActions) names.emplace_back(action.name);
  return names;
}

Error unknown_action(const std::string& word) {
  const std::vector<std::string> names = action_names();
  const std::string suggestion = nearest(word, names);
  return {Code::kUsage,
          str("slipway store has no action '", shorten(word),
              "': ", suggestion.empty() ? join(names) : str("did you mean '", suggestion, "'?"))};
}

Status expect_fitting(const Request& request, const Action& action) {
  const std::size_t count = request.operands.size();
  if (count < action.least || count > action.most) {
    return Error{Code::kUsage, str("slipway store ", action.name, " takes ",
                                   action.operands.empty() ? "no operand" : action.operands,
                                   ", not ", count, count == 1 ? " operand" : " operands")};
  }
  for (const std::string_view option :
       {"--activate", "--any-machine", "--repair", "--verify", "--repository", "--offline-grace"}) {
    if (request.arguments.has(option) &&
        action.options.find(str(option, " ")) == std::string_view::npos)
      return Error{Code::kUsage, str(option, " is not for slipway store ", action.name)};
  }
  return {};
}

// "DIR ACTION ...", or "ACTION ..." where SLIPWAY_STORE names the folder.
Result<int> run_store(const Arguments& arguments) {
  std::vector<std::string> words = arguments.positional();
  Request request{.arguments = arguments};
  const char* const folder = std::getenv("SLIPWAY_STORE");
  if (!words.empty() && find_action(words[0]) != nullptr) {
    if (folder == nullptr || *folder == '\0') {
      return Error{Code::kUsage, str("which store? slipway store DIR ", words[0],
                                     ", or the folder in SLIPWAY_STORE")};
    }
    request.folder = folder;
  } else if (!words.empty()) {
    request.folder = words[0];
    words.erase(words.begin());
  }
  if (words.empty()) {
    return Error{Code::kUsage,
                 str("what is to be done? slipway store DIR ", join(action_names(), "|"))};
  }
  request.action = words[0];
  const Action* const action = find_action(request.action);
  if (action == nullptr) return unknown_action(request.action);
  request.operands.assign(words.begin() + 1, words.end());
  TRY(expect_fitting(request, *action));
  return action->run(request);
}

}  // namespace

const Command kStoreCommand = {
    .name = "store",
    .summary = "keep versions of bundles on a device: install, activate, roll back, verify",
    .operands = "[DIR] ACTION ...",
    .options = kOptions,
    .about =
        "A folder that holds versions of bundles, one of each name active. A power cut at any "
        "moment leaves the\n"
        "old or the new version active, whole. SLIPWAY_STORE names the folder where DIR is left "
        "out.\n"
        "\n"
        "  install BUNDLE           a .slip file or a folder, every byte checked; goes on where it "
        "was interrupted\n"
        "  install NAME [VERSION]   with --repository: that version, or the newest; its manifest "
        "is "
        "signed\n"
        "  list                     what is there, and what of it is active\n"
        "  path NAME                the folder of the active version's files\n"
        "  activate NAME VERSION    in one step; what was active becomes the previous version\n"
        "  rollback NAME            to the previous version: needs no network and no space\n"
        "  pin, unpin NAME VERSION  what is pinned is never pruned\n"
        "  prune [NAME VERSION]     remove what is neither active, previous, pinned nor unused; or "
        "that version\n"
        "  verify [NAME [VERSION]]  hash every file; --repair and --repository replace what is "
        "damaged, of each\n"
        "                           version by its own signed manifest\n"
        "  log                      what was done, when and why; --verify checks that nobody "
        "changed it",
    .example =
        "slipway store /var/lib/robot install autopilot-1.2.0.slip --activate\n"
        "slipway store /var/lib/robot install autopilot --repository https://models.example "
        "--metadata-dir /var/lib/robot-trust\n"
        "slipway store /var/lib/robot list\n"
        "slipway bench $(slipway store /var/lib/robot path autopilot)/autopilot/f32/model.plan\n"
        "slipway store /var/lib/robot activate autopilot 1.2.0 --reason 'passed the sea trial'\n"
        "slipway store /var/lib/robot rollback autopilot --reason 'turns too late'\n"
        "slipway store /var/lib/robot pin autopilot 1.1.0\n"
        "slipway store /var/lib/robot prune\n"
        "slipway store /var/lib/robot verify autopilot --repair autopilot-1.2.0.slip\n"
        "slipway store /var/lib/robot log --verify",
    .run = run_store,
};

}  // namespace slipway
