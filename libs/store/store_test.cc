#include "store/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "bundle/archive.h"
#include "store/sample.h"

namespace slipway::store {
namespace {

using disk::CrashingDisk;

class StoreTest : public testing::Test {
 protected:
  StoreTest() : disk_(empty_disk()) { open(); }

  void open() {
    store_.reset();
    Result<std::unique_ptr<Store>> opened = open_sample(*disk_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = *std::move(opened);
  }
  void install(const std::string& version) {
    const Result<Installed> installed = store_->install(*sample_version(version), "test");
    ASSERT_TRUE(installed.ok()) << installed.error().message;
  }
  void activate(const std::string& version) {
    const Result<Active> active = store_->activate({"autopilot", version});
    ASSERT_TRUE(active.ok()) << active.error().message;
  }
  std::string state() { return state_text(*store_); }
  std::string content(const Path& path) {
    const Result<std::string> text = disk_->read(path, 1 << 20);
    return text.ok() ? *text : text.error().message;
  }
  Verified verified() {
    Result<Verified> result = store_->verify({}, false, {});
    EXPECT_TRUE(result.ok()) << result.error().message;
    return *std::move(result);
  }
  Path object(std::string_view text) { return kStorePath / "objects" / sha256(text); }
  std::string actions() {
    std::string all;
    const Result<LogCheck> check =
        store_->check_log([&](const LogLine& line) { all += line.action + " "; });
    EXPECT_TRUE(check.ok() && check->problems.empty());
    return all;
  }

  std::unique_ptr<CrashingDisk> disk_;
  std::unique_ptr<Store> store_;
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST_F(StoreTest, InstalledFilesLieUnderTheirPaths) {
  const Result<Installed> first = store_->install(*sample_version("1.0.0"));
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_FALSE(first->was_there);
  EXPECT_EQ(first->shared_bytes, 0U);
  EXPECT_EQ(first->copied_bytes, 3017U + 30 + 20 + 2);
  EXPECT_EQ(state(), "1.0.0 unused");
  const Path files = kStorePath / "versions" / "autopilot" / "1.0.0" / "bundle";
  EXPECT_EQ(content(files / "desk" / "same.onnx"), "the network of 1.0.0");
  EXPECT_EQ(content(files / "empty"), "");
  EXPECT_EQ(content(files / "manifest.json"), sample_version("1.0.0")->manifest_text());
  EXPECT_TRUE(verified().is_whole());
  EXPECT_EQ(verified().bytes, 3017U + 30 + 20 + 2) << "the two names of one object count once";
}

TEST_F(StoreTest, ProgressEndsAtAll) {
  install("1.0.0");
  std::vector<std::pair<std::uint64_t, std::uint64_t>> steps;
  const Progress progress = [&](std::uint64_t done, std::uint64_t all) {
    steps.emplace_back(done, all);
  };
  ASSERT_TRUE(store_->install(*sample_version("1.1.0"), {}, progress).ok());
  ASSERT_FALSE(steps.empty());
  EXPECT_TRUE(std::ranges::is_sorted(steps));
  EXPECT_EQ(steps.back().first, steps.back().second);
  EXPECT_EQ(steps.back().second, 3017U + 30 + 20 + 2);
}

TEST_F(StoreTest, WhatVersionsShareIsStoredOnce) {
  install("1.0.0");
  const Result<Installed> second = store_->install(*sample_version("1.1.0"));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->shared_bytes, 30U + 2);
  EXPECT_EQ(second->copied_bytes, 3017U + 20);
  const std::vector<VersionRow> rows = store_->list().value();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].bytes, 3017U + 30 + 2 * 20 + 2);
  EXPECT_EQ(rows[0].own_bytes, 3017U + 20);
  EXPECT_EQ(disk_->list(kStorePath / "objects").value().size(), 2U + 2 + 3);
}

TEST_F(StoreTest, InstallingAgainChangesNothing) {
  install("1.0.0");
  const std::vector<std::string> before = disk_->tree();
  const Result<Installed> again = store_->install(*sample_version("1.0.0"));
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_TRUE(again->was_there);
  EXPECT_EQ(disk_->tree(), before);
  EXPECT_EQ(actions(), "install ");
}

TEST_F(StoreTest, AVersionIsNotInstalledWithOtherContent) {
  install("1.0.0");
  const auto other = source_of("autopilot", "1.0.0", {{"model.plan", "another"}});
  const Result<Installed> again = store_->install(*other);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kInvalid);
  EXPECT_TRUE(contains(again.error().message, "version of its own")) << again.error().message;
}

TEST_F(StoreTest, TheLatestTwoVersionsAreActiveAndPrevious) {
  EXPECT_EQ(store_->active("autopilot").error().code, Code::kNotFound);
  for (const char* version : {"1.0.0", "1.1.0", "1.2.0"}) {
    install(version);
    activate(version);
  }
  EXPECT_EQ(state(), "1.0.0, 1.1.0 previous, 1.2.0 active");
  const Active active = store_->active("autopilot").value();
  EXPECT_EQ(active.id.version, "1.2.0");
  EXPECT_EQ(active.previous, "1.1.0");
  EXPECT_EQ(content(active.folder / "desk/model.onnx"), "the network of 1.2.0");
  activate("1.2.0");
  EXPECT_EQ(state(), "1.0.0, 1.1.0 previous, 1.2.0 active") << "the previous one stays";
}

TEST_F(StoreTest, ARollbackGoesBackAndForth) {
  install("1.0.0");
  activate("1.0.0");
  EXPECT_EQ(store_->rollback("autopilot").error().code, Code::kUsage);
  install("1.1.0");
  activate("1.1.0");
  ASSERT_TRUE(store_->rollback("autopilot", "it swerves").ok());
  EXPECT_EQ(state(), "1.0.0 active, 1.1.0 previous");
  ASSERT_TRUE(store_->rollback("autopilot").ok());
  EXPECT_EQ(state(), "1.0.0 previous, 1.1.0 active");
  EXPECT_EQ(actions(), "install activate install activate rollback rollback ");
}

TEST_F(StoreTest, ARollbackWorksOnAFullDisk) {
  install("1.0.0");
  activate("1.0.0");
  install("1.1.0");
  activate("1.1.0");
  for (int i = 0; i < 5; ++i) {
    disk_->set_capacity(disk_->used_bytes());
    EXPECT_EQ(disk_->free_bytes(kStorePath).value(), 0U);
    const Result<Active> active = store_->rollback("autopilot");
    ASSERT_TRUE(active.ok()) << active.error().message;
    EXPECT_EQ(active->id.version, i % 2 == 0 ? "1.0.0" : "1.1.0");
    open();
  }
  EXPECT_TRUE(verified().is_whole());
}

TEST_F(StoreTest, PruneLeavesWhatIsNeeded) {
  for (const char* version : {"1.0.0", "1.1.0", "1.2.0", "1.3.0"}) {
    install(version);
    activate(version);
  }
  install("2.0.0");
  ASSERT_TRUE(store_->pin({"autopilot", "1.0.0"}).ok());
  const Pruned pruned = store_->prune().value();
  ASSERT_EQ(pruned.removed.size(), 1U);
  EXPECT_EQ(pruned.removed[0].version, "1.1.0");
  EXPECT_EQ(pruned.freed_bytes, 3017U + 20);
  EXPECT_EQ(state(), "1.0.0 pinned, 1.2.0 previous, 1.3.0 active, 2.0.0 unused");
  EXPECT_TRUE(verified().is_whole());
  EXPECT_TRUE(store_->prune().value().removed.empty());
  ASSERT_TRUE(store_->unpin({"autopilot", "1.0.0"}).ok());
  EXPECT_EQ(store_->prune().value().removed.size(), 1U);
  EXPECT_EQ(state(), "1.2.0 previous, 1.3.0 active, 2.0.0 unused");
}

TEST_F(StoreTest, RemoveTakesOneVersionThatNothingNeeds) {
  for (const char* version : {"1.0.0", "1.1.0"}) {
    install(version);
    activate(version);
  }
  install("1.2.0");
  EXPECT_EQ(store_->remove({"autopilot", "1.0.0"}).error().code, Code::kUsage);
  EXPECT_EQ(store_->remove({"autopilot", "1.1.0"}).error().code, Code::kUsage);
  EXPECT_EQ(store_->remove({"autopilot", "9.0.0"}).error().code, Code::kNotFound);
  ASSERT_TRUE(store_->pin({"autopilot", "1.2.0"}).ok());
  EXPECT_EQ(store_->remove({"autopilot", "1.2.0"}).error().code, Code::kUsage);
  ASSERT_TRUE(store_->unpin({"autopilot", "1.2.0"}).ok());
  EXPECT_TRUE(store_->remove({"autopilot", "1.2.0"}).ok());
  EXPECT_EQ(state(), "1.0.0 previous, 1.1.0 active");
}

TEST_F(StoreTest, NamesAreApart) {
  install("1.0.0");
  activate("1.0.0");
  ASSERT_TRUE(store_->install(*source_of("lidar", "3.0.0", {{"m.plan", "lidar"}})).ok());
  ASSERT_TRUE(store_->activate({"lidar", "3.0.0"}).ok());
  EXPECT_EQ(store_->active("lidar").value().id.version, "3.0.0");
  EXPECT_EQ(store_->active("autopilot").value().id.version, "1.0.0");
  EXPECT_TRUE(store_->prune().value().removed.empty());
}

TEST_F(StoreTest, HostileNamesLeadNowhere) {
  for (const char* name : {"..", "", "a/b", ".hidden", "a@b", "a b"}) {
    EXPECT_EQ(store_->activate({name, "1.0.0"}).error().code, Code::kUsage) << name;
    EXPECT_EQ(store_->active(name).error().code, Code::kUsage) << name;
    EXPECT_EQ(store_->pin({name, "1.0.0"}).error().code, Code::kUsage) << name;
    EXPECT_EQ(store_->rollback(name).error().code, Code::kUsage) << name;
  }
  for (const char* version : {"..", "", "1.0", "1.0.0/..", "../1.0.0"}) {
    EXPECT_EQ(store_->activate({"autopilot", version}).error().code, Code::kUsage) << version;
    EXPECT_EQ(store_->remove({"autopilot", version}).error().code, Code::kUsage) << version;
  }
}

TEST_F(StoreTest, ASourceThatLiesIsNotInstalled) {
  const auto source = sample_version("1.0.0");
  std::string other = "the network of 1.0.0";
  const std::string hash = sha256(other);
  other[4] = 'N';
  source->exchange(hash, other);
  const Result<Installed> installed = store_->install(*source);
  ASSERT_FALSE(installed.ok());
  EXPECT_EQ(installed.error().code, Code::kInvalid);
  EXPECT_TRUE(contains(installed.error().message, "desk/")) << installed.error().message;
  EXPECT_EQ(state(), "");
  source->exchange(hash, "the network of");  // too short
  EXPECT_EQ(store_->install(*source).error().code, Code::kInvalid);
  EXPECT_EQ(actions(), "");
  install("1.0.0");
}

// A source that fails after so many reads.
std::unique_ptr<bundle::TextSource> failing(const std::string& version, int reads) {
  auto source = sample_version(version);
  source->before_read = [reads]() mutable {
    if (reads-- <= 0) throw std::runtime_error("gone");
  };
  return source;
}

TEST_F(StoreTest, AnInterruptedInstallationGoesOn) {
  // The process ends in the middle of the largest object.
  int reads = 0;
  const auto counting = sample_version("1.0.0");
  counting->before_read = [&] { ++reads; };
  std::uint64_t resumed = 0;
  for (int most = 0; most < 6; ++most) {
    disk_ = empty_disk();
    open();
    EXPECT_ANY_THROW((void)store_->install(*failing("1.0.0", most)));
    store_.reset();
    disk_->kill();
    open();
    EXPECT_EQ(store_->list().value().size(), 1U);
    EXPECT_TRUE(store_->list().value()[0].is_staged);
    EXPECT_TRUE(store_->prune().value().removed.empty());
    const Result<Installed> installed = store_->install(*sample_version("1.0.0"));
    ASSERT_TRUE(installed.ok()) << installed.error().message;
    EXPECT_EQ(installed->copied_bytes + installed->resumed_bytes + installed->shared_bytes,
              3017U + 30 + 20 + 2);
    resumed += installed->resumed_bytes + installed->shared_bytes;
    EXPECT_EQ(state(), "1.0.0 unused");
    EXPECT_TRUE(verified().is_whole());
    EXPECT_TRUE(disk_->list(kStorePath / "staging").value().empty());
  }
  EXPECT_GT(resumed, 3000U);
}

TEST_F(StoreTest, APartIsNotTrustedForItsLength) {
  EXPECT_ANY_THROW((void)store_->install(*failing("1.0.0", 2)));
  store_.reset();
  disk_->kill();
  const Path staged = kStorePath / "staging" / "autopilot@1.0.0";
  std::size_t damaged = 0;
  const std::vector<disk::Entry> parts = disk_->list(staged).value();
  for (const disk::Entry& entry : parts) {
    if (entry.name == "manifest.json" || entry.bytes == 0) continue;
    disk_->damage(staged / entry.name, entry.bytes / 2);
    ++damaged;
  }
  EXPECT_GT(damaged, 0U);
  open();
  const Result<Installed> installed = store_->install(*sample_version("1.0.0"));
  ASSERT_TRUE(installed.ok()) << installed.error().message;
  EXPECT_TRUE(verified().is_whole());
}

TEST_F(StoreTest, OneVersionOfANameIsStagedAtATime) {
  EXPECT_ANY_THROW((void)store_->install(*failing("1.0.0", 2)));
  EXPECT_ANY_THROW((void)store_->install(*failing("1.1.0", 2)));
  open();
  const std::vector<VersionRow> rows = store_->list().value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].id.version, "1.1.0");
  ASSERT_TRUE(store_->remove({"autopilot", "1.1.0"}).ok());
  EXPECT_TRUE(disk_->list(kStorePath / "objects").value().empty());
  EXPECT_TRUE(disk_->list(kStorePath / "staging").value().empty());
}

TEST_F(StoreTest, TooLittleSpaceIsSaidBeforeADownload) {
  for (const char* version : {"1.0.0", "1.1.0", "1.2.0"}) {
    install(version);
    activate(version);
  }
  disk_->set_capacity(disk_->used_bytes() + 160'000);
  auto large = source_of("autopilot", "2.0.0", {{"m.plan", std::string(100'000, 'x')}});
  bool was_read = false;
  large->before_read = [&] { was_read = true; };
  const std::vector<std::string> before = disk_->tree();
  const Result<Installed> installed = store_->install(*large);
  ASSERT_FALSE(installed.ok());
  EXPECT_EQ(installed.error().code, Code::kTooLarge);
  EXPECT_TRUE(contains(installed.error().message, "prune removes autopilot 1.0.0"))
      << installed.error().message;
  EXPECT_FALSE(was_read);
  EXPECT_EQ(disk_->tree(), before);
  ASSERT_TRUE(store_->prune().ok());
  const std::string after = store_->install(*large).error().message;
  EXPECT_TRUE(contains(after, "nothing in the store can be pruned")) << after;
  install("1.3.0");
  const std::string unused = store_->install(*large).error().message;
  EXPECT_TRUE(contains(unused, "prune autopilot 1.3.0")) << unused;
  disk_->set_capacity(disk_->used_bytes() + 300'000);
  EXPECT_TRUE(store_->install(*large).ok());
}

TEST_F(StoreTest, BitRotIsFoundAndRepaired) {
  install("1.0.0");
  install("1.1.0");
  activate("1.1.0");
  disk_->damage(object("golden vectors of all versions"), 3);
  const Verified found = verified();
  EXPECT_FALSE(found.is_whole());
  ASSERT_EQ(found.damages.size(), 2U) << "both versions have that file";
  EXPECT_EQ(found.damages[0].path, "boat/golden.npz");
  EXPECT_EQ(store_->activate({"autopilot", "1.0.0"}).error().code, Code::kInvalid);
  const auto useless = source_of("lidar", "1.0.0", {{"m.plan", "lidar"}});
  bundle::Source* sources[] = {useless.get()};
  EXPECT_FALSE(store_->verify({}, true, sources).value().is_whole());
  const auto good = sample_version("1.0.0");
  bundle::Source* both[] = {useless.get(), good.get()};
  const Verified repaired = store_->verify({}, true, both).value();
  EXPECT_TRUE(repaired.is_whole());
  EXPECT_EQ(repaired.damages.size(), 2U);
  EXPECT_TRUE(verified().damages.empty());
  EXPECT_EQ(content(kStorePath / "versions/autopilot/1.1.0/bundle/boat/golden.npz"),
            "golden vectors of all versions");
  EXPECT_TRUE(contains(actions(), "repair"));
  EXPECT_TRUE(store_->activate({"autopilot", "1.0.0"}).ok());
}

TEST_F(StoreTest, EveryKindOfDamageIsRepaired) {
  const Path version = kStorePath / "versions/autopilot/1.0.0";
  struct Row {
    const char* name;
    std::function<void(CrashingDisk&)> damage;
  };
  const Row rows[] = {
      {"a file's name is gone",
       [&](CrashingDisk& disk) { ASSERT_TRUE(disk.remove(version / "bundle/empty").ok()); }},
      {"an object's name is gone",
       [&](CrashingDisk& disk) { ASSERT_TRUE(disk.remove(object("{}")).ok()); }},
      {"an object and its files are gone",
       [&](CrashingDisk& disk) {
         ASSERT_TRUE(disk.remove(object("{}")).ok());
         ASSERT_TRUE(disk.remove(version / "bundle/report.json").ok());
       }},
      {"a folder is gone",
       [&](CrashingDisk& disk) {
         ASSERT_TRUE(disk.remove(version / "bundle/desk/same.onnx").ok());
         ASSERT_TRUE(disk.remove(version / "bundle/desk/model.onnx").ok());
         ASSERT_TRUE(disk.remove(version / "bundle/desk").ok());
       }},
      {"a byte of the manifest",
       [&](CrashingDisk& disk) { disk.damage(version / "bundle/manifest.json", 200); }},
      {"the manifest is gone",
       [&](CrashingDisk& disk) {
         ASSERT_TRUE(disk.remove(version / "bundle/manifest.json").ok());
       }},
      {"a byte of the record",
       [&](CrashingDisk& disk) { disk.damage(version / "version.json", 30); }},
      {"a byte of a file",
       [&](CrashingDisk& disk) { disk.damage(version / "bundle/desk/model.onnx", 5); }},
  };
  for (const Row& row : rows) {
    disk_ = empty_disk();
    open();
    install("1.0.0");
    row.damage(*disk_);
    open();
    EXPECT_FALSE(verified().is_whole()) << row.name;
    EXPECT_FALSE(verified().damages.empty()) << row.name;
    const Result<Installed> again = store_->install(*sample_version("1.0.0"));
    ASSERT_TRUE(again.ok()) << row.name << ": " << again.error().message;
    EXPECT_TRUE(verified().damages.empty()) << row.name;
    open();
    activate("1.0.0");
    EXPECT_EQ(content(version / "bundle/report.json"), "{}") << row.name;
  }
}

TEST_F(StoreTest, DamagedManifestsKeepObjectsFromBeingRemoved) {
  install("1.0.0");
  activate("1.0.0");
  install("1.1.0");
  disk_->damage(kStorePath / "versions/autopilot/1.0.0/bundle/manifest.json", 200);
  const std::size_t objects = disk_->list(kStorePath / "objects").value().size();
  open();
  ASSERT_TRUE(store_->remove({"autopilot", "1.1.0"}).ok());
  EXPECT_EQ(disk_->list(kStorePath / "objects").value().size(), objects);
  ASSERT_TRUE(store_->install(*sample_version("1.0.0")).ok());
  open();
  EXPECT_EQ(disk_->list(kStorePath / "objects").value().size(), 5U);
}

TEST_F(StoreTest, ASharedObjectThatRottedIsReplacedByAnInstallation) {
  install("1.0.0");
  disk_->damage(object("golden vectors of all versions"), 3);
  const Result<Installed> second = store_->install(*sample_version("1.1.0"));
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_EQ(second->shared_bytes, 2U);
  EXPECT_TRUE(verified().damages.empty()) << "of both versions";
}

TEST_F(StoreTest, WhatIsActiveSurvivesItsOwnDamage) {
  install("1.0.0");
  activate("1.0.0");
  install("1.1.0");
  activate("1.1.0");
  disk_->damage(kStorePath / "active/autopilot/now", 12);
  EXPECT_EQ(store_->active("autopilot").error().code, Code::kInvalid);
  open();
  EXPECT_EQ(state(), "1.0.0 previous, 1.1.0 active");
  EXPECT_FALSE(store_->found().empty());
  disk_->damage(kStorePath / "active/autopilot/back@1.1.0", 12);
  ASSERT_TRUE(store_->rollback("autopilot").ok());
  EXPECT_EQ(state(), "1.0.0 active, 1.1.0 previous");
  disk_->damage(kStorePath / "active/autopilot/now", 12);
  disk_->damage(kStorePath / "active/autopilot/back@1.0.0", 12);
  open();
  EXPECT_TRUE(store_->prune().value().removed.empty()) << "nobody knows what is active";
  activate("1.1.0");
  EXPECT_EQ(store_->active("autopilot").value().id.version, "1.1.0");
}

TEST_F(StoreTest, AnotherProcessIsKeptOutAndMayRead) {
  install("1.0.0");
  const Result<std::unique_ptr<Store>> second = open_sample(*disk_);
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(contains(second.error().message, "in use")) << second.error().message;
  const Result<std::unique_ptr<Store>> reader = open_sample(*disk_, Access::kRead);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(state_text(**reader), "1.0.0 unused");
  EXPECT_FALSE((*reader)->activate({"autopilot", "1.0.0"}).ok());
  EXPECT_FALSE((*reader)->install(*sample_version("1.1.0")).ok());
  EXPECT_FALSE((*reader)->prune().ok());
}

// Stores on the machine's own disk.
class RealStoreTest : public testing::Test {
 protected:
  RealStoreTest() {
    std::string name = (std::filesystem::temp_directory_path() / "slipway-store-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    archive_ = folder_ / "autopilot-1.0.0.slip";
    EXPECT_TRUE(bundle::write_archive(*sample_version("1.0.0"), archive_).ok());
  }
  ~RealStoreTest() override { std::filesystem::remove_all(folder_); }

  Path folder_;
  Path archive_;
};

TEST_F(RealStoreTest, InstallsFromAnArchive) {
  const auto source = bundle::open_source(archive_).value();
  const Options options{.may_create = true};
  const auto store = Store::open(disk::real_disk(), folder_ / "store", options).value();
  const Result<Installed> installed = store->install(*source);
  ASSERT_TRUE(installed.ok()) << installed.error().message;
  const Result<Active> active = store->activate(installed->id);
  ASSERT_TRUE(active.ok()) << active.error().message;
  EXPECT_EQ(disk::real_disk().read(active->folder / "desk/same.onnx", 100).value(),
            "the network of 1.0.0");
  EXPECT_TRUE(store->verify({}, false, {}).value().is_whole());
  EXPECT_EQ(Store::open(disk::real_disk(), folder_ / "store", options).error().code, Code::kIo);
}

TEST_F(RealStoreTest, AChangedByteOfAnArchiveIsNotInstalled) {
  const std::string good = disk::real_disk().read(archive_, 1 << 20).value();
  constexpr std::size_t kStride = 11;
  for (std::size_t at = 0; at < good.size(); at += kStride) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    const Result<std::unique_ptr<bundle::Archive>> source =
        bundle::Archive::open(std::make_unique<bundle::TextBytes>(std::move(bad)), "changed.slip");
    if (!source.ok()) continue;
    const auto disk = empty_disk();
    const auto store = open_sample(*disk).value();
    const Result<Installed> installed = store->install(**source);
    // A changed manifest may be one of another bundle: only a signature tells that.
    const bool is_another = (*source)->manifest_text() != sample_version("1.0.0")->manifest_text();
    EXPECT_TRUE(!installed.ok() || is_another) << "byte " << at << " of " << good.size();
  }
}

TEST(StoreOpen, AFolderWithSomethingElseIsNoStore) {
  const auto disk = empty_disk();
  EXPECT_EQ(Store::open(*disk, "/none", {}).error().code, Code::kNotFound);
  ASSERT_TRUE(disk->make_folder(kStorePath).ok());
  ASSERT_TRUE(disk->create(kStorePath / "holiday.jpg").ok());
  const Result<std::unique_ptr<Store>> opened = open_sample(*disk);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::kUsage);
  EXPECT_TRUE(contains(opened.error().message, "holiday.jpg")) << opened.error().message;
  EXPECT_EQ(disk->tree(),
            (std::vector<std::string>{"/data", "/data/store", "/data/store/holiday.jpg"}));
}

TEST(StoreOpen, AStoreFromTheFutureIsLeftAlone) {
  const auto disk = empty_disk();
  ASSERT_TRUE(open_sample(*disk).ok());
  const std::string line = "{\"slipway_store\":2}\n";
  ASSERT_TRUE(
      disk::replace_file(*disk, kStorePath / "store.json", line + "sha256 " + sha256(line) + "\n")
          .ok());
  EXPECT_EQ(open_sample(*disk).error().code, Code::kUnsupported);
  disk->damage(kStorePath / "store.json", 5);
  EXPECT_EQ(open_sample(*disk).error().code, Code::kInvalid);
}

TEST_F(StoreTest, EveryByteOfItsOwnFilesIsGuarded) {
  install("1.0.0");
  activate("1.0.0");
  for (const char* name : {"active/autopilot/now", "versions/autopilot/1.0.0/version.json"}) {
    const std::uint64_t bytes = disk_->look(kStorePath / name).value().bytes;
    for (std::uint64_t at = 0; at < bytes; ++at) {
      CrashingDisk copy(*disk_);
      copy.damage(kStorePath / name, at);
      const Result<std::unique_ptr<Store>> reader = open_sample(copy, Access::kRead);
      ASSERT_TRUE(reader.ok());
      const bool is_seen = !(*reader)->active("autopilot").ok() ||
                           !(*reader)->verify({}, false, {}).value().is_whole();
      EXPECT_TRUE(is_seen) << name << ", byte " << at;
    }
  }
}

}  // namespace
}  // namespace slipway::store
