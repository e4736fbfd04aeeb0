// One table of behaviours for every Disk.
#include "disk/disk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "disk/crashing_disk.h"

namespace slipway::disk {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "slipway-disk-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const Path& path() const { return path_; }

 private:
  Path path_;
};

void write(Disk& disk, const Path& path, std::string_view text) {
  Result<std::unique_ptr<File>> file = disk.create(path);
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_TRUE((*file)->write(text).ok());
  ASSERT_TRUE((*file)->sync().ok());
}

std::string content(Disk& disk, const Path& path) {
  Result<std::string> text = disk.read(path, 1000);
  return text.ok() ? *text : "(" + text.error().message + ")";
}

std::string names(Disk& disk, const Path& folder) {
  std::string all;
  const std::vector<Entry> entries = disk.list(folder).value();
  for (const Entry& entry : entries) all += entry.name + " ";
  return all;
}

Code code_of(const Status& status) { return status.ok() ? Code::kInternal : status.error().code; }

struct Behaviour {
  const char* name;
  void (*check)(Disk& disk, const Path& folder);
};

const Behaviour kBehaviours[] = {
    {"CreateWritesANewFile",
     [](Disk& disk, const Path& folder) {
       write(disk, folder / "a", "one");
       EXPECT_EQ(content(disk, folder / "a"), "one");
       const Entry entry = disk.look(folder / "a").value();
       EXPECT_EQ(entry.name, "a");
       EXPECT_EQ(entry.kind, Kind::kFile);
       EXPECT_EQ(entry.bytes, 3U);
       write(disk, folder / "a", "x");
       EXPECT_EQ(content(disk, folder / "a"), "x");
     }},
    {"CreateLeavesTheOtherNamesOfAFileAlone",
     [](Disk& disk, const Path& folder) {
       write(disk, folder / "a", "one");
       ASSERT_TRUE(disk.link(folder / "a", folder / "b").ok());
       write(disk, folder / "a", "two");
       EXPECT_EQ(content(disk, folder / "a"), "two");
       EXPECT_EQ(content(disk, folder / "b"), "one");
     }},
    {"CreateTakesNoFolder",
     [](Disk& disk, const Path& folder) {
       ASSERT_TRUE(disk.make_folder(folder / "f").ok());
       EXPECT_FALSE(disk.create(folder / "f").ok());
       EXPECT_FALSE(disk.append(folder / "f").ok());
       EXPECT_EQ(disk.look(folder / "f").value().kind, Kind::kFolder);
       EXPECT_EQ(disk.create(folder / "no" / "a").error().code, Code::kNotFound);
     }},
    {"AppendGoesOnAtTheEnd",
     [](Disk& disk, const Path& folder) {
       ASSERT_TRUE(disk.append(folder / "a").value()->write("one").ok());
       ASSERT_TRUE(disk.append(folder / "a").value()->write("two").ok());
       EXPECT_EQ(content(disk, folder / "a"), "onetwo");
     }},
    {"ZerosAreBytes",
     [](Disk& disk, const Path& folder) {
       const std::unique_ptr<File> file = disk.create(folder / "a").value();
       ASSERT_TRUE(file->write("a").ok());
       ASSERT_TRUE(file->zeros(2).ok());
       ASSERT_TRUE(file->write("b").ok());
       ASSERT_TRUE(file->zeros(1).ok());
       ASSERT_TRUE(file->sync().ok());
       EXPECT_EQ(content(disk, folder / "a"), std::string("a\0\0b\0", 5));
       const std::unique_ptr<File> more = disk.append(folder / "a").value();
       ASSERT_TRUE(more->zeros(1).ok());
       ASSERT_TRUE(more->write("c").ok());
       EXPECT_EQ(content(disk, folder / "a"), std::string("a\0\0b\0\0c", 7));
     }},
    {"FoldersAreMadeOneAtATimeAndTwice",
     [](Disk& disk, const Path& folder) {
       EXPECT_EQ(code_of(disk.make_folder(folder / "a" / "b")), Code::kNotFound);
       EXPECT_TRUE(disk.make_folder(folder / "a").ok());
       EXPECT_TRUE(disk.make_folder(folder / "a").ok());
       EXPECT_TRUE(disk.make_folder(folder / "a" / "b").ok());
       write(disk, folder / "file", "");
       EXPECT_EQ(code_of(disk.make_folder(folder / "file")), Code::kIo);
       EXPECT_TRUE(disk.sync_folder(folder / "a").ok());
       EXPECT_EQ(code_of(disk.sync_folder(folder / "z")), Code::kNotFound);
     }},
    {"RenameReplacesAFile",
     [](Disk& disk, const Path& folder) {
       write(disk, folder / "a", "one");
       write(disk, folder / "b", "two");
       EXPECT_TRUE(disk.rename(folder / "a", folder / "b").ok());
       EXPECT_EQ(content(disk, folder / "b"), "one");
       EXPECT_EQ(names(disk, folder), "b ");
       EXPECT_EQ(code_of(disk.rename(folder / "a", folder / "b")), Code::kNotFound);
       EXPECT_EQ(code_of(disk.rename(folder / "b", folder / "no" / "b")), Code::kNotFound);
     }},
    {"RenameOfAFolderNeedsAFreeName",
     [](Disk& disk, const Path& folder) {
       ASSERT_TRUE(disk.make_folder(folder / "a").ok());
       ASSERT_TRUE(disk.make_folder(folder / "taken").ok());
       write(disk, folder / "a" / "x", "in");
       write(disk, folder / "file", "");
       EXPECT_EQ(code_of(disk.rename(folder / "a", folder / "taken")), Code::kIo);
       EXPECT_EQ(code_of(disk.rename(folder / "a", folder / "file")), Code::kIo);
       EXPECT_EQ(code_of(disk.rename(folder / "file", folder / "a")), Code::kIo);
       EXPECT_TRUE(disk.rename(folder / "a", folder / "taken" / "b").ok());
       EXPECT_EQ(content(disk, folder / "taken" / "b" / "x"), "in");
       EXPECT_EQ(names(disk, folder), "file taken ");
     }},
    {"RenameBetweenTwoNamesOfAFileDoesNothing",
     [](Disk& disk, const Path& folder) {
       write(disk, folder / "a", "one");
       ASSERT_TRUE(disk.link(folder / "a", folder / "b").ok());
       EXPECT_TRUE(disk.rename(folder / "a", folder / "b").ok());
       EXPECT_EQ(names(disk, folder), "a b ");
     }},
    {"LinkGivesOneMoreName",
     [](Disk& disk, const Path& folder) {
       write(disk, folder / "a", "one");
       EXPECT_TRUE(disk.link(folder / "a", folder / "b").ok());
       EXPECT_EQ(disk.look(folder / "a").value().id, disk.look(folder / "b").value().id);
       EXPECT_EQ(code_of(disk.link(folder / "a", folder / "b")), Code::kIo);
       EXPECT_EQ(code_of(disk.link(folder / "z", folder / "c")), Code::kNotFound);
       EXPECT_TRUE(disk.remove(folder / "a").ok());
       EXPECT_EQ(content(disk, folder / "b"), "one");
       write(disk, folder / "a", "one");
       EXPECT_NE(disk.look(folder / "a").value().id, disk.look(folder / "b").value().id);
     }},
    {"RemoveTakesFilesAndEmptyFolders",
     [](Disk& disk, const Path& folder) {
       ASSERT_TRUE(disk.make_folder(folder / "f").ok());
       write(disk, folder / "f" / "a", "one");
       EXPECT_EQ(code_of(disk.remove(folder / "f")), Code::kIo);
       EXPECT_TRUE(disk.remove(folder / "f" / "a").ok());
       EXPECT_TRUE(disk.remove(folder / "f").ok());
       EXPECT_EQ(code_of(disk.remove(folder / "f")), Code::kNotFound);
       EXPECT_EQ(names(disk, folder), "");
     }},
    {"ReserveKeepsTheSize",
     [](Disk& disk, const Path& folder) {
       write(disk, folder / "a", "one");
       EXPECT_TRUE(disk.reserve(folder / "a", 100'000).ok());
       EXPECT_TRUE(disk.reserve(folder / "a", 0).ok());
       EXPECT_EQ(disk.look(folder / "a").value().bytes, 3U);
       ASSERT_TRUE(disk.append(folder / "a").value()->write("two").ok());
       EXPECT_EQ(content(disk, folder / "a"), "onetwo");
       EXPECT_EQ(code_of(disk.reserve(folder / "z", 1)), Code::kNotFound);
     }},
    {"ShortenCuts",
     [](Disk& disk, const Path& folder) {
       write(disk, folder / "a", "one two");
       EXPECT_TRUE(disk.shorten(folder / "a", 3).ok());
       EXPECT_EQ(content(disk, folder / "a"), "one");
       EXPECT_EQ(code_of(disk.shorten(folder / "a", 4)), Code::kIo);
       EXPECT_EQ(code_of(disk.shorten(folder / "z", 0)), Code::kNotFound);
     }},
    {"ReadsInPieces",
     [](Disk& disk, const Path& folder) {
       write(disk, folder / "a", "0123456789");
       std::string piece(4, '?');
       const auto to = std::as_writable_bytes(std::span(piece));
       EXPECT_EQ(disk.read_at(folder / "a", 3, to).value(), 4U);
       EXPECT_EQ(piece, "3456");
       EXPECT_EQ(disk.read_at(folder / "a", 8, to).value(), 2U);
       EXPECT_EQ(piece, "8956");
       EXPECT_EQ(disk.read_at(folder / "a", 10, to).value(), 0U);
       EXPECT_EQ(disk.read_at(folder / "a", 1'000'000, to).value(), 0U);
       EXPECT_EQ(disk.read_at(folder / "z", 0, to).error().code, Code::kNotFound);
     }},
    {"ReadRefusesWhatIsTooLong",
     [](Disk& disk, const Path& folder) {
       write(disk, folder / "a", "0123456789");
       EXPECT_EQ(disk.read(folder / "a", 9).error().code, Code::kTooLarge);
       EXPECT_EQ(disk.read(folder / "a", 10).value().size(), 10U);
       EXPECT_FALSE(disk.read(folder, 10).ok());
       EXPECT_EQ(disk.read(folder / "z", 10).error().code, Code::kNotFound);
     }},
    {"ListIsByName",
     [](Disk& disk, const Path& folder) {
       for (const char* name : {"b", "a", "c"}) write(disk, folder / name, name);
       ASSERT_TRUE(disk.make_folder(folder / "B").ok());
       EXPECT_EQ(names(disk, folder), "B a b c ");
       EXPECT_EQ(disk.list(folder / "z").error().code, Code::kNotFound);
       EXPECT_EQ(disk.list(folder / "a").error().code, Code::kNotFound);
     }},
    {"LocksKeepOthersOut",
     [](Disk& disk, const Path& folder) {
       Result<std::unique_ptr<Lock>> first = disk.lock(folder / "lock");
       ASSERT_TRUE(first.ok());
       const Result<std::unique_ptr<Lock>> second = disk.lock(folder / "lock");
       ASSERT_FALSE(second.ok());
       EXPECT_NE(second.error().message.find("wait"), std::string::npos) << second.error().message;
       EXPECT_TRUE(disk.lock(folder / "other").ok());
       first->reset();
       EXPECT_TRUE(disk.lock(folder / "lock").ok());
     }},
    {"ReplaceFileLeavesOneFile",
     [](Disk& disk, const Path& folder) {
       EXPECT_TRUE(replace_file(disk, folder / "a", "one").ok());
       EXPECT_TRUE(replace_file(disk, folder / "a", "two").ok());
       EXPECT_EQ(content(disk, folder / "a"), "two");
       EXPECT_EQ(names(disk, folder), "a ");
       EXPECT_EQ(code_of(replace_file(disk, folder / "no" / "a", "")), Code::kNotFound);
       ASSERT_TRUE(disk.make_folder(folder / "f").ok());
       EXPECT_FALSE(replace_file(disk, folder / "f", "").ok());
       EXPECT_EQ(names(disk, folder), "a f ");
     }},
    {"ReadingAnewGivesWhatWasWritten",
     [](Disk& disk, const Path& folder) {
       write(disk, folder / "a", "one");
       ASSERT_TRUE(disk.append(folder / "a").value()->write("two").ok());
       disk.read_anew(folder / "a");
       EXPECT_EQ(content(disk, folder / "a"), "onetwo");
       disk.read_anew(folder / "z");
       disk.read_anew(folder);
     }},
    {"FreeBytesAreKnown",
     [](Disk& disk, const Path& folder) {
       EXPECT_GT(disk.free_bytes(folder).value(), 0U);
       EXPECT_EQ(disk.free_bytes(folder / "z").error().code, Code::kNotFound);
     }},
};

class EveryDisk : public testing::TestWithParam<Behaviour> {};

TEST_P(EveryDisk, Real) {
  const TemporaryFolder folder;
  GetParam().check(real_disk(), folder.path());
}

TEST_P(EveryDisk, Crashing) {
  CrashingDisk disk;
  ASSERT_TRUE(disk.make_folder("/f").ok());
  GetParam().check(disk, "/f");
}

// What was synced is what a crash leaves: the same behaviour, once more after one.
TEST_P(EveryDisk, CrashingAfterACrash) {
  CrashingDisk disk;
  ASSERT_TRUE(disk.make_folder("/f").ok());
  ASSERT_TRUE(disk.sync_folder("/").ok());
  ASSERT_TRUE(disk.create("/f/left").ok());
  disk.crash({});
  GetParam().check(disk, "/f");
}

INSTANTIATE_TEST_SUITE_P(Disk, EveryDisk, testing::ValuesIn(kBehaviours),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(RealDisk, FollowsNoSymbolicLink) {
  const TemporaryFolder folder;
  Disk& disk = real_disk();
  write(disk, folder.path() / "secret", "secret");
  ASSERT_TRUE(disk.make_folder(folder.path() / "away").ok());
  std::filesystem::create_symlink("secret", folder.path() / "link");
  std::filesystem::create_symlink("away", folder.path() / "folder");
  EXPECT_EQ(disk.look(folder.path() / "link").value().kind, Kind::kOther);
  EXPECT_FALSE(disk.read(folder.path() / "link", 100).ok());
  EXPECT_FALSE(disk.append(folder.path() / "link").ok());
  EXPECT_FALSE(disk.reserve(folder.path() / "link", 100).ok());
  EXPECT_FALSE(disk.shorten(folder.path() / "link", 0).ok());
  EXPECT_FALSE(disk.lock(folder.path() / "link").ok());
  EXPECT_FALSE(disk.list(folder.path() / "folder").ok());
  EXPECT_FALSE(disk.sync_folder(folder.path() / "folder").ok());
  write(disk, folder.path() / "link", "mine");
  EXPECT_EQ(content(disk, folder.path() / "secret"), "secret");
  EXPECT_EQ(content(disk, folder.path() / "link"), "mine");
}

TEST(RealDisk, APipeIsNoFileAndNothingToWaitFor) {
  const TemporaryFolder folder;
  const Path pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  Disk& disk = real_disk();
  EXPECT_EQ(disk.look(pipe).value().kind, Kind::kOther);
  EXPECT_FALSE(disk.read(pipe, 100).ok());
  EXPECT_FALSE(disk.append(pipe).ok());
  EXPECT_FALSE(disk.lock(pipe).ok());
}

TEST(RealDisk, ALockNamesItsHolder) {
  const TemporaryFolder folder;
  const Result<std::unique_ptr<Lock>> held = real_disk().lock(folder.path() / "lock");
  ASSERT_TRUE(held.ok());
  const std::string message = real_disk().lock(folder.path() / "lock").error().message;
  EXPECT_NE(message.find("process " + std::to_string(getpid())), std::string::npos) << message;
}

TEST(RealDisk, AFullDiskSaysSo) {
  const TemporaryFolder folder;
  write(real_disk(), folder.path() / "a", "one");
  // No file system has 2^60 bytes to give.
  const Status reserved = real_disk().reserve(folder.path() / "a", std::uint64_t{1} << 60);
  ASSERT_FALSE(reserved.ok());
  EXPECT_EQ(reserved.error().code, Code::kTooLarge) << reserved.error().message;
}

}  // namespace
}  // namespace slipway::disk
