// A publisher and its readers, for tests: keys in memory, a repository on a disk that can crash,
// and devices that read it.
#pragma once

#include <functional>

#include "base/str.h"
#include "bundle/copy.h"
#include "bundle/sample.h"
#include "disk/crashing_disk.h"
#include "publish/repository.h"
#include "trust/write.h"
#include "updater/bundles.h"
#include "updater/download.h"
#include "updater/updater.h"

namespace slipway::publish {

inline constexpr trust::Seconds kNow = 1795000000;  // 2026-11-18
inline const disk::Path kFolder = "/repository";

// Keys for every role, and the root that names them.
struct Publisher {
  Publisher() {
    root.version = 1;
    root.is_consistent = true;
    root.expires = kNow + 365 * trust::kDay;
    for (const std::string_view role : kRoles) {
      signers[std::string(role)].push_back(*trust::PrivateKey::generate(trust::KeyKind::kEd25519));
      give_role(root, role, signers[std::string(role)].back());
    }
    root_text = *trust::write(root, signers["root"]);
  }
  Signers only(std::string_view role) const {
    return {{std::string(role), signers.find(role)->second}};
  }

  Signers signers;
  trust::Root root;
  std::string root_text;
};

// The repository's folder of a disk as a static server has it, "http://host/".
class Host : public fetch::Fetcher {
 public:
  explicit Host(disk::Disk& disk) : disk_(&disk) {}

  Status fetch(const fetch::Request& request, fetch::Sink& sink) override {
    if (before_fetch) before_fetch();
    std::string path;
    const std::string url = request.url.substr(std::string_view("http://host/").size());
    for (std::size_t i = 0; i < url.size(); ++i) {
      if (url[i] == '%') {
        path += *from_hex(url.substr(i + 1, 2));
        i += 2;
      } else {
        path += url[i];
      }
    }
    const std::string content = TRY(disk_->read(kFolder / path, request.most_bytes));
    TRY(sink.begin({}));
    return content.empty() ? Status() : sink.write(std::as_bytes(std::span(content)));
  }

  void move_to(disk::Disk& disk) { disk_ = &disk; }
  std::function<void()> before_fetch;

 private:
  disk::Disk* disk_;
};

// A device: its own disk, which keeps what it trusted, and what it last saw.
class Device {
 public:
  explicit Device(std::string_view root) {
    static_cast<void>(disk_.make_folder("/files"));
    begun_ = updater::Kept(disk_, "/trusted").begin(root);
  }
  // Another that has seen the same.
  Device(const Device& other) : disk_(other.disk_), begun_(other.begun_) {}
  Device& operator=(const Device&) = delete;

  Status refresh(fetch::Fetcher& fetcher, trust::Seconds now) {
    TRY(Status(begun_));
    updater_.emplace(updater::Kept(disk_, "/trusted"), fetcher, "http://host/metadata", now);
    return updater_->refresh();
  }
  // After a refresh.
  Result<std::string> get(fetch::Fetcher& fetcher, const std::string& path) {
    const updater::Found found = TRY(updater_->find(path));
    const disk::Path file =
        TRY(updater::download(disk_, fetcher, "http://host/targets", found, true, "/files"));
    return disk_.read(file, std::size_t{1} << 20);
  }
  // The objects of a bundle's version as well, each checked by its hash.
  Status get_bundle(fetch::Fetcher& fetcher, const std::string& path) {
    const std::string text = TRY(get(fetcher, path));
    const bundle::Manifest manifest = TRY(bundle::parse_manifest(text));
    for (const bundle::FileEntry& file : bundle::distinct_objects(manifest)) {
      const std::string url =
          fetch::join_url("http://host/targets", updater::object_path(file.sha256));
      const std::string object = TRY(fetch::fetch_text(fetcher, url, file.bytes));
      if (sha256(object) != file.sha256)
        return Error{Code::kInvalid, str(file.path, " is not what the manifest says")};
    }
    return {};
  }
  const updater::Updater& updater() const { return *updater_; }

 private:
  disk::CrashingDisk disk_;
  Status begun_;
  std::optional<updater::Updater> updater_;
};

// Two bundles that share objects, as a source each.
inline bundle::TextSource sample_bundle(std::uint32_t patch, const std::string& plan = "plan") {
  bundle::Manifest manifest = bundle::sample_manifest();
  manifest.version = {1, 2, patch, "", ""};
  for (bundle::FileEntry& file : manifest.files) {
    if (file.path == "boat/model.plan") file = {file.path, sha256(plan), plan.size()};
  }
  return {manifest, {"golden", plan, "onnx!"}};
}

}  // namespace slipway::publish
