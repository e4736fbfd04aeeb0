#include "disk/crashing_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>

namespace slipway::disk {
namespace {

using Names = Aftermath::Names;
using Bytes = Aftermath::Bytes;

std::string content(Disk& disk, const Path& path) {
  Result<std::string> text = disk.read(path, 1000);
  return text.ok() ? *text : "(none)";
}

void put(Disk& disk, const Path& path, std::string_view text) {
  const std::unique_ptr<File> file = disk.create(path).value();
  ASSERT_TRUE(file->write(text).ok());
  ASSERT_TRUE(file->sync().ok());
}

// A disk on which /a, "old", is on disk.
CrashingDisk disk_with_a() {
  CrashingDisk disk;
  put(disk, "/a", "old");
  EXPECT_TRUE(disk.sync_folder("/").ok());
  return disk;
}

TEST(CrashingDisk, KeepsWhatWasSyncedWithEveryAftermath) {
  for (const Aftermath& aftermath : all_aftermaths()) {
    CrashingDisk disk = disk_with_a();
    EXPECT_FALSE(disk.has_unsynced());
    disk.crash(aftermath);
    EXPECT_EQ(content(disk, "/a"), "old") << aftermath.text();
  }
}

TEST(CrashingDisk, BytesThatWereNotSyncedAreDroppedOrTorn) {
  std::set<std::string> seen;
  for (const Aftermath& aftermath : all_aftermaths()) {
    CrashingDisk disk = disk_with_a();
    ASSERT_TRUE(disk.append("/a").value()->write("1234").ok());
    EXPECT_TRUE(disk.has_unsynced());
    EXPECT_EQ(content(disk, "/a"), "old1234");
    disk.crash(aftermath);
    const std::string left = content(disk, "/a");
    EXPECT_TRUE(left.starts_with("old")) << left;
    EXPECT_LE(left.size(), 7U);
    if (aftermath.bytes == Bytes::kNone) {
      EXPECT_EQ(left, "old");
    }
    if (aftermath.bytes == Bytes::kAll) {
      EXPECT_EQ(left, "old1234");
    }
    if (aftermath.bytes == Bytes::kZeros || aftermath.bytes == Bytes::kGarbage) {
      EXPECT_EQ(left.size(), 7U);
    }
    seen.insert(left);
  }
  EXPECT_GT(seen.size(), 8U) << "nothing, all, prefixes, zeros and garbage";
}

TEST(CrashingDisk, NamesThatWereNotSyncedAreThereOrNot) {
  std::set<std::string> seen;
  for (const Aftermath& aftermath : all_aftermaths()) {
    CrashingDisk disk = disk_with_a();
    put(disk, "/b", "b");
    ASSERT_TRUE(disk.link("/a", "/c").ok());
    ASSERT_TRUE(disk.make_folder("/f").ok());
    disk.crash(aftermath);
    std::string names;
    for (const std::string& name : disk.tree()) names += name + " ";
    if (aftermath.names == Names::kNone) {
      EXPECT_EQ(names, "/a ");
    }
    if (aftermath.names == Names::kAll) {
      EXPECT_EQ(names, "/a /b /c /f ");
    }
    if (names.find("/b") != std::string::npos) {
      EXPECT_EQ(content(disk, "/b"), "b");
    }
    seen.insert(names);
  }
  EXPECT_GE(seen.size(), 6U) << "of 8 subsets";
}

TEST(CrashingDisk, ARenameIsDoneOrNot) {
  std::set<std::string> seen;
  for (const Aftermath& aftermath : all_aftermaths()) {
    CrashingDisk disk = disk_with_a();
    ASSERT_TRUE(disk.make_folder("/f").ok());
    ASSERT_TRUE(disk.sync_folder("/").ok());
    put(disk, "/f/b", "new");
    ASSERT_TRUE(disk.rename("/f/b", "/a").ok());
    disk.crash(aftermath);
    std::string names;
    for (const std::string& name : disk.tree()) names += name + " ";
    seen.insert(names + content(disk, "/a"));
  }
  const std::set<std::string> expected = {"/a /f old", "/a /f /f/b old", "/a /f new"};
  EXPECT_EQ(seen, expected);
}

TEST(CrashingDisk, ARenameIsOnDiskOnceTheFolderOfItsNewNameIs) {
  CrashingDisk disk = disk_with_a();
  ASSERT_TRUE(disk.make_folder("/f").ok());
  ASSERT_TRUE(disk.sync_folder("/").ok());
  put(disk, "/b", "new");
  ASSERT_TRUE(disk.rename("/b", "/f/c").ok());
  CrashingDisk other = disk;
  ASSERT_TRUE(disk.sync_folder("/f").ok());
  disk.crash({});
  EXPECT_EQ(disk.tree(), (std::vector<std::string>{"/a", "/f", "/f/c"}));
  ASSERT_TRUE(other.sync_folder("/").ok());
  other.crash({});
  EXPECT_EQ(other.tree(), (std::vector<std::string>{"/a", "/b", "/f"}));
}

TEST(CrashingDisk, RemovedFilesComeBackUnlessTheFolderIsSynced) {
  CrashingDisk disk = disk_with_a();
  ASSERT_TRUE(disk.remove("/a").ok());
  CrashingDisk other = disk;
  disk.crash({});
  EXPECT_EQ(content(disk, "/a"), "old");
  ASSERT_TRUE(other.sync_folder("/").ok());
  other.crash({});
  EXPECT_EQ(content(other, "/a"), "(none)");
}

TEST(CrashingDisk, NothingIsDoneOnceThePowerIsCut) {
  CrashingDisk disk = disk_with_a();
  const std::size_t before = disk.effects();
  disk.cut_before(before + 1);
  EXPECT_TRUE(disk.make_folder("/f").ok());
  EXPECT_FALSE(disk.is_cut());
  EXPECT_FALSE(disk.make_folder("/g").ok());
  EXPECT_TRUE(disk.is_cut());
  EXPECT_FALSE(disk.read("/a", 10).ok());
  EXPECT_FALSE(disk.lock("/lock").ok());
  disk.crash({.names = Names::kAll});
  EXPECT_EQ(disk.tree(), (std::vector<std::string>{"/a", "/f"}));
  EXPECT_TRUE(disk.make_folder("/g").ok());
}

TEST(CrashingDisk, WhatWasOpenBeforeACrashDoesNothing) {
  CrashingDisk disk = disk_with_a();
  const std::unique_ptr<File> file = disk.append("/a").value();
  std::unique_ptr<Lock> lock = disk.lock("/lock").value();
  disk.crash({});
  EXPECT_FALSE(file->write("x").ok());
  EXPECT_FALSE(file->sync().ok());
  const Result<std::unique_ptr<Lock>> again = disk.lock("/lock");
  EXPECT_TRUE(again.ok());
  lock.reset();
  EXPECT_FALSE(disk.lock("/lock").ok()) << "the old lock ended the new one";
  EXPECT_EQ(content(disk, "/a"), "old");
}

TEST(CrashingDisk, AKillLosesNothingThatThePowerDoesNot) {
  CrashingDisk disk = disk_with_a();
  const std::unique_ptr<File> file = disk.append("/a").value();
  ASSERT_TRUE(file->write("1").ok());
  const std::unique_ptr<Lock> lock = disk.lock("/lock").value();
  disk.cut_before(disk.effects());
  EXPECT_FALSE(disk.make_folder("/f").ok());
  disk.kill();
  EXPECT_EQ(content(disk, "/a"), "old1");
  EXPECT_FALSE(file->write("2").ok());
  EXPECT_TRUE(disk.lock("/lock").ok());
  EXPECT_TRUE(disk.has_unsynced());
  disk.crash({});
  EXPECT_EQ(content(disk, "/a"), "old");
}

TEST(CrashingDisk, AnEffectFailsOnceOrFromThenOn) {
  CrashingDisk disk = disk_with_a();
  disk.fail_at(disk.effects(), Fault::kNoSpace);
  EXPECT_EQ(disk.make_folder("/f").error().code, Code::kTooLarge);
  EXPECT_TRUE(disk.make_folder("/f").ok());
  disk.fail_at(disk.effects(), Fault::kInputOutput, /*stays=*/true);
  EXPECT_EQ(disk.make_folder("/g").error().code, Code::kIo);
  EXPECT_EQ(disk.make_folder("/g").error().code, Code::kIo);
  EXPECT_EQ(content(disk, "/a"), "old");
}

TEST(CrashingDisk, AFailedWriteLeavesAPart) {
  CrashingDisk disk = disk_with_a();
  const std::unique_ptr<File> file = disk.append("/a").value();
  disk.fail_at(disk.effects(), Fault::kInputOutput);
  EXPECT_FALSE(file->write("1234").ok());
  EXPECT_EQ(content(disk, "/a"), "old12");
}

TEST(CrashingDisk, AFailedSyncIsNotMadeGoodByTheNext) {
  CrashingDisk disk = disk_with_a();
  const std::unique_ptr<File> file = disk.append("/a").value();
  ASSERT_TRUE(file->write("1234").ok());
  disk.fail_at(disk.effects(), Fault::kInputOutput);
  EXPECT_FALSE(file->sync().ok());
  EXPECT_TRUE(file->sync().ok());
  CrashingDisk other = disk;
  disk.crash({});
  EXPECT_EQ(content(disk, "/a"), "old");
  ASSERT_TRUE(other.shorten("/a", 3).ok());
  const std::unique_ptr<File> again = other.append("/a").value();
  ASSERT_TRUE(again->write("56").ok());
  ASSERT_TRUE(again->sync().ok());
  other.crash({});
  EXPECT_EQ(content(other, "/a"), "old56");
}

TEST(CrashingDisk, ReadingAnewShowsWhatAFailedSyncDidNotWrite) {
  CrashingDisk disk = disk_with_a();
  const std::unique_ptr<File> file = disk.append("/a").value();
  ASSERT_TRUE(file->write("12").ok());
  disk.fail_at(disk.effects(), Fault::kInputOutput);
  EXPECT_FALSE(file->sync().ok());
  EXPECT_EQ(content(disk, "/a"), "old12");
  disk.read_anew("/a");
  EXPECT_EQ(content(disk, "/a"), std::string("old\0\0", 5));
}

TEST(CrashingDisk, ContentTellsDisksApart) {
  const CrashingDisk disk = disk_with_a();
  CrashingDisk copy = disk;
  EXPECT_EQ(copy.content(), disk.content());
  put(copy, "/b", "old");
  CrashingDisk linked = disk;
  ASSERT_TRUE(linked.link("/a", "/b").ok());
  EXPECT_NE(copy.content(), disk.content());
  EXPECT_NE(copy.content(), linked.content());
}

TEST(CrashingDisk, IsFullAtItsSize) {
  CrashingDisk disk(4 * CrashingDisk::kBlockBytes);  // one is the root's
  const std::unique_ptr<File> file = disk.create("/a").value();
  EXPECT_TRUE(file->write(std::string(4096, 'a')).ok());
  EXPECT_EQ(disk.free_bytes("/").value(), 2 * CrashingDisk::kBlockBytes);
  EXPECT_TRUE(disk.reserve("/a", 3 * 4096).ok());
  EXPECT_EQ(disk.free_bytes("/").value(), 0U);
  EXPECT_EQ(disk.make_folder("/f").error().code, Code::kTooLarge);
  EXPECT_TRUE(file->write(std::string(8192, 'b')).ok()) << "the space was taken in advance";
  EXPECT_EQ(file->write("c").error().code, Code::kTooLarge);
  EXPECT_TRUE(disk.link("/a", "/b").ok()) << "a name takes no block";
  EXPECT_TRUE(disk.remove("/a").ok());
  EXPECT_EQ(disk.free_bytes("/").value(), 0U);
  EXPECT_TRUE(disk.remove("/b").ok());
  EXPECT_EQ(disk.free_bytes("/").value(), 3 * CrashingDisk::kBlockBytes);
}

TEST(CrashingDisk, DamageIsOnDisk) {
  CrashingDisk disk = disk_with_a();
  disk.damage("/a", 1);
  EXPECT_NE(content(disk, "/a"), "old");
  disk.crash({});
  EXPECT_EQ(content(disk, "/a").size(), 3U);
  EXPECT_NE(content(disk, "/a"), "old");
}

// Counts the states in which neither all of the old nor all of the new is there.
std::size_t broken_states(const std::function<Status(Disk&)>& replace, std::size_t& states) {
  std::size_t broken = 0;
  CrashingDisk counter = disk_with_a();
  const std::size_t begin = counter.effects();
  EXPECT_TRUE(replace(counter).ok());
  for (std::size_t effect = begin; effect <= counter.effects(); ++effect) {
    for (const Aftermath& aftermath : all_aftermaths()) {
      CrashingDisk disk = disk_with_a();
      disk.cut_before(effect);
      const bool is_done = replace(disk).ok();
      EXPECT_EQ(is_done, effect == counter.effects());
      disk.crash(aftermath);
      const std::string left = content(disk, "/a");
      ++states;
      if (is_done ? left != "new content" : left != "old" && left != "new content") ++broken;
    }
  }
  return broken;
}

TEST(ReplaceFile, APowerCutLeavesTheOldOrTheNew) {
  std::size_t states = 0;
  EXPECT_EQ(
      broken_states([](Disk& disk) { return replace_file(disk, "/a", "new content"); }, states),
      0U);
  std::cout << "replace_file: " << states << " states after a cut\n";
  EXPECT_GT(states, 100U);
}

TEST(ReplaceFile, ReplacingWithoutASyncIsCaught) {
  std::size_t states = 0;
  const auto without_sync = [](Disk& disk) -> Status {
    TRY(TRY(disk.create("/a.new"))->write("new content"));
    TRY(disk.rename("/a.new", "/a"));
    return disk.sync_folder("/");
  };
  EXPECT_GT(broken_states(without_sync, states), 0U);
  const auto without_folder = [](Disk& disk) -> Status {
    const std::unique_ptr<File> file = TRY(disk.create("/a.new"));
    TRY(file->write("new content"));
    TRY(file->sync());
    return disk.rename("/a.new", "/a");
  };
  EXPECT_GT(broken_states(without_folder, states), 0U);
}

TEST(ReplaceFile, AFaultLeavesTheOldAndNoOtherFile) {
  CrashingDisk counter = disk_with_a();
  const std::size_t begin = counter.effects();
  ASSERT_TRUE(replace_file(counter, "/a", "new").ok());
  for (const Fault fault : {Fault::kNoSpace, Fault::kInputOutput}) {
    for (std::size_t effect = begin; effect < counter.effects(); ++effect) {
      CrashingDisk disk = disk_with_a();
      disk.fail_at(effect, fault);
      EXPECT_FALSE(replace_file(disk, "/a", "new").ok());
      const bool is_renamed = effect + 1 == counter.effects();  // only the folder's sync failed
      EXPECT_EQ(content(disk, "/a"), is_renamed ? "new" : "old");
      EXPECT_EQ(disk.tree(), std::vector<std::string>{"/a"});
    }
  }
}

}  // namespace
}  // namespace slipway::disk
