#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "base/mapped_file.h"
#include "base/str.h"

namespace slipway {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  Files() { fs::create_directories(folder); }
  ~Files() override { fs::remove_all(folder); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
  }
  const fs::path folder = fs::temp_directory_path() / str("slipway-files-", getpid());
};

TEST_F(Files, AFullDiskIsToldWithTheWayOut) {
  errno = ENOSPC;
  EXPECT_EQ(system_error("cannot write x").message,
            "cannot write x: No space left on device; free some space");
  errno = EACCES;
  EXPECT_EQ(system_error("cannot write x").message, "cannot write x: Permission denied");
}

TEST_F(Files, WritesAndReadsBack) {
  const std::string content("a\0b\n", 4);
  ASSERT_TRUE(write_file(folder / "x", content).ok());
  EXPECT_EQ(*read_file(folder / "x"), content);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, ReplacesAndKeepsPermissions) {
  ASSERT_TRUE(write_file(folder / "x", "old").ok());
  ASSERT_EQ(chmod((folder / "x").c_str(), 0640), 0);
  ASSERT_TRUE(write_file(folder / "x", "new").ok());
  EXPECT_EQ(*read_file(folder / "x"), "new");
  EXPECT_EQ(fs::status(folder / "x").permissions(), static_cast<fs::perms>(0640));
}

TEST_F(Files, AnUncommittedWriteLeavesTheOldFileAlone) {
  ASSERT_TRUE(write_file(folder / "x", "old").ok());
  {
    Result<AtomicFile> file = AtomicFile::create(folder / "x");
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->write("new").ok());
  }
  EXPECT_EQ(*read_file(folder / "x"), "old");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, SkippedBytesAreZerosThatTakeNoDisk) {
  constexpr std::uint64_t kBytes = std::uint64_t{16} << 20;
  Result<AtomicFile> file = AtomicFile::create(folder / "x");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->skip(3).ok());
  ASSERT_TRUE(file->write("abc").ok());
  ASSERT_TRUE(file->skip(kBytes).ok());
  ASSERT_TRUE(file->commit().ok());
  const std::string content = *read_file(folder / "x");
  EXPECT_EQ(content, std::string(3, '\0') + "abc" + std::string(kBytes, '\0'));
  struct stat status {};
  ASSERT_EQ(stat((folder / "x").c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 1 << 20);
}

TEST_F(Files, RefusesWhatIsNoRegularFile) {
  EXPECT_EQ(open_to_read(folder).error().code, Code::kUsage);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(open_to_read(folder / "pipe").error().code, Code::kUsage);
  EXPECT_EQ(open_to_read(folder / "absent").error().code, Code::kNotFound);
  EXPECT_EQ(write_file(folder / "absent" / "x", "").error().code, Code::kNotFound);
}

TEST_F(Files, ReadsNoMoreThanAllowed) {
  ASSERT_TRUE(write_file(folder / "x", "12345").ok());
  EXPECT_EQ(read_file(folder / "x", 4).error().code, Code::kTooLarge);
  EXPECT_TRUE(read_file(folder / "x", 5).ok());
}

TEST_F(Files, MapsAFile) {
  ASSERT_TRUE(write_file(folder / "x", "mapped").ok());
  const auto file = MappedFile::open(folder / "x");
  ASSERT_TRUE(file.ok());
  ASSERT_EQ((*file)->bytes().size(), 6U);
  EXPECT_EQ((*file)->bytes()[0], std::byte{'m'});
  ASSERT_TRUE(write_file(folder / "empty", "").ok());
  EXPECT_TRUE((*MappedFile::open(folder / "empty"))->bytes().empty());
}

}  // namespace
}  // namespace slipway
