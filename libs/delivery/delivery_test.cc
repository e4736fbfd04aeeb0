#include "delivery/delivery.h"

#include <cstring>
#include <random>

#include "bundle/copy.h"
#include "delivery/remote_source.h"
#include "disk/crashing_disk.h"
#include "trust/test_repository.h"

namespace slipway::delivery {
namespace {

using trust::TestRepository;

// Serves what a repository has in pieces; breaks off where it is told to, and may be one that
// cannot resume.
class Server : public fetch::Fetcher {
 public:
  explicit Server(TestRepository& repository) : repository_(&repository) {}

  Status fetch(const fetch::Request& request, fetch::Sink& sink) override {
    ++requests;
    const std::string path = request.url.substr(std::string_view("http://host/").size());
    const auto found = repository_->files.find(path);
    if (found == repository_->files.end())
      return Error{Code::kNotFound, str(request.url, " is not there")};
    const std::string_view content = found->second;
    if (content.size() > request.most_bytes)
      return Error{Code::kTooLarge, str(request.url, " is too large")};
    std::size_t at = resumes ? request.offset : 0;
    TRY(sink.begin({at, content.size(), {}}));
    constexpr std::size_t kPiece = 50000;
    for (; at < content.size(); at += kPiece) {
      if (at >= breaks_at) return Error{Code::kIo, str(request.url, ": the connection broke")};
      TRY(sink.write(std::as_bytes(std::span(content.substr(at, kPiece)))));
    }
    return {};
  }

  std::size_t requests = 0;
  std::size_t breaks_at = ~std::size_t{0};
  bool resumes = true;

 private:
  TestRepository* repository_;
};

class DeliveryTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(disk_.make_folder("/device").ok());
    ASSERT_TRUE(
        updater::Kept(disk_, "/device/m").begin(repository_.file("metadata/1.root.json")).ok());
    std::mt19937 random(7);
    large_.resize(5 << 20);
    for (char& c : large_) c = static_cast<char>(random());
  }

  std::string manifest(std::string_view name, std::string_view version) {
    bundle::Manifest manifest;
    manifest.name = name;
    manifest.version = *Version::parse(version);
    manifest.inputs = {{"x", "float", {"1"}}};
    manifest.outputs = {{"y", "float", {"1"}}};
    manifest.files = {{"large.bin", sha256(large_), large_.size()},
                      {"model.plan", sha256("plan"), 4}};
    bundle::Target target;
    target.name = "default";
    target.precision = "f32";
    target.file = "model.plan";
    target.needs.engine = "native";
    manifest.targets = {target};
    repository_.files["targets/" + object_path(sha256(large_))] = large_;
    repository_.files["targets/" + object_path(sha256("plan"))] = "plan";
    return bundle::to_text(manifest);
  }
  void publish(const std::string& version) {
    repository_.add_file("targets", manifest_path("boat", version), manifest("boat", version));
  }

  Result<std::unique_ptr<bundle::Source>> open(std::string_view version = {},
                                               std::string_view name = "boat") {
    repository_.publish_all();
    updater_.emplace(updater::Kept(disk_, "/device/m"), server_, "http://host/metadata",
                     TestRepository::kNow);
    TRY(updater_->refresh());
    return open_bundle(*updater_, server_, "http://host/targets", name, version);
  }

  static bundle::FileEntry entry(std::string_view content) {
    return {"large.bin", sha256(content), content.size()};
  }

  TestRepository repository_;
  Server server_{repository_};
  disk::CrashingDisk disk_;
  std::optional<updater::Updater> updater_;
  std::string large_;
};

TEST_F(DeliveryTest, TheNewestIsARelease) {
  for (const char* version : {"1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1"}) publish(version);
  repository_.add_file("targets", "boat/notes.txt", "x");
  repository_.add_file("targets", "boat/1.99/manifest.json", "x");
  repository_.add_file("targets", "boathouse/9.0.0/manifest.json", "x");
  const auto source = open();
  ASSERT_TRUE(source.ok()) << source.error().message;
  EXPECT_EQ((*source)->manifest().version.text(), "1.10.0");
  EXPECT_EQ((*open("2.0.0-rc.1"))->manifest().version.text(), "2.0.0-rc.1");
  EXPECT_EQ(open("3.0.0").error().code, Code::kNotFound);
  EXPECT_EQ(open({}, "house").error().code, Code::kNotFound);
}

TEST_F(DeliveryTest, ObjectsAreStreamedWithOneRequestEach) {
  publish("1.0.0");
  const auto source = open();
  ASSERT_TRUE(source.ok()) << source.error().message;
  const std::size_t before = server_.requests;
  const Status checked = bundle::check_objects(**source);
  ASSERT_TRUE(checked.ok()) << checked.error().message;
  EXPECT_EQ(server_.requests - before, 2U);
}

TEST_F(DeliveryTest, AReaderMayLeaveAndJump) {
  publish("1.0.0");
  const auto source = open();
  ASSERT_TRUE(source.ok());
  std::vector<std::byte> piece(100);
  for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{4000000}, std::uint64_t{50},
                                 std::uint64_t{large_.size() - 30}}) {
    const std::size_t count = *(*source)->read(sha256(large_), at, piece);
    EXPECT_EQ(count, std::min<std::size_t>(piece.size(), large_.size() - at));
    EXPECT_EQ(std::memcmp(piece.data(), large_.data() + at, count), 0) << at;
  }
  EXPECT_EQ(*(*source)->read(sha256(large_), large_.size(), piece), 0U);
  EXPECT_EQ((*source)->read(sha256("other"), 0, piece).error().code, Code::kNotFound);
}

TEST_F(DeliveryTest, ABrokenTransferGivesWhatCameAndThenTheReason) {
  publish("1.0.0");
  const auto source = open();
  ASSERT_TRUE(source.ok());
  server_.breaks_at = 3000000;
  std::vector<std::byte> piece(1 << 20);
  std::uint64_t at = 0;
  Result<std::size_t> count = std::size_t{0};
  while ((count = (*source)->read(sha256(large_), at, piece)).ok() && *count > 0) at += *count;
  ASSERT_FALSE(count.ok());
  EXPECT_NE(count.error().message.find("the connection broke"), std::string::npos);
  EXPECT_EQ(at, 3000000U);
  // And goes on from there, also where the server sends all of it once more.
  server_.breaks_at = ~std::size_t{0};
  server_.resumes = false;
  ASSERT_TRUE((count = (*source)->read(sha256(large_), at, piece)).ok()) << count.error().message;
  EXPECT_EQ(std::memcmp(piece.data(), large_.data() + at, *count), 0);
}

TEST_F(DeliveryTest, AnObjectThatIsAnotherIsRefused) {
  publish("1.0.0");
  const auto source = open();
  ASSERT_TRUE(source.ok());
  repository_.file("targets/" + object_path(sha256(large_)))[4321] ^= 1;
  EXPECT_FALSE(bundle::check_object(**source, entry(large_)).ok());
}

TEST_F(DeliveryTest, AManifestThatIsAnotherIsRefused) {
  publish("1.0.0");
  const std::string text = manifest("boat", "1.0.0");
  ASSERT_TRUE(open().ok());
  std::string& served = repository_.file("targets/boat/1.0.0/" + sha256(text) + ".manifest.json");
  served = manifest("boat", "0.9.0");
  EXPECT_FALSE(open().ok());
}

TEST_F(DeliveryTest, AManifestStandsUnderItsOwnNameAndVersion) {
  repository_.add_file("targets", manifest_path("boat", "2.0.0"), manifest("boat", "1.0.0"));
  const auto source = open();
  ASSERT_FALSE(source.ok());
  EXPECT_NE(source.error().message.find("the repository has boat 1.0.0 where boat/2.0.0"),
            std::string::npos)
      << source.error().message;
}

}  // namespace
}  // namespace slipway::delivery
