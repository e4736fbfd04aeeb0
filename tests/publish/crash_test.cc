// The power is cut before every effect of a publisher; readers find all of the old or all of the
// new.
#include "publish/change_role.h"
#include "publish/cosign.h"
#include "publish/sample.h"

namespace slipway::publish {
namespace {

using disk::Aftermath;
using disk::CrashingDisk;
using trust::kDay;

constexpr trust::Seconds kLater = kNow + kDay;

struct Operation {
  std::string name;
  std::function<Status(disk::Disk&)> run;
  bool adds = false;      // the file and the bundle of after()
  bool is_first = false;  // on an empty disk
};

class PublishCrash : public testing::Test {
 protected:
  Result<Repository> open(disk::Disk& disk) {
    return Repository::open(disk, kFolder, publisher_.root_text, Access::kWrite);
  }
  static Status add(Repository& repository, const std::string& path, const std::string& content) {
    bundle::TextBytes bytes(content);
    TRY(repository.add_file(bytes, path));
    return {};
  }
  Status publish_before(disk::Disk& disk) {
    Result<Repository> repository = Repository::create(disk, kFolder, publisher_.root_text);
    // After an interruption the root is there, and maybe all the rest.
    if (!repository.ok()) repository = open(disk);
    if (!repository.ok()) return repository.error();
    TRY(add(*repository, "notes/readme", "before"));
    bundle::TextSource source = sample_bundle(0);
    TRY(repository->add_bundle(source));
    return repository->publish(publisher_.signers, kNow, {});
  }
  Status publish_after(disk::Disk& disk) {
    Repository repository = TRY(open(disk));
    TRY(add(repository, "notes/readme", "after"));
    bundle::TextSource source = sample_bundle(1, "better plan");
    TRY(repository.add_bundle(source));
    return repository.publish(publisher_.signers, kLater, {});
  }
  // With the new key that the test has; run again after it was done, it is done.
  Status rotate(disk::Disk& disk, const std::string& role, bool is_lost) {
    Repository repository = TRY(open(disk));
    Signers signers = publisher_.signers;
    if (is_lost) signers[role].clear();
    if (repository.root().roles.at(role).keyids == std::vector{new_key_.id()}) {
      signers[role] = {new_key_};
      return repository.publish(signers, kLater, {});
    }
    return repository.rotate(role, publisher_.signers[role][0].id(), new_key_, signers, kLater, {});
  }
  // A root that was signed elsewhere.
  Status adopt(disk::Disk& disk, const std::string& role) {
    Repository repository = TRY(open(disk));
    const trust::Root next =
        next_root(publisher_.root, role, publisher_.signers[role][0].id(), new_key_, kLater + kDay);
    Signers signers = publisher_.signers;
    signers[role].push_back(new_key_);
    return repository.adopt_root(TRY(trust::write(next, signers["root"])), signers, kLater, {});
  }
  // One key more for a role, all of which have to sign.
  Status change(disk::Disk& disk, const std::string& role) {
    Repository repository = TRY(open(disk));
    if (repository.root().version > publisher_.root.version) return {};  // done already
    trust::Root next = TRY(with_key(publisher_.root, role, new_key_.public_text(), kLater + kDay));
    next.roles[role].threshold = next.roles[role].keyids.size();
    Signers signers = publisher_.signers;
    signers[role].push_back(new_key_);
    return repository.change_root(next, signers, kLater, {});
  }
  Status prune(disk::Disk& disk) {
    Repository repository = TRY(open(disk));
    TRY(repository.prune());
    return {};
  }

  // What a device gets: "before", "after", or an error.
  Result<std::string> read(Device& device, disk::Disk& disk) {
    Host host(disk);
    TRY(device.refresh(host, kLater));
    std::string content = TRY(device.get(host, "notes/readme"));
    TRY(device.get_bundle(host, "autopilot/1.2.0/manifest.json"));
    const Status newer = device.get_bundle(host, "autopilot/1.2.1/manifest.json");
    if (newer.ok() != (content == "after"))
      return Error{Code::kInvalid, str(content, " without what was published with it")};
    return content;
  }

  // The operation, cut before each of its effects and left in states that this may leave: of all
  // aftermaths a third at each effect, another third at the next.
  void sweep(const CrashingDisk& before, const Operation& operation) {
    std::size_t states = 0;
    std::size_t points = 0;
    std::size_t seen_new = 0;
    for (bool is_over = false; !is_over; ++points) {
      const std::span<const Aftermath> aftermaths = disk::all_aftermaths();
      for (std::size_t i = points % 3; i < aftermaths.size(); i += 3) {
        const Aftermath& aftermath = aftermaths[i];
        CrashingDisk disk(before);
        disk.cut_before(points);
        is_over = operation.run(disk).ok() && !disk.is_cut();
        if (is_over) break;
        const bool is_certain = !disk.has_unsynced();
        disk.crash(aftermath);
        ++states;
        const std::string when =
            str(operation.name, ", cut before effect ", points, ", ", aftermath.text());
        seen_new += examine(disk, operation, when);
        if (HasFatalFailure()) return;
        if (is_certain) break;  // every aftermath is the same
      }
    }
    std::printf("%s: power cut before %zu effects, %zu states after it", operation.name.c_str(),
                points - 1, states);
    if (operation.adds) std::printf(", the new publication in %zu", seen_new);
    std::printf("\n");
    total_points_ += points - 1;
    total_states_ += states;
  }

  // 1 if the new publication is there.
  std::size_t examine(CrashingDisk& disk, const Operation& operation, const std::string& when) {
    const bool is_published = disk.look(kFolder / "metadata/timestamp.json").ok();
    std::size_t is_new = 0;
    if (is_published || !operation.is_first) {
      Device newcomer(publisher_.root_text);
      Result<std::string> got = read(newcomer, disk);
      EXPECT_TRUE(got.ok()) << got.error().message << "\n" << when;
      is_new = got.ok() && *got == "after" ? 1 : 0;
      if (!operation.is_first) {
        Device known(*known_);
        got = read(known, disk);
        EXPECT_TRUE(got.ok()) << got.error().message << ", known before\n" << when;
      }
    }
    const Status again = operation.run(disk);
    EXPECT_TRUE(again.ok()) << again.error().message << "\nagain after " << when;
    Device device(publisher_.root_text);
    const Result<std::string> got = read(device, disk);
    EXPECT_TRUE(got.ok()) << got.error().message << "\nagain after " << when;
    EXPECT_EQ(got.ok() ? *got : "nothing", operation.adds ? "after" : "before") << when;
    return is_new;
  }

  std::vector<Operation> operations() {
    std::vector<Operation> all;
    all.push_back({"publish", [this](disk::Disk& disk) { return publish_after(disk); }, true});
    all.push_back({"refresh-timestamp", [this](disk::Disk& disk) -> Status {
                     Repository repository = TRY(open(disk));
                     return repository.refresh_timestamp(publisher_.only(trust::kTimestamp), kLater,
                                                         {});
                   }});
    for (const std::string_view role : kRoles) {
      all.push_back({str("rotate ", role), [this, role](disk::Disk& disk) {
                       return rotate(disk, std::string(role), false);
                     }});
    }
    for (const std::string_view role : {trust::kRoot, trust::kTargets}) {
      all.push_back({str("publish --root, another key of ", role),
                     [this, role](disk::Disk& disk) { return adopt(disk, std::string(role)); }});
      all.push_back({str("changed root for ", role),
                     [this, role](disk::Disk& disk) { return change(disk, std::string(role)); }});
    }
    all.push_back({"keys renew", [this](disk::Disk& disk) -> Status {
                     Repository repository = TRY(open(disk));
                     return repository.renew_root(publisher_.only(trust::kRoot), kLater, {});
                   }});
    return all;
  }

  Publisher publisher_;
  trust::PrivateKey new_key_ = *trust::PrivateKey::generate(trust::KeyKind::kEd25519);
  std::optional<Device> known_;  // saw the repository before
  std::size_t total_points_ = 0;
  std::size_t total_states_ = 0;
};

TEST_F(PublishCrash, APowerCutAtAnyMomentLeavesWhatReadersCanUse) {
  const CrashingDisk empty;
  sweep(empty,
        {"first publish", [this](disk::Disk& disk) { return publish_before(disk); }, false, true});
  CrashingDisk published;
  ASSERT_TRUE(publish_before(published).ok());
  known_.emplace(publisher_.root_text);
  ASSERT_TRUE(read(*known_, published).ok());
  for (const Operation& operation : operations()) {
    sweep(published, operation);
    if (HasFatalFailure()) return;
  }
  CrashingDisk old(published);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(publish_after(old).ok());
  known_.emplace(publisher_.root_text);
  ASSERT_TRUE(read(*known_, old).ok());
  sweep(old, {"prune", [this](disk::Disk& disk) { return prune(disk); }, true});
  std::printf("in all: power cut before %zu effects, %zu states after it\n", total_points_,
              total_states_);
  EXPECT_GT(total_points_, 150U);
  EXPECT_GT(total_states_, 1000U);
}

// Where the old key is lost there is a moment without a good repository; running it again, or
// publishing, ends it.
TEST_F(PublishCrash, ARotationAfterALossIsCompletedByRunningItAgain) {
  CrashingDisk published;
  ASSERT_TRUE(publish_before(published).ok());
  std::size_t points = 0;
  for (bool is_over = false; !is_over; ++points) {
    CrashingDisk disk(published);
    disk.cut_before(points);
    is_over = rotate(disk, "targets", true).ok() && !disk.is_cut();
    if (is_over) break;
    disk.crash({Aftermath::Names::kAll, Aftermath::Bytes::kAll, 0});
    const Status again = rotate(disk, "targets", true);
    ASSERT_TRUE(again.ok()) << again.error().message << ", cut before effect " << points;
    Device device(publisher_.root_text);
    ASSERT_TRUE(read(device, disk).ok()) << points;
  }
  EXPECT_GT(points, 10U);
}

// A device that is in the middle of a refresh while the publisher goes on, at whichever moment
// between any two of its requests: what it fetched before fits what it fetches after.
TEST_F(PublishCrash, AReaderInTheMiddleOfAChangeReadsWhatFits) {
  CrashingDisk published;
  ASSERT_TRUE(publish_before(published).ok());
  std::size_t readings = 0;
  for (const Operation& operation : operations()) {
    std::vector<std::unique_ptr<CrashingDisk>> moments;
    for (bool is_over = false; !is_over;) {
      moments.push_back(std::make_unique<CrashingDisk>(published));
      CrashingDisk& disk = *moments.back();
      disk.cut_before(moments.size() - 1);
      is_over = operation.run(disk).ok() && !disk.is_cut();
      disk.crash({Aftermath::Names::kAll, Aftermath::Bytes::kAll, 0});
    }
    for (std::size_t later = 1; later < moments.size(); ++later) {
      for (std::size_t requests = 1; requests < 7; ++requests) {
        Host host(*moments[0]);
        std::size_t count = 0;
        host.before_fetch = [&] {
          if (count++ == requests) host.move_to(*moments[later]);
        };
        Device device(publisher_.root_text);
        const Status fresh = device.refresh(host, kLater);
        ASSERT_TRUE(fresh.ok()) << fresh.error().message << "\n"
                                << operation.name << ", effect " << later << " came before request "
                                << requests;
        const Result<std::string> got = device.get(host, "notes/readme");
        ASSERT_TRUE(got.ok()) << got.error().message << "\n" << operation.name << " " << later;
        ++readings;
      }
    }
  }
  std::printf("%zu refreshes while something was published\n", readings);
  EXPECT_GT(readings, 500U);
}

TEST_F(PublishCrash, ADiskThatFailsAtAnyMomentIsAnErrorAndReadersGoOn) {
  CrashingDisk published;
  ASSERT_TRUE(publish_before(published).ok());
  std::size_t faults = 0;
  for (const Operation& operation : operations()) {
    for (const disk::Fault fault : {disk::Fault::kNoSpace, disk::Fault::kInputOutput}) {
      for (std::size_t point = 0;; ++point) {
        CrashingDisk disk(published);
        disk.fail_at(point, fault);
        const Status done = operation.run(disk);
        if (point >= disk.effects()) break;
        EXPECT_TRUE(done.ok() || !done.error().message.empty());
        ++faults;
        Device device(publisher_.root_text);
        const Result<std::string> got = read(device, disk);
        ASSERT_TRUE(got.ok()) << got.error().message << "\n" << operation.name << " " << point;
        const Status again = operation.run(disk);
        ASSERT_TRUE(again.ok()) << again.error().message << "\n" << operation.name << " " << point;
        Device other(publisher_.root_text);
        ASSERT_TRUE(read(other, disk).ok()) << operation.name << " " << point;
      }
    }
  }
  std::printf("%zu faults of the disk\n", faults);
}

}  // namespace
}  // namespace slipway::publish
