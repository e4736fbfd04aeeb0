// What rotted, was removed or was exchanged on the disk.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "store/clean.h"
#include "store/store_case.h"

namespace slipway::store {
namespace {

using disk::CrashingDisk;

class DamageTest : public StoreTest {};

TEST_F(DamageTest, BitRotIsFoundAndRepaired) {
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
  EXPECT_FALSE(store_->verify({}, true, {.sources = sources}).value().is_whole());
  const auto good = sample_version("1.0.0");
  bundle::Source* both[] = {useless.get(), good.get()};
  const Verified repaired = store_->verify({}, true, {.sources = both}).value();
  EXPECT_TRUE(repaired.is_whole());
  EXPECT_EQ(repaired.damages.size(), 2U);
  EXPECT_TRUE(verified().damages.empty());
  EXPECT_EQ(content(kStorePath / "versions/autopilot/1.1.0/bundle/boat/golden.npz"),
            "golden vectors of all versions");
  EXPECT_TRUE(contains(actions(), "repair"));
  EXPECT_TRUE(store_->activate({"autopilot", "1.0.0"}).ok());
}

// A repository in which some versions are no more, and which tells what it was asked for.
class Shelf {
 public:
  explicit Shelf(std::vector<std::string> versions) : versions_(std::move(versions)) {}

  Result<bundle::Source*> open(const Id& id) {
    asked_ += id.version + " ";
    if (std::ranges::find(versions_, id.version) == versions_.end())
      return Error{Code::kNotFound, str(id.text(), " is on the shelf no more")};
    opened_.push_back(sample_version(id.version));
    return opened_.back().get();
  }
  RepairFrom from() {
    return {.bundle_of = [this](const Id& id) { return open(id); }};
  }
  const std::string& asked() const { return asked_; }

 private:
  std::vector<std::string> versions_;
  std::vector<std::unique_ptr<bundle::Source>> opened_;
  std::string asked_;
};

std::string plan_of(const std::string& version) {
  return "the plan of " + version + std::string(3000, 'p');
}

TEST_F(DamageTest, SeveralVersionsAreRepairedAtOnceEachFromItsOwnBundle) {
  for (const char* version : {"1.0.0", "1.1.0", "1.2.0"}) install(version);
  Shelf untouched({"1.0.0", "1.1.0", "1.2.0"});
  EXPECT_TRUE(store_->verify({}, true, untouched.from()).value().is_whole());
  EXPECT_EQ(untouched.asked(), "") << "nothing is damaged";
  disk_->damage(object(plan_of("1.0.0")), 7);
  disk_->damage(object("the network of 1.0.0"), 7);
  disk_->damage(object(plan_of("1.2.0")), 7);
  disk_->damage(kStorePath / "versions/autopilot/1.2.0/bundle/manifest.json", 200);
  Shelf shelf({"1.0.0", "1.1.0", "1.2.0"});
  const Verified repaired = store_->verify({}, true, shelf.from()).value();
  EXPECT_TRUE(repaired.is_whole());
  EXPECT_EQ(repaired.damages.size(), 5U) << "a plan, two files of one object, a manifest, a plan";
  EXPECT_EQ(shelf.asked(), "1.2.0 1.0.0 ") << "manifests come first; each once";
  EXPECT_TRUE(verified().damages.empty());
}

TEST_F(DamageTest, AVersionThatIsOnTheShelfNoMoreSaysSoAndKeepsNoOtherFromItsRepair) {
  for (const char* version : {"1.0.0", "1.1.0", "1.2.0"}) install(version);
  disk_->damage(object(plan_of("1.0.0")), 7);
  disk_->damage(object("golden vectors of all versions"), 7);
  disk_->damage(object(plan_of("1.2.0")), 7);
  Shelf shelf({"1.1.0", "1.2.0"});
  const Verified found = store_->verify({}, true, shelf.from()).value();
  EXPECT_FALSE(found.is_whole());
  std::string left;
  for (const Damage& damage : found.damages) {
    if (!damage.is_repaired) left += damage.id.version + " " + damage.path + ": " + damage.what;
  }
  EXPECT_EQ(left.find("1.0.0 boat/model.plan: "), 0U) << left;
  EXPECT_TRUE(left.ends_with("not repaired: autopilot 1.0.0 is on the shelf no more")) << left;
  const Verified after = verified();
  ASSERT_EQ(after.damages.size(), 1U) << "what another version shares came from there";
  EXPECT_EQ(after.damages[0].path, "boat/model.plan");
}

TEST_F(DamageTest, EveryKindOfDamageIsRepaired) {
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
    start_anew();
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

TEST_F(DamageTest, DamagedManifestsKeepObjectsFromBeingRemoved) {
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

TEST_F(DamageTest, WhatIsInTheTrashKeepsItsObjectsUntilItIsThereOnDisk) {
  install("1.0.0");
  install("1.1.0");
  const Layout at{kStorePath};
  ASSERT_TRUE(disk_->rename(at.version({"autopilot", "1.1.0"}), at.trash() / "x").ok());
  disk_->fail_at(disk_->effects(), disk::Fault::kInputOutput);  // the sync of the trash
  clean(*disk_, at);
  ASSERT_TRUE(disk_->sync_folder(at.objects()).ok());
  store_.reset();
  disk_->crash({});
  open();
  EXPECT_EQ(state(), "1.0.0 unused, 1.1.0 unused");
  EXPECT_TRUE(verified().is_whole());
}

TEST_F(DamageTest, ASharedObjectThatRottedIsReplacedByAnInstallation) {
  install("1.0.0");
  disk_->damage(object("golden vectors of all versions"), 3);
  const Result<Installed> second = store_->install(*sample_version("1.1.0"));
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_EQ(second->shared_bytes, 2U);
  EXPECT_TRUE(verified().damages.empty()) << "of both versions";
}

TEST_F(DamageTest, WhatIsActiveSurvivesItsOwnDamage) {
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

TEST_F(DamageTest, EveryByteOfItsOwnFilesIsGuarded) {
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
