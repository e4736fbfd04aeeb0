#include "delivery/delta_source.h"

#include <filesystem>
#include <random>

#include "base/files.h"
#include "bundle/copy.h"
#include "diff/diff.h"
#include "digest/digest.h"
#include "fetch/file_fetcher.h"
#include "updater/bundles.h"

namespace slipway::delivery {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// A folder with a repository's files, a version that is installed, and a place for deltas.
class DeltaSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(root_);
    for (const char* folder : {"files", "old", "scratch"}) fs::create_directories(root_ / folder);
    std::mt19937 random(3);
    old_model_.resize(400000);
    for (char& c : old_model_) c = static_cast<char>(random());
    new_model_ = old_model_;
    new_model_.replace(1000, 5, "other");
    new_model_ += "and more";
    old_ = manifest("1.0.0", old_model_, "old notes");
    new_ = manifest("1.1.0", new_model_, "new notes");
    write("old/model.plan", old_model_);
    for (const std::string& content : {new_model_, std::string("new notes")})
      write("files/" + object_path(sha256(content)), content);
  }
  void TearDown() override { fs::remove_all(root_); }

  static bundle::Manifest manifest(std::string_view version, const std::string& model,
                                   const std::string& notes) {
    bundle::Manifest manifest;
    manifest.name = "boat";
    manifest.version = *Version::parse(version);
    manifest.files = {{"model.plan", sha256(model), model.size()},
                      {"notes.txt", sha256(notes), notes.size()}};
    return manifest;
  }
  void write(const std::string& path, const std::string& content) {
    fs::create_directories((root_ / path).parent_path());
    ASSERT_TRUE(write_file(root_ / path, content).ok());
  }
  std::string delta() {
    std::string text;
    const auto report =
        diff::write_delta(bytes_of(old_model_), bytes_of(new_model_), [&](auto bytes) -> Status {
          text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
          return {};
        });
    EXPECT_TRUE(report.ok());
    return text;
  }
  std::string delta_file() {
    return "files/" + updater::delta_path(sha256(old_model_), sha256(new_model_));
  }
  DeltaSource source() {
    const std::string files = (root_ / "files").string();
    return {std::make_unique<RemoteSource>("", new_, fetcher_, files),
            fetcher_,
            files,
            old_,
            root_ / "old",
            root_ / "scratch"};
  }
  // All objects come out right, and nothing is left behind.
  Traffic check() {
    Traffic traffic;
    {
      DeltaSource from = source();
      const Status checked = bundle::check_objects(from);
      EXPECT_TRUE(checked.ok()) << checked.error().message;
      traffic = from.traffic();
    }
    EXPECT_TRUE(fs::is_empty(root_ / "scratch"));
    return traffic;
  }

  const fs::path root_ = fs::path(testing::TempDir()) / "slipway_delta_source";
  fetch::FileFetcher fetcher_;
  std::string old_model_, new_model_;
  bundle::Manifest old_, new_;
};

TEST_F(DeltaSourceTest, WhatChangedComesAsADelta) {
  const std::string changes = delta();
  write(delta_file(), changes);
  const Traffic traffic = check();
  EXPECT_EQ(traffic.delta_bytes, changes.size());
  EXPECT_EQ(traffic.spared_bytes, new_model_.size());
  EXPECT_EQ(traffic.plain_bytes, 9U);
  EXPECT_LT(changes.size(), 1000U);
}

TEST_F(DeltaSourceTest, WithoutADeltaItComesPlain) {
  const Traffic traffic = check();
  EXPECT_EQ(traffic.delta_bytes, 0U);
  EXPECT_EQ(traffic.plain_bytes, new_model_.size() + 9);
}

TEST_F(DeltaSourceTest, ADamagedDeltaIsPassedOver) {
  std::string changes = delta();
  for (const std::size_t at : {std::size_t{0}, changes.size() / 2, changes.size() - 1}) {
    std::string damaged = changes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    write(delta_file(), damaged);
    const Traffic traffic = check();
    EXPECT_EQ(traffic.delta_bytes, 0U) << at;
    EXPECT_EQ(traffic.useless_bytes, changes.size());
  }
  write(delta_file(), "");
  check();
}

TEST_F(DeltaSourceTest, ADeltaForAnotherObjectIsPassedOver) {
  std::swap(old_model_, new_model_);
  const std::string back = delta();
  std::swap(old_model_, new_model_);
  write(delta_file(), back);
  EXPECT_EQ(check().delta_bytes, 0U);
}

TEST_F(DeltaSourceTest, AnOldFileThatRottedOrWentMakesItComePlain) {
  write(delta_file(), delta());
  std::string rotted = old_model_;
  rotted[200000] = static_cast<char>(rotted[200000] ^ 1);
  write("old/model.plan", rotted);
  EXPECT_EQ(check().delta_bytes, 0U);
  fs::remove(root_ / "old/model.plan");
  EXPECT_EQ(check().delta_bytes, 0U);
}

TEST_F(DeltaSourceTest, ADeltaLongerThanTheObjectIsNotFetched) {
  write(delta_file(), std::string(new_model_.size() + 1, 'x'));
  const Traffic traffic = check();
  EXPECT_EQ(traffic.useless_bytes, 0U);
  EXPECT_EQ(traffic.plain_bytes, new_model_.size() + 9);
}

TEST_F(DeltaSourceTest, AReaderMayJump) {
  write(delta_file(), delta());
  DeltaSource from = source();
  std::vector<std::byte> piece(64);
  for (const std::size_t at : {std::size_t{0}, new_model_.size() - 20, std::size_t{990}}) {
    const std::size_t count = *from.read(sha256(new_model_), at, piece);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(piece.data()), count),
              std::string_view(new_model_).substr(at, 64));
  }
}

}  // namespace
}  // namespace slipway::delivery
