#include "bundle/archive.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "base/str.h"
#include "bundle/sample.h"

namespace slipway::bundle {
namespace {

namespace fs = std::filesystem;

class Archives : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::string bytes_of_archive(Source& source) {
    const Status written = write_archive(source, folder_ / "x.slip");
    EXPECT_TRUE(written.ok()) << written.error().message;
    return read_file(folder_ / "x.slip").value();
  }

  const fs::path folder_ = fs::path(testing::TempDir()) /
                           str("archives-", getpid(), "-",
                               testing::UnitTest::GetInstance()->current_test_info()->line());
};

std::string sample_archive() {
  const fs::path path = fs::path(testing::TempDir()) / str("sample-", getpid(), ".slip");
  TextSource source = sample_source();
  EXPECT_TRUE(write_archive(source, path).ok());
  std::string bytes = read_file(path).value();
  fs::remove(path);
  return bytes;
}

Result<std::unique_ptr<Archive>> open_text(std::string bytes) {
  return Archive::open(std::make_unique<TextBytes>(std::move(bytes)), "x.slip");
}

// All that a careful reader asks of an archive; the first thing that is wrong.
std::string verdict_of(const std::string& bytes) {
  Result<std::unique_ptr<Archive>> archive = open_text(bytes);
  if (!archive.ok()) return archive.error().message;
  const Status objects = check_objects(**archive);
  return objects.ok() ? "" : objects.error().message;
}

std::string read_object(Source& source, std::string_view hash) {
  std::string text(100, '?');
  const Result<std::size_t> got = source.read(hash, 0, std::as_writable_bytes(std::span(text)));
  return got.ok() ? text.substr(0, *got) : "error: " + got.error().message;
}

TEST_F(Archives, HoldsTheManifestAndEveryObjectOnce) {
  TextSource source = sample_source();
  const std::string bytes = bytes_of_archive(source);
  const auto archive = open_text(bytes);
  ASSERT_TRUE(archive.ok()) << archive.error().message;
  EXPECT_EQ((*archive)->manifest_text(), to_text(sample_manifest()));
  EXPECT_EQ((*archive)->layout().offsets.size(), 3U);  // two of four files are the same
  for (const char* object : {"golden", "plan", "onnx!"}) {
    EXPECT_EQ(read_object(**archive, sha256(object)), object);
    const std::uint64_t offset = (*archive)->layout().offsets.find(sha256(object))->second;
    EXPECT_EQ(offset % 4096, 0U);
    EXPECT_EQ(bytes.substr(offset, std::string_view(object).size()), object);
  }
  EXPECT_EQ(verdict_of(bytes), "");
}

TEST_F(Archives, ObjectsAreReadFromAnyOffset) {
  const auto archive = open_text(sample_archive());
  ASSERT_TRUE(archive.ok());
  std::byte two[2];
  const auto read = [&](std::uint64_t offset) {
    const Result<std::size_t> got = (*archive)->read(sha256("golden"), offset, two);
    EXPECT_TRUE(got.ok());
    return std::string(reinterpret_cast<const char*>(two), got.ok() ? *got : 0);
  };
  EXPECT_EQ(read(0), "go");
  EXPECT_EQ(read(5), "n");
  EXPECT_EQ(read(6), "");
  EXPECT_EQ(read(~std::uint64_t{0}), "");
  EXPECT_EQ((*archive)->read(sha256("another"), 0, two).error().code, Code::kNotFound);
}

// No time, owner, place or order of reading is in it.
TEST_F(Archives, AreTheSameBytesWhereverTheyAreMade) {
  TextSource source = sample_source();
  TextSource in_small_pieces = sample_source(1);
  TextSource other_order(sample_manifest(), {"onnx!", "plan", "golden"});
  const std::string bytes = bytes_of_archive(source);
  EXPECT_EQ(bytes_of_archive(in_small_pieces), bytes);
  EXPECT_EQ(bytes_of_archive(other_order), bytes);
  const auto archive = open_text(bytes);
  ASSERT_TRUE(archive.ok());
  EXPECT_EQ(bytes_of_archive(**archive), bytes);
}

TEST_F(Archives, EmptyFilesTakeNoPlace) {
  Manifest manifest = sample_manifest();
  manifest.files = {{"a", sha256(""), 0}, {"b", sha256("x"), 1}, {"c", sha256(""), 0}};
  manifest.targets.resize(1);
  manifest.targets[0].file = "a";
  manifest.targets[0].parts.clear();
  TextSource source(manifest, {"", "x"});
  const std::string bytes = bytes_of_archive(source);
  EXPECT_EQ(verdict_of(bytes), "");
  EXPECT_EQ(bytes.size() % 4096, 1U);
  manifest.files = {manifest.files[0]};
  TextSource nothing(manifest, {""});
  EXPECT_EQ(bytes_of_archive(nothing).size(), 64 + to_text(manifest).size());
}

TEST_F(Archives, AWriterThatFailsLeavesWhatWasThere) {
  std::ofstream(folder_ / "x.slip") << "before";
  TextSource source = sample_source();
  source.exchange(sha256("plan"), "plot");
  const Status written = write_archive(source, folder_ / "x.slip");
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.error().message.find("is not what the manifest says"), std::string::npos);
  EXPECT_EQ(read_file(folder_ / "x.slip").value(), "before");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(Archives, HolesStayHoles) {
  constexpr std::uint64_t kBytes = std::uint64_t{64} << 20;
  std::ofstream(folder_ / "big") << "begin";
  fs::resize_file(folder_ / "big", kBytes);
  const auto big = open_bytes(folder_ / "big").value();
  const FileEntry file = describe(*big, "big").value();
  EXPECT_EQ(file.bytes, kBytes);

  // Hashing reads no hole, and is the hash of its zeros.
  std::string zeros(kBytes, '\0');
  zeros.replace(0, 5, "begin");
  EXPECT_EQ(file.sha256, sha256(zeros));

  Manifest manifest = sample_manifest();
  manifest.files = {file};
  manifest.targets.resize(1);
  manifest.targets[0].file = "big";
  manifest.targets[0].parts.clear();
  std::ofstream(folder_ / "manifest.json") << to_text(manifest);
  const auto source = open_source(folder_);
  ASSERT_TRUE(source.ok()) << source.error().message;
  ASSERT_TRUE(write_archive(**source, folder_ / "big.slip").ok());
  struct stat status {};
  ASSERT_EQ(stat((folder_ / "big.slip").c_str(), &status), 0);
  EXPECT_GT(static_cast<std::uint64_t>(status.st_size), kBytes);
  EXPECT_LT(status.st_blocks * 512, 1 << 20);
  const auto archive = open_source(folder_ / "big.slip");
  ASSERT_TRUE(archive.ok()) << archive.error().message;
  EXPECT_TRUE(check_objects(**archive).ok());
}

struct Damage {
  const char* name;
  std::function<void(std::string&)> change;
  const char* error;
};

std::size_t place_of(const std::string& object) {
  return open_text(sample_archive()).value()->layout().offsets.find(sha256(object))->second;
}

// The manifest replaced, the header made to fit: what somebody does who can compute a hash.
void put_manifest(std::string& bytes, const std::string& text) {
  const std::size_t old = open_text(bytes).value()->manifest_text().size();
  bytes.replace(kHeaderBytes, old, text);
  const HeaderBytes header =
      to_bytes(Header{static_cast<std::uint32_t>(text.size()), sha256(text)});
  bytes.replace(0, kHeaderBytes, reinterpret_cast<const char*>(header.data()), kHeaderBytes);
}

void change_manifest(std::string& bytes, const std::function<void(Manifest&)>& change) {
  Manifest manifest = sample_manifest();
  change(manifest);
  put_manifest(bytes, to_text(manifest));
}

class Damaged : public testing::TestWithParam<Damage> {};

TEST_P(Damaged, IsRefused) {
  std::string bytes = sample_archive();
  ASSERT_EQ(verdict_of(bytes), "");
  GetParam().change(bytes);
  const std::string verdict = verdict_of(bytes);
  EXPECT_NE(verdict.find(GetParam().error), std::string::npos) << verdict;
  EXPECT_TRUE(verdict.starts_with("x.slip")) << verdict;
}

std::string replaced_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Header, Damaged,
    testing::Values(
        Damage{"Nothing", [](std::string& b) { b.clear(); }, "is no bundle of slipway pack"},
        Damage{"Magic", [](std::string& b) { b[1] = 'Z'; }, "is no bundle of slipway pack"},
        Damage{"AnotherFile", [](std::string& b) { b = "PK\x03\x04" + b; }, "is no bundle"},
        Damage{"LineEndsToUnix", [](std::string& b) { b = replaced_all(b, "\r\n", "\n"); },
               "changed as if it were text"},
        Damage{"LineEndsToWindows", [](std::string& b) { b = replaced_all(b, "\n", "\r\n"); },
               "changed as if it were text"},
        Damage{"SevenBits", [](std::string& b) { b[0] = '\x09'; }, "changed as if it were text"},
        Damage{"Latin1ToUtf8", [](std::string& b) { b = "\xc2" + b; },
               "changed as if it were text"},
        Damage{"FormatOfTheFuture", [](std::string& b) { b[8] = 2; }, "take a newer Slipway"},
        Damage{"FormatHuge", [](std::string& b) { b[11] = '\xff'; }, "take a newer Slipway"},
        Damage{"FormatZero", [](std::string& b) { b[8] = 0; }, "format 0"},
        Damage{"NoManifest", [](std::string& b) { b.replace(12, 4, std::string(4, '\0')); },
               "a manifest of 0 bytes"},
        Damage{"ManifestHuge", [](std::string& b) { b[15] = '\xff'; }, "where 1 to 1048576"},
        Damage{"ManifestBeyondTheEnd", [](std::string& b) { b[14] = '\x0f'; },
               "ends within its manifest"},
        Damage{"ManifestLonger", [](std::string& b) { b[12] = static_cast<char>(b[12] + 1); },
               "not the hash that its header states"},
        Damage{"ManifestHash", [](std::string& b) { b[16] = static_cast<char>(b[16] ^ 1); },
               "not the hash that its header states"},
        Damage{"ManifestByte", [](std::string& b) { b[70] = static_cast<char>(b[70] ^ 1); },
               "not the hash that its header states"},
        Damage{"Reserved", [](std::string& b) { b[63] = 1; }, "no place for"}),
    [](const auto& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Content, Damaged,
    testing::Values(
        Damage{"CutByOne", [](std::string& b) { b.pop_back(); }, "the transfer was cut short"},
        Damage{"LongerByOne", [](std::string& b) { b += '\0'; }, "has 1 bytes more than"},
        Damage{"PayloadByte",
               [](std::string& b) {
                 const std::size_t at = place_of("plan");
                 b[at] = static_cast<char>(b[at] ^ 1);
               },
               "boat/model.plan is not what the manifest says"},
        Damage{"LastPayloadByte",
               [](std::string& b) { b.back() = static_cast<char>(b.back() ^ 0x80); },
               "is not what the manifest says"},
        Damage{"SwappedObjects",
               [](std::string& b) {
                 const std::string golden = b.substr(place_of("golden"), 4);
                 b.replace(place_of("golden"), 4, b, place_of("plan"), 4);
                 b.replace(place_of("plan"), 4, golden);
               },
               "is not what the manifest says"},
        Damage{"GapAfterManifest", [](std::string& b) { b[4095] = 'x'; }, "between its objects"},
        Damage{"GapBetweenObjects",
               [](std::string& b) { b[std::max(place_of("plan"), place_of("golden")) - 1] = 'x'; },
               "between its objects"}),
    [](const auto& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Manifest, Damaged,
    testing::Values(
        Damage{"NotJson", [](std::string& b) { put_manifest(b, "#!/bin/sh"); }, "not JSON"},
        Damage{"OfTheFuture",
               [](std::string& b) {
                 put_manifest(
                     b, replaced_all(to_text(sample_manifest()), "\"format\":1,", "\"format\":3,"));
               },
               "the bundle has format 3"},
        Damage{"PathTraversal",
               [](std::string& b) {
                 change_manifest(b,
                                 [](auto& m) { m.files[3].path = "desk/../../../etc/cron.d/x"; });
               },
               "'..' leads elsewhere"},
        Damage{
            "AbsolutePath",
            [](std::string& b) { change_manifest(b, [](auto& m) { m.files[3].path = "/etc/x"; }); },
            "must be relative"},
        Damage{"CaseClash",
               [](std::string& b) {
                 change_manifest(b, [](auto& m) { m.files[3].path = "desk/Model.onnx"; });
               },
               "upper and lower case alone"},
        Damage{"DuplicateKey",
               [](std::string& b) {
                 put_manifest(b, replaced_all(to_text(sample_manifest()), "\"threads\":2",
                                              "\"threads\":2,\"threads\":3"));
               },
               "key 'threads' twice"},
        Damage{"SizesOverflow",
               [](std::string& b) {
                 put_manifest(b, replaced_all(to_text(sample_manifest()), "\"bytes\":4,",
                                              "\"bytes\":18446744073709551612,"));
               },
               "bytes is no whole number"},
        Damage{"SizeWithin53Bits",
               [](std::string& b) {
                 put_manifest(b, replaced_all(to_text(sample_manifest()), "\"bytes\":4,",
                                              "\"bytes\":9007199254740900,"));
               },
               "the transfer was cut short"},
        Damage{"ObjectLonger",
               [](std::string& b) {
                 change_manifest(b, [](auto& m) {
                   m.files[2].bytes += 1;
                   m.files[3].bytes += 1;
                 });
                 const std::string hash = sha256("onnx!");
                 const bool is_last = hash > sha256("plan") && hash > sha256("golden");
                 b.resize(b.size() + (is_last ? 1 : 0), '\0');
               },
               "is not what the manifest says"},
        Damage{"AnotherHash",
               [](std::string& b) {
                 change_manifest(b, [](auto& m) { m.files[1].sha256 = sha256("plot"); });
               },
               "is not what the manifest says"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Archive, EveryTruncationIsRefused) {
  const std::string bytes = sample_archive();
  for (std::size_t size = 0; size < bytes.size(); size += size < 2000 ? 1 : 501)
    EXPECT_NE(verdict_of(bytes.substr(0, size)), "") << size;
}

TEST(Archive, EveryFlippedByteIsSeen) {
  const std::string bytes = sample_archive();
  for (std::size_t i = 0; i < bytes.size();
       i += i < 2000 || i % 4096 < 8 || i % 4096 > 4088 ? 1 : 97) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_NE(verdict_of(damaged), "") << i;
  }
}

// The size is compared before an object is read, and nothing is read but the header and manifest.
TEST(Archive, OpeningReadsTheManifestAlone) {
  class Counted final : public Bytes {
   public:
    explicit Counted(std::string text, std::uint64_t& most)
        : bytes_(std::move(text)), most_(most) {}
    std::uint64_t size() const override { return bytes_.size(); }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> to) override {
      most_ = std::max(most_, offset + to.size());
      return bytes_.read_at(offset, to);
    }

   private:
    TextBytes bytes_;
    std::uint64_t& most_;
  };
  std::uint64_t most = 0;
  const auto archive = Archive::open(std::make_unique<Counted>(sample_archive(), most), "x.slip");
  ASSERT_TRUE(archive.ok());
  EXPECT_EQ(most, kHeaderBytes + to_text(sample_manifest()).size());
}

}  // namespace
}  // namespace slipway::bundle
