// A store on a disk in memory, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "digest/digest.h"
#include "store/sample.h"

namespace slipway::store {

class StoreTest : public testing::Test {
 protected:
  StoreTest() : disk_(empty_disk()) { open(); }

  void open() {
    store_.reset();
    Result<std::unique_ptr<Store>> opened = open_sample(*disk_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = *std::move(opened);
  }
  // On another disk.
  void start_anew() {
    store_.reset();
    disk_ = empty_disk();
    open();
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

  std::unique_ptr<disk::CrashingDisk> disk_;
  std::unique_ptr<Store> store_;
};

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace slipway::store
