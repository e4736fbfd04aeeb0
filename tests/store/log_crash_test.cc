// Cuts the power before every effect of a change that cuts the log first, with every form of what
// was not synced, and lets every effect fail: what is left must be a log that reads, with every
// line that was on disk, and that goes on.
#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include "digest/digest.h"
#include "store/sample.h"

namespace slipway::store {
namespace {

using disk::Aftermath;
using disk::CrashingDisk;
using disk::Fault;

const Path kLog = kStorePath / "log";
const Path kOlder = kStorePath / "log.1";

struct Change {
  const char* name;
  int cuts;  // of the log, before
  Status (*run)(Store& store);
};

// Prints as its name.
std::ostream& operator<<(std::ostream& out, const Change& change) { return out << change.name; }

Status go_back(Store& store) {
  // When it is asked for once more it may be done already.
  if (TRY(store.active("autopilot")).id.version == "1.0.0") return {};
  TRY(store.rollback("autopilot", "test"));
  return {};
}
Status note(Store& store) { return store.note("note", {}, "test"); }
Status pin(Store& store) { return store.pin({"autopilot", "1.0.0"}, "test"); }

constexpr Change kChanges[] = {
    {"FirstCutAndNote", 0, note},        {"SecondCutAndNote", 1, note},
    {"FirstCutAndRollback", 0, go_back}, {"SecondCutAndRollback", 1, go_back},
    {"FirstCutAndPin", 0, pin},          {"SecondCutAndPin", 1, pin},
};

Result<std::unique_ptr<Store>> open_with(Disk& disk, std::uint64_t most_log_bytes) {
  Options options = sample_options();
  options.most_log_bytes = most_log_bytes;
  return Store::open(disk, kStorePath, options);
}

std::uint64_t bytes_of(CrashingDisk& disk, const Path& path) {
  const Result<disk::Entry> entry = disk.look(path);
  return entry.ok() ? entry->bytes : 0;
}

struct Log {
  std::vector<std::string> hashes;  // of lines, one after the other
  LogCheck check;
};

Log read_log(CrashingDisk& disk, const std::string& where) {
  Log log;
  const Result<LogCheck> check =
      check_log(disk, kLog, [&](const LogLine& line) { log.hashes.push_back(line.sha256); });
  EXPECT_TRUE(check.ok()) << where << check.error().message;
  if (!check.ok()) return log;
  log.check = *check;
  EXPECT_EQ(join(log.check.problems), "") << where;
  return log;
}

// A store at rest whose log is to be cut before the next line.
struct Before {
  std::unique_ptr<CrashingDisk> disk = empty_disk();
  std::uint64_t most_log_bytes = 0;
  Log log;
  std::vector<std::string> of_file;  // hashes of lines in `log` itself, which no cut may lose
};

Before before(const Change& change) {
  Before before;
  const auto prepare = [&](Store& store) -> Status {
    for (const char* version : {"1.0.0", "1.1.0"}) {
      TRY(store.install(*sample_version(version), "test"));
      TRY(store.activate({"autopilot", version}, "test"));
    }
    return {};
  };
  {
    const auto store = open_with(*before.disk, kMostLogBytes);
    EXPECT_TRUE(store.ok() && prepare(**store).ok());
  }
  for (int cut = 0; cut < change.cuts; ++cut) {
    const auto store = open_with(*before.disk, bytes_of(*before.disk, kLog));
    // More lines behind it than once more adds: that must not cut the log again.
    for (int line = 0; line < 8; ++line) EXPECT_TRUE(store.ok() && note(**store).ok());
  }
  before.disk->crash({.names = Aftermath::Names::kAll, .bytes = Aftermath::Bytes::kAll});
  EXPECT_EQ(bytes_of(*before.disk, kOlder) > 0, change.cuts > 0);
  before.most_log_bytes = bytes_of(*before.disk, kLog);
  before.log = read_log(*before.disk, "before: ");
  EXPECT_TRUE(for_lines(*before.disk, kLog, [&](std::string_view line, std::uint64_t, bool) {
                before.of_file.push_back(parse_line(line)->line.sha256);
              }).ok());
  return before;
}

Status run(const Change& change, CrashingDisk& disk, std::uint64_t most_log_bytes) {
  const std::unique_ptr<Store> store = TRY(open_with(disk, most_log_bytes));
  return change.run(*store);
}

std::size_t effects_of(const Change& change, const Before& start) {
  CrashingDisk disk(*start.disk);
  EXPECT_TRUE(run(change, disk, start.most_log_bytes).ok());
  EXPECT_EQ(bytes_of(disk, kOlder), start.most_log_bytes) << "it was not cut";
  return disk.effects();
}

// Read by who changes nothing: the chain holds, and what was in the log is there, older lines all
// or not at all.
void expect_readable(const Before& start, CrashingDisk& disk, const std::string& where) {
  const Log log = read_log(disk, where);
  const auto has = [&](const std::vector<std::string>& lines) {
    return !std::ranges::search(log.hashes, lines).empty();
  };
  EXPECT_TRUE(has(start.of_file)) << where << "a line is lost";
  if (log.check.first == start.log.check.first) {
    EXPECT_TRUE(has(start.log.hashes)) << where << "an older line is lost";
  }
  EXPECT_LE(log.check.torn_bytes, kMostLineBytes) << where;
}

// Opened and asked again it goes on, whole and without anything of no use.
void expect_goes_on(const Change& change, const Before& start, CrashingDisk& disk,
                    const std::string& where) {
  const bool is_cut = bytes_of(disk, kOlder) == start.most_log_bytes;
  const Status again = run(change, disk, is_cut ? kMostLogBytes : start.most_log_bytes);
  EXPECT_TRUE(again.ok()) << where << again.error().message;
  disk.crash({});
  expect_readable(start, disk, where + "once more, ");
  EXPECT_EQ(read_log(disk, where).check.torn_bytes, 0U) << where;
  EXPECT_FALSE(disk.look(kStorePath / "log.new").ok()) << where;
  for (const Path& path : {kLog, kOlder})
    EXPECT_LT(bytes_of(disk, path), start.most_log_bytes + kMostLineBytes) << where;
  const auto store = open_with(disk, kMostLogBytes);
  ASSERT_TRUE(store.ok()) << where << store.error().message;
  EXPECT_TRUE((*store)->found().empty()) << where << join((*store)->found());
}

// Between the two renames the next log and its space are there: a full disk keeps it from nothing.
void expect_goes_on_without_space(const Change& change, const Before& start,
                                  const CrashingDisk& crashed, const std::string& where) {
  CrashingDisk disk(crashed);
  disk.set_capacity(disk.used_bytes());
  const auto store = open_with(disk, start.most_log_bytes);
  ASSERT_TRUE(store.ok()) << where << store.error().message;
  // A pin is a file of its own, which takes space.
  const Status done = change.run == pin ? note(**store) : change.run(**store);
  EXPECT_TRUE(done.ok()) << where << "full, " << done.error().message;
}

class LogCrash : public testing::TestWithParam<Change> {
 protected:
  bool is_new(const CrashingDisk& disk) { return seen_.insert(sha256(disk.content())).second; }
  std::set<std::string> seen_;
};

TEST_P(LogCrash, APowerCutLeavesALogThatReads) {
  const Change& change = GetParam();
  const Before start = before(change);
  const std::size_t all = effects_of(change, start);
  bool was_between = false;
  for (std::size_t effect = 0; effect <= all && !HasFailure(); ++effect) {
    CrashingDisk cut(*start.disk);
    cut.cut_before(effect);
    [[maybe_unused]] const Status done = run(change, cut, start.most_log_bytes);
    EXPECT_EQ(cut.is_cut(), effect < all);
    for (const Aftermath& aftermath : disk::all_aftermaths()) {
      CrashingDisk disk(cut);
      disk.crash(aftermath);
      if (!is_new(disk)) continue;
      const std::string where =
          str(change.name, ", effect ", effect, " of ", all, ", ", aftermath.text(), ": ");
      if (!disk.look(kLog).ok()) {
        was_between = true;
        expect_goes_on_without_space(change, start, disk, where);
      }
      expect_readable(start, disk, where);
      expect_goes_on(change, start, disk, where);
      if (HasFailure()) break;
    }
  }
  EXPECT_TRUE(was_between) << "the power was never cut between the two renames";
  std::cout << change.name << ": " << all + 1 << " cut points, " << seen_.size()
            << " states of the disk\n";
}

TEST_P(LogCrash, AKillLeavesALogThatReads) {
  const Change& change = GetParam();
  const Before start = before(change);
  const std::size_t all = effects_of(change, start);
  for (std::size_t effect = 0; effect <= all && !HasFailure(); ++effect) {
    const std::string where = str(change.name, ", killed before effect ", effect, ": ");
    CrashingDisk killed(*start.disk);
    killed.cut_before(effect);
    [[maybe_unused]] const Status done = run(change, killed, start.most_log_bytes);
    killed.kill();
    expect_readable(start, killed, where);
    // Another process opens it, and then the power is cut.
    for (const Aftermath& aftermath : disk::all_aftermaths()) {
      CrashingDisk disk(killed);
      EXPECT_TRUE(open_with(disk, start.most_log_bytes).ok()) << where;
      disk.crash(aftermath);
      if (!is_new(disk)) continue;
      expect_readable(start, disk, where + aftermath.text() + ", ");
      expect_goes_on(change, start, disk, where + aftermath.text() + ", ");
    }
  }
}

TEST_P(LogCrash, AFaultLeavesALogThatReads) {
  const Change& change = GetParam();
  const Before start = before(change);
  const std::size_t all = effects_of(change, start);
  for (const Fault fault : {Fault::kNoSpace, Fault::kInputOutput}) {
    for (std::size_t effect = 0; effect < 2 * all && !HasFailure(); ++effect) {
      const bool stays = effect % 2 == 1;  // from that effect on
      CrashingDisk broken(*start.disk);
      broken.fail_at(effect / 2, fault, stays);
      const Status done = run(change, broken, start.most_log_bytes);
      const std::string where =
          str(change.name, ", effect ", effect / 2,
              fault == Fault::kNoSpace ? " no space" : " fails", stays ? " from then on" : "",
              done.ok() ? "" : ", ", done.ok() ? "" : done.error().message, ": ");
      for (const Aftermath& aftermath : disk::all_aftermaths()) {
        CrashingDisk crashed(broken);
        crashed.crash(aftermath);
        if (!is_new(crashed)) continue;
        expect_readable(start, crashed, where + aftermath.text() + ", ");
        expect_goes_on(change, start, crashed, where + aftermath.text() + ", ");
      }
      CrashingDisk works_again(broken);
      expect_readable(start, works_again, where);
      expect_goes_on(change, start, works_again, where);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Store, LogCrash, testing::ValuesIn(kChanges),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(LogCrash, ARollbackOnAFullDiskIsNotedInALogThatCannotBeCut) {
  const Before start = before(kChanges[2]);
  CrashingDisk disk(*start.disk);
  {
    // The space that a store in use has taken.
    ASSERT_TRUE(open_with(disk, kMostLogBytes).ok());
  }
  disk.set_capacity(disk.used_bytes());
  const Status done = run(kChanges[2], disk, start.most_log_bytes);
  EXPECT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(bytes_of(disk, kOlder), 0U);
  EXPECT_EQ(read_log(disk, "full: ").hashes.size(), start.log.hashes.size() + 1);
}

}  // namespace
}  // namespace slipway::store
