// Interrupted anywhere, an application goes on from the last frame that is right.
#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "delta/patch_file.h"
#include "diff/testing.h"

namespace slipway::diff {
namespace {

// Several frames: of copies, of tensors, of text.
struct Sample {
  std::string was;
  std::string is;
  std::string delta;
};
const Sample& sample() {
  static const Sample sample = [] {
    Sample made;
    const std::string same = file_of(weights(500'000, 3));
    made.was = file_of(weights(1'800'000, 1)) + same;
    made.is = file_of(moved(weights(1'800'000, 1), 1e-9F, 2)) + same + "and a new end";
    made.delta = make(made.was, made.is);
    return made;
  }();
  return sample;
}

struct Cut {
  Status status;
  std::string written;
};

// Applies until the sink has `most` bytes, which is when the power goes.
Cut run_until(std::size_t most, std::string written, std::uint64_t* resumed) {
  const Sample& it = sample();
  const delta::MemorySource old(bytes_of(it.was));
  const delta::MemorySource source(bytes_of(it.delta));
  Result<delta::Applier> applier = delta::Applier::open(old, source);
  const std::string before = written;
  const delta::MemorySource part(bytes_of(before));
  const Result<std::uint64_t> good = applier->resume(part);
  EXPECT_TRUE(good.ok());
  *resumed = *good;
  written.resize(static_cast<std::size_t>(*good));
  Cut cut;
  cut.status = applier->run([&](std::span<const std::byte> bytes) -> Status {
    const std::size_t room = most > written.size() ? most - written.size() : 0;
    written.append(reinterpret_cast<const char*>(bytes.data()), std::min(room, bytes.size()));
    if (bytes.size() > room) return Error{Code::kIo, "the power is gone"};
    return {};
  });
  cut.written = std::move(written);
  return cut;
}

TEST(Resume, GoesOnFromTheLastWholeFrame) {
  const Sample& it = sample();
  std::vector<std::uint64_t> points;
  for (std::size_t most = 0; most < it.is.size(); most += 1'111'111) {
    SCOPED_TRACE(most);
    std::uint64_t resumed = 0;
    Cut cut = run_until(most, "", &resumed);
    EXPECT_EQ(resumed, 0U);
    ASSERT_FALSE(cut.status.ok());
    EXPECT_EQ(cut.status.error().message, "the power is gone");
    cut = run_until(it.is.size(), cut.written, &resumed);
    ASSERT_TRUE(cut.status.ok()) << cut.status.error().message;
    EXPECT_TRUE(cut.written == it.is);
    EXPECT_LE(resumed, most);
    points.push_back(resumed);
  }
  EXPECT_GT(points.back(), 0U);
  EXPECT_TRUE(std::ranges::is_sorted(points));
  EXPECT_GE(std::ranges::unique(points).begin() - points.begin(), 3)
      << "too few frames to resume at";
}

TEST(Resume, TrustsNothingThatWasWritten) {
  const Sample& it = sample();
  for (const std::size_t damaged : {std::size_t{0}, std::size_t{5'000'000}, it.is.size() - 1}) {
    SCOPED_TRACE(damaged);
    std::string part = it.is;
    part[damaged] ^= 1;
    std::uint64_t resumed = 0;
    const Cut cut = run_until(it.is.size(), part, &resumed);
    EXPECT_LE(resumed, damaged);
    ASSERT_TRUE(cut.status.ok()) << cut.status.error().message;
    EXPECT_TRUE(cut.written == it.is);
  }
  std::uint64_t resumed = 0;
  EXPECT_TRUE(run_until(it.is.size(), std::string(100, 'x'), &resumed).status.ok());
  EXPECT_TRUE(run_until(it.is.size(), it.is, &resumed).status.ok());
  EXPECT_EQ(resumed, it.is.size());
  EXPECT_TRUE(run_until(it.is.size(), it.is + "more", &resumed).status.ok());
}

class PatchFile : public testing::Test {
 protected:
  PatchFile() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    EXPECT_TRUE(write_file(folder_ / "old", was_).ok());
    EXPECT_TRUE(write_file(folder_ / "delta", make(was_, is_)).ok());
  }
  ~PatchFile() override { std::filesystem::remove_all(folder_); }

  Result<delta::Patched> patch(const char* target) {
    return delta::patch_file(folder_ / "old", folder_ / "delta", folder_ / target);
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / "slipway_patch_file_test";
  std::string was_ = file_of(weights(30000, 1));
  std::string is_ = file_of(moved(weights(30000, 1), 1e-6F, 2));
};

TEST_F(PatchFile, WritesTheNewFileAndNothingElse) {
  ASSERT_TRUE(patch("new").ok());
  EXPECT_TRUE(read_file(folder_ / "new").value() == is_);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new.part"));
  EXPECT_TRUE(read_file(folder_ / "old").value() == was_);
}

TEST_F(PatchFile, ReplacesTheOldFileItself) {
  ASSERT_TRUE(patch("old").ok());
  EXPECT_TRUE(read_file(folder_ / "old").value() == is_);
}

TEST_F(PatchFile, TakesUpAPartAndCutsWhatIsWrong) {
  ASSERT_TRUE(write_file(folder_ / "new.part", is_ + "behind it").ok());
  const Result<delta::Patched> patched = patch("new");
  ASSERT_TRUE(patched.ok()) << patched.error().message;
  EXPECT_EQ(patched->resumed_bytes, is_.size());
  EXPECT_TRUE(read_file(folder_ / "new").value() == is_);
}

TEST_F(PatchFile, LeavesTheTargetAloneWhereItFails) {
  was_[77] ^= 1;
  ASSERT_TRUE(write_file(folder_ / "old", was_).ok());
  ASSERT_TRUE(write_file(folder_ / "new", "as it was").ok());
  const Result<delta::Patched> patched = patch("new");
  ASSERT_FALSE(patched.ok());
  EXPECT_NE(patched.error().message.find("made from another old file"), std::string::npos);
  EXPECT_EQ(read_file(folder_ / "new").value(), "as it was");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new.part"));
}

TEST_F(PatchFile, SaysWhichFileIsMissing) {
  std::filesystem::remove(folder_ / "old");
  const Result<delta::Patched> patched = patch("new");
  ASSERT_FALSE(patched.ok());
  EXPECT_EQ(patched.error().code, Code::kNotFound);
  EXPECT_NE(patched.error().message.find("/old"), std::string::npos);
}

}  // namespace
}  // namespace slipway::diff
