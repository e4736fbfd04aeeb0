#include "updater/bundles.h"

namespace slipway::updater {
namespace {

TEST(Bundles, APathIsABundlesOrNot) {
  for (const char* path : {"boat/1.2.0/manifest.json", "boat/1.2.0-rc.1+7/manifest.json"}) {
    const std::optional<BundleName> bundle = bundle_of(path);
    ASSERT_TRUE(bundle) << path;
    EXPECT_EQ(bundle->name, "boat");
    EXPECT_EQ(manifest_path(bundle->name, bundle->version.text()), path);
  }
  for (const char* path :
       {"", "manifest.json", "/manifest.json", "boat/manifest.json", "/1.2.0/manifest.json",
        "boat/1.2/manifest.json", "boat/v1.2.0/manifest.json", "boat/01.2.0/manifest.json",
        "boat/1.2.0/x/manifest.json", "a/boat/1.2.0/manifest.json", "boat/1.2.0/manifest.json5",
        "boat/1.2.0/xmanifest.json"})
    EXPECT_FALSE(bundle_of(path)) << path;
}

TEST(Bundles, VersionsComeInTheOrderOfTheirPrecedence) {
  trust::Targets targets;
  for (const char* path :
       {"boat/1.10.0/manifest.json", "boat/1.9.0/manifest.json", "boat/1.10.0-rc.2/manifest.json",
        "boat/1.10.0-rc.10/manifest.json", "boathouse/9.0.0/manifest.json", "boat/readme.txt"})
    targets.files[path] = {};
  std::vector<std::string> texts;
  for (const Version& version : versions_of(targets, "boat")) texts.push_back(version.text());
  EXPECT_EQ(texts, (std::vector<std::string>{"1.9.0", "1.10.0-rc.2", "1.10.0-rc.10", "1.10.0"}));
  EXPECT_EQ(bundles_of(targets).size(), 5U);
  EXPECT_EQ(bundles_of(targets).back().name, "boathouse");
  EXPECT_TRUE(versions_of(targets, "ship").empty());
}

TEST(Bundles, AnObjectLiesUnderItsHash) { EXPECT_EQ(object_path("abcd"), "objects/ab/abcd"); }

}  // namespace
}  // namespace slipway::updater
