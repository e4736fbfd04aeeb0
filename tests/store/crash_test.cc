// Cuts the power before every effect of every operation, with every form of what was not synced,
// and lets every effect fail: what is left must be the state before or the one after, whole, with
// nothing of no use on the disk and the log in order, and the operation must succeed when it is
// asked for once more.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <set>

#include "digest/digest.h"
#include "store/sample.h"

namespace slipway::store {
namespace {

using disk::Aftermath;
using disk::CrashingDisk;
using disk::Fault;

#ifndef SLIPWAY_EVERY
#define SLIPWAY_EVERY 1  // a test that takes long looks at every so manyth effect
#endif

// Of so many effects, those before which something happens; the last is after all of them.
std::vector<std::size_t> cut_points(std::size_t all) {
  std::vector<std::size_t> points;
  for (std::size_t effect = 0; effect < all; effect += SLIPWAY_EVERY) points.push_back(effect);
  points.push_back(all);
  return points;
}

Status install(Store& store, const std::string& version) {
  TRY(store.install(*sample_version(version), "test"));
  return {};
}

Status activate(Store& store, const std::string& version) {
  TRY(store.activate({"autopilot", version}, "test"));
  return {};
}

Status verify_and_repair(Store& store) {
  const auto source = sample_version("1.0.0");
  bundle::Source* const sources[] = {source.get()};
  const Verified verified = TRY(store.verify({}, true, {.sources = sources}));
  for (const Damage& damage : verified.damages) {
    if (!damage.is_repaired) return Error{Code::kIo, damage.what};
  }
  return {};
}

const Path kGolden = kStorePath / "objects" / sha256("golden vectors of all versions");

struct Operation {
  const char* name;
  Status (*prepare)(Store& store);
  void (*damage)(CrashingDisk& disk);
  Status (*run)(Store& store);
  std::vector<std::string> states;  // that may be there: the first before, the last after
};

// Prints as its name.
std::ostream& operator<<(std::ostream& out, const Operation& operation) {
  return out << operation.name;
}

Status nothing(Store& /*store*/) { return {}; }
void leave(CrashingDisk& /*disk*/) {}

// Two versions that were active.
Status prepare_two(Store& store) {
  for (const char* version : {"1.0.0", "1.1.0"}) {
    TRY(install(store, version));
    TRY(activate(store, version));
  }
  return {};
}

// Four, of which two are of no use.
Status prepare_four(Store& store) {
  TRY(prepare_two(store));
  for (const char* version : {"1.2.0", "1.3.0"}) {
    TRY(install(store, version));
    TRY(activate(store, version));
  }
  return {};
}

// An installation whose source fails half way.
Status prepare_staged(Store& store) {
  TRY(prepare_two(store));
  const auto source = sample_version("1.2.0");
  source->exchange(sha256("the plan of 1.2.0" + std::string(3000, 'p')), "the plan of 1.2.0");
  return store.install(*source).ok() ? Error{Code::kInternal, "it was installed"} : Status();
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> kOperations = {
      {"InstallIntoANewStore",
       nothing,
       leave,
       [](Store& s) { return install(s, "1.0.0"); },
       {"", "1.0.0 unused"}},
      {"InstallBesideTheActive",
       prepare_two,
       leave,
       [](Store& s) { return install(s, "1.2.0"); },
       {"1.0.0 previous, 1.1.0 active", "1.0.0 previous, 1.1.0 active, 1.2.0 unused"}},
      {"InstallGoesOn",
       prepare_staged,
       leave,
       [](Store& s) { return install(s, "1.2.0"); },
       {"1.0.0 previous, 1.1.0 active", "1.0.0 previous, 1.1.0 active, 1.2.0 unused"}},
      {"InstallInPlaceOfAStaged",
       prepare_staged,
       leave,
       [](Store& s) { return install(s, "1.3.0"); },
       {"1.0.0 previous, 1.1.0 active", "1.0.0 previous, 1.1.0 active, 1.3.0 unused"}},
      {"InstallOverRot",
       [](Store& s) { return install(s, "1.0.0"); },
       [](CrashingDisk& disk) { disk.damage(kGolden, 3); },
       [](Store& s) { return install(s, "1.1.0"); },
       {"1.0.0 unused", "1.0.0 unused, 1.1.0 unused"}},
      {"ActivateTheFirst",
       [](Store& s) { return install(s, "1.0.0"); },
       leave,
       [](Store& s) { return activate(s, "1.0.0"); },
       {"1.0.0 unused", "1.0.0 active"}},
      {"Activate",
       [](Store& s) -> Status {
         TRY(prepare_two(s));
         return install(s, "1.2.0");
       },
       leave,
       [](Store& s) { return activate(s, "1.2.0"); },
       {"1.0.0 previous, 1.1.0 active, 1.2.0 unused", "1.0.0, 1.1.0 previous, 1.2.0 active"}},
      {"Rollback",
       prepare_two,
       leave,
       [](Store& s) -> Status {
         // When it is asked for once more it may be done already.
         if (TRY(s.active("autopilot")).id.version == "1.0.0") return {};
         TRY(s.rollback("autopilot", "test"));
         return {};
       },
       {"1.0.0 previous, 1.1.0 active", "1.0.0 active, 1.1.0 previous"}},
      {"Prune",
       prepare_four,
       leave,
       [](Store& s) -> Status {
         TRY(s.prune("test"));
         return {};
       },
       {"1.0.0, 1.1.0, 1.2.0 previous, 1.3.0 active", "1.1.0, 1.2.0 previous, 1.3.0 active",
        "1.2.0 previous, 1.3.0 active"}},
      {"RemoveAStaged",
       prepare_staged,
       leave,
       [](Store& s) -> Status {
         const Status removed = s.remove({"autopilot", "1.2.0"}).ok()
                                    ? Status()
                                    : Error{Code::kIo, "it could not be removed"};
         for (const VersionRow& row : TRY(s.list())) {
           if (row.id.version == "1.2.0") return removed.ok() ? Status(Error{}) : removed;
         }
         return {};
       },
       {"1.0.0 previous, 1.1.0 active"}},
      {"Pin",
       prepare_four,
       leave,
       [](Store& s) {
         return s.pin({"autopilot", "1.0.0"}, "test");
       },
       {"1.0.0, 1.1.0, 1.2.0 previous, 1.3.0 active",
        "1.0.0 pinned, 1.1.0, 1.2.0 previous, 1.3.0 active"}},
      {"Unpin",
       [](Store& s) -> Status {
         TRY(prepare_two(s));
         return s.pin({"autopilot", "1.0.0"}, "test");
       },
       leave,
       [](Store& s) {
         return s.unpin({"autopilot", "1.0.0"}, "test");
       },
       {"1.0.0 previous pinned, 1.1.0 active", "1.0.0 previous, 1.1.0 active"}},
      {"Repair",
       prepare_two,
       [](CrashingDisk& disk) { disk.damage(kGolden, 3); },
       verify_and_repair,
       {"1.0.0 previous, 1.1.0 active"}},
  };
  return kOperations;
}

// The store, closed, before the operation.
std::unique_ptr<CrashingDisk> disk_before(const Operation& operation) {
  auto disk = empty_disk();
  if (operation.prepare != nothing) {
    const Result<std::unique_ptr<Store>> store = open_sample(*disk);
    EXPECT_TRUE(store.ok());
    const Status prepared = operation.prepare(**store);
    EXPECT_TRUE(prepared.ok()) << prepared.error().message;
  }
  operation.damage(*disk);
  disk->crash({.names = Aftermath::Names::kAll, .bytes = Aftermath::Bytes::kAll});
  EXPECT_FALSE(disk->has_unsynced());
  return disk;
}

Status run(const Operation& operation, CrashingDisk& disk) {
  const std::unique_ptr<Store> store = TRY(open_sample(disk));
  return operation.run(*store);
}

// Paths of a store that is at rest, found without the store's own code: all but those that one of
// its versions accounts for.
std::vector<std::string> strays(CrashingDisk& disk, bool has_damage) {
  const std::string root = kStorePath.string() + "/";
  std::set<std::string> objects;
  std::set<std::string> staged_parts;
  const std::vector<std::string> tree = disk.tree();
  const auto text_of = [&](const std::string& path) { return disk.read(path, 1 << 20).value(); };
  for (const std::string& path : tree) {
    if (!path.ends_with("/manifest.json")) continue;
    const Result<bundle::Manifest> manifest = bundle::parse_manifest(text_of(path));
    EXPECT_TRUE(manifest.ok()) << path;
    if (!manifest.ok()) continue;
    for (const bundle::FileEntry& file : manifest->files) {
      objects.insert(root + "objects/" + file.sha256);
      if (path.starts_with(root + "staging/"))
        staged_parts.insert(path.substr(0, path.size() - 13) + file.sha256 + ".part");
    }
  }
  std::vector<std::string> left;
  for (const std::string& path : tree) {
    const auto is_in = [&](std::string_view folder) {
      return path.starts_with(str(root, folder, "/"));
    };
    const std::string name = Path(path).filename().string();
    bool is_known = true;
    if (is_in("objects")) {
      is_known = objects.contains(path);
      if (!has_damage) {
        EXPECT_EQ(sha256(text_of(path)), name);
      }
    } else if (is_in("trash")) {
      is_known = false;
    } else if (is_in("staging")) {
      is_known = staged_parts.contains(path) || name == "manifest.json" ||
                 Path(path).parent_path() == Path(root) / "staging";
    } else if (is_in("active")) {
      const Result<Switch> now = read_switch(disk, Path(root) / "active/autopilot/now");
      is_known =
          now.ok() && (name == "autopilot" || name == "now" || name == "back@" + now->active);
    } else if (is_in("versions")) {
      is_known = name.find(".new") == std::string::npos;
    } else if (path.starts_with(root)) {
      const std::set<std::string> own = {"active", "log",        "objects", "staging",
                                         "trash",  "store.json", "versions"};
      is_known = own.contains(name);
    }
    if (!is_known) left.push_back(path);
  }
  return left;
}

// What the log says is there: versions with their marks, and which one is active.
class Replay {
 public:
  void take(const LogLine& line) {
    if (line.action == "interrupted" || line.action == "failed") {
      now_ = before_;
      return;
    }
    before_ = now_;
    if (line.action == "install") now_.versions[line.id.version] = false;
    if (line.action == "prune") now_.versions.erase(line.id.version);
    if (line.action == "pin" || line.action == "unpin")
      now_.versions[line.id.version] = line.action == "pin";
    if (line.action == "activate" || line.action == "rollback") now_.active = line.id.version;
  }

  void expect_like(const std::vector<VersionRow>& rows, const std::string& where) const {
    std::map<std::string, bool> versions;
    std::string active;
    for (const VersionRow& row : rows) {
      if (row.is_staged) continue;
      versions[row.id.version] = row.is_pinned;
      if (row.is_active) active = row.id.version;
    }
    EXPECT_EQ(versions, now_.versions) << where << "versions there, and in the log";
    EXPECT_EQ(active, now_.active) << where << "active, and in the log";
  }

 private:
  struct State {
    std::map<std::string, bool> versions;  // pinned or not
    std::string active;
  };
  State now_;
  State before_;
};

// The store after an interruption: opened, it is in one of the states, whole, clean, its log in
// order; in the last state, and without the damage of before, if the operation came to its end.
// Which state that is.
std::string expect_sound(const Operation& operation, CrashingDisk& disk, bool is_done,
                         const std::string& where) {
  const bool has_damage = !is_done && operation.damage != leave;
  const Result<std::unique_ptr<Store>> store = open_sample(disk);
  EXPECT_TRUE(store.ok()) << where << store.error().message;
  if (!store.ok()) return "closed";
  const std::string state = state_text(**store);
  EXPECT_TRUE(std::ranges::find(operation.states, state) != operation.states.end())
      << where << "state: " << state;
  const Result<Verified> verified = (*store)->verify({}, false, {});
  EXPECT_TRUE(verified.ok());
  for (const Damage& damage : verified->damages) {
    EXPECT_TRUE(has_damage && damage.path == "boat/golden.npz")
        << where << damage.id.text() << ": " << damage.what;
  }
  if (is_done) {
    EXPECT_EQ(state, operation.states.back()) << where;
  }
  const Result<Active> active = (*store)->active("autopilot");
  EXPECT_EQ(active.ok(), state.find("active") != std::string::npos) << where;
  Replay replay;
  const Result<LogCheck> log = (*store)->check_log([&](const LogLine& line) { replay.take(line); });
  replay.expect_like((*store)->list().value(), where);
  EXPECT_TRUE(log.ok() && log->problems.empty() && log->torn_bytes == 0)
      << where << (log.ok() ? join(log->problems) : log.error().message);
  EXPECT_EQ(join(strays(disk, has_damage)), "") << where;
  return state;
}

// Asked for once more it succeeds, and what it did is on disk.
void expect_repeatable(const Operation& operation, CrashingDisk& disk, const std::string& where) {
  const Status again = run(operation, disk);
  EXPECT_TRUE(again.ok()) << where << again.error().message;
  disk.crash({});
  expect_sound(operation, disk, /*is_done=*/true, where + "once more, ");
}

std::size_t effects_of(const Operation& operation) {
  CrashingDisk disk(*disk_before(operation));
  EXPECT_TRUE(run(operation, disk).ok());
  return disk.effects();
}

std::string before_effect(const Operation& operation, std::size_t effect, std::size_t all,
                          std::string_view then) {
  return str(operation.name, ", effect ", effect, " of ", all, ", ", then, ": ");
}

// States of the disk are looked at once each.
class Crash : public testing::TestWithParam<Operation> {
 protected:
  bool is_new(const CrashingDisk& disk, bool is_done) {
    return seen_.insert(sha256(disk.content()) + (is_done ? "+" : "-")).second;
  }
  std::size_t states() const { return seen_.size(); }

 private:
  std::set<std::string> seen_;
};

TEST_P(Crash, APowerCutLeavesTheOldOrTheNew) {
  const Operation& operation = GetParam();
  const std::unique_ptr<CrashingDisk> before = disk_before(operation);
  const std::size_t all = effects_of(operation);
  std::set<std::string> reached;
  for (const std::size_t effect : cut_points(all)) {
    if (HasFailure()) break;
    CrashingDisk cut(*before);
    cut.cut_before(effect);
    const Status done = run(operation, cut);
    EXPECT_EQ(cut.is_cut(), effect < all);
    for (const Aftermath& aftermath : disk::all_aftermaths()) {
      CrashingDisk disk(cut);
      disk.crash(aftermath);
      if (!is_new(disk, done.ok())) {
        if (!cut.has_unsynced()) break;
        continue;
      }
      const std::string where = before_effect(operation, effect, all, aftermath.text());
      reached.insert(expect_sound(operation, disk, done.ok(), where));
      expect_repeatable(operation, disk, where);
      if (HasFailure() || !cut.has_unsynced()) break;
    }
  }
  EXPECT_EQ(reached.size(), operation.states.size()) << "not every state was reached";
  std::cout << operation.name << ": " << cut_points(all).size() << " cut points, " << states()
            << " states of the disk\n";
}

// The process is killed before each effect; the power is cut when it has been opened again.
TEST_P(Crash, AKillLeavesTheOldOrTheNew) {
  const Operation& operation = GetParam();
  const std::unique_ptr<CrashingDisk> before = disk_before(operation);
  const std::size_t all = effects_of(operation);
  for (const std::size_t effect : cut_points(all)) {
    if (HasFailure()) break;
    CrashingDisk disk(*before);
    disk.cut_before(effect);
    const Status done = run(operation, disk);
    disk.kill();
    const std::string where = before_effect(operation, effect, all, "killed");
    const std::string state = expect_sound(operation, disk, done.ok(), where);
    disk.crash({});
    EXPECT_EQ(expect_sound(operation, disk, done.ok(), where), state) << where;
    expect_repeatable(operation, disk, where);
  }
}

TEST_P(Crash, AFaultLeavesTheOldOrTheNew) {
  const Operation& operation = GetParam();
  const std::unique_ptr<CrashingDisk> before = disk_before(operation);
  const std::size_t all = effects_of(operation);
  std::size_t faults = 0;
  for (const Fault fault : {Fault::kNoSpace, Fault::kInputOutput}) {
    for (std::size_t effect = 0; effect < 2 * all && !HasFailure(); effect += SLIPWAY_EVERY) {
      const bool stays = effect % 2 == 1;  // from that effect on
      CrashingDisk broken(*before);
      broken.fail_at(effect / 2, fault, stays);
      const Status done = run(operation, broken);
      if (!done.ok()) {
        EXPECT_GT(done.error().message.size(), 10U);
      }
      ++faults;
      const std::string where =
          before_effect(operation, effect / 2, all,
                        str(fault == Fault::kNoSpace ? "no space" : "input/output error",
                            stays ? " from then on" : "", done.ok() ? "" : ", ",
                            done.ok() ? "" : done.error().message));
      CrashingDisk disk(broken);  // works again
      expect_sound(operation, disk, done.ok(), where);
      expect_repeatable(operation, disk, where);
      // After faults that stay, every fifth aftermath, others after each.
      const std::size_t stride = stays ? 5 : 1;
      for (std::size_t i = faults % stride; i < disk::all_aftermaths().size(); i += stride) {
        const Aftermath& aftermath = disk::all_aftermaths()[i];
        CrashingDisk crashed(broken);
        crashed.crash(aftermath);
        if (!is_new(crashed, done.ok())) continue;
        expect_sound(operation, crashed, done.ok(), where + aftermath.text() + ", ");
        if (HasFailure()) break;
      }
    }
  }
  std::cout << operation.name << ": " << faults << " faults, " << states()
            << " states after a power cut\n";
}

INSTANTIATE_TEST_SUITE_P(Store, Crash, testing::ValuesIn(operations()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace slipway::store
