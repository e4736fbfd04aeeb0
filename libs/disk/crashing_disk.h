// A disk in memory that loses what a power cut would lose: for tests of what must survive one.
//
// Every effect (create, append to a new name, write, sync, make_folder, rename, link, remove,
// sync_folder, reserve, shorten) has a number, from 0 on. A test runs an operation once to count
// them, then once more for each: with the power cut before that effect, or with that effect
// failing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "disk/disk.h"

namespace slipway::disk {

enum class Fault : std::uint8_t { kNoSpace, kInputOutput };

// What became of everything that was not synced when the power was cut.
struct Aftermath {
  enum class Names : std::uint8_t { kNone, kAll, kSome };  // on disk; kSome: by the seed
  enum class Bytes : std::uint8_t { kNone, kAll, kPrefix, kZeros, kGarbage };
  Names names = Names::kNone;
  Bytes bytes = Bytes::kNone;  // kZeros, kGarbage: a prefix, then those up to the full size
  std::uint64_t seed = 0;      // of the subset, and of where bytes are torn

  std::string text() const;  // for a test's message
};

// Names none, all and some subsets, each with every form of bytes.
std::span<const Aftermath> all_aftermaths();

// Paths are taken as they are written: "." and empty parts are left out, ".." is no name here.
//
// A copy is a disk of its own with the same content, on disk and not; files and locks that are open
// stay with the original, which must outlive them.
class CrashingDisk : public Disk {
 public:
  static constexpr std::uint64_t kNoLimit = UINT64_MAX;
  static constexpr std::uint64_t kBlockBytes = 4096;  // what space is counted in

  explicit CrashingDisk(std::uint64_t capacity_bytes = kNoLimit);
  CrashingDisk(const CrashingDisk& other);
  CrashingDisk& operator=(const CrashingDisk&) = delete;
  ~CrashingDisk() override = default;

  // How many effects there were since the disk was made, copied or crashed.
  std::size_t effects() const { return effects_; }
  // One line an effect: "rename /a /b".
  const std::vector<std::string>& journal() const { return journal_; }

  // From that effect on nothing is done, and every call fails, until crash().
  void cut_before(std::size_t effect) { cut_ = effect; }
  // That effect fails, after a part of the bytes when it is a write; those after it too if `stays`.
  void fail_at(std::size_t effect, Fault fault, bool stays = false);
  void set_capacity(std::uint64_t bytes) { capacity_bytes_ = bytes; }
  bool is_cut() const { return is_cut_; }
  // Whether a crash now could leave more than one state.
  bool has_unsynced() const;

  // The power comes back: what is on disk is what was synced, and of the rest what `aftermath`
  // says. Open files and locks are gone, the count starts at 0, cuts and faults are forgotten.
  void crash(const Aftermath& aftermath);

  // The process ends and the power stays: everything is as it was read, open files and locks are
  // gone, the count starts at 0, cuts and faults are forgotten. What was not synced still is not.
  void kill();

  // Bit rot: another byte at a place of a file, on disk and in memory.
  void damage(const Path& path, std::uint64_t offset);
  // Every file and folder, by path.
  std::vector<std::string> tree() const;
  // All that can be read, as text: the same for two disks that nobody can tell apart.
  std::string content() const;
  std::uint64_t used_bytes() const;

  Result<std::unique_ptr<File>> create(const Path& path) override;
  Result<std::unique_ptr<File>> append(const Path& path) override;
  Status make_folder(const Path& path) override;
  Status rename(const Path& from, const Path& to) override;
  Status link(const Path& file, const Path& name) override;
  Status remove(const Path& path) override;
  Status sync_folder(const Path& path) override;
  Status reserve(const Path& path, std::uint64_t bytes) override;
  Status shorten(const Path& path, std::uint64_t bytes) override;
  Result<std::unique_ptr<Lock>> lock(const Path& path) override;
  Result<Entry> look(const Path& path) override;
  Result<std::vector<Entry>> list(const Path& folder) override;
  Result<std::string> read(const Path& path, std::size_t max_bytes) override;
  Result<std::size_t> read_at(const Path& path, std::uint64_t offset,
                              std::span<std::byte> to) override;
  void read_anew(const Path& path) override;
  Result<std::uint64_t> free_bytes(const Path& folder) override;

 private:
  friend class CrashingFile;
  friend class CrashingLock;

  using Id = std::uint64_t;  // of a file or folder; 0: none
  using Names = std::map<std::string, Id, std::less<>>;

  struct Node {
    bool is_folder = false;
    std::string bytes;     // of a file, as it is read
    std::string synced;    // as it is on disk
    bool is_lost = false;  // a sync failed: what is not on disk never will be
    std::uint64_t reserved = 0;
    std::uint64_t reserved_synced = 0;
    Names names;  // of a folder, as it is read
    Names names_synced;

    std::uint64_t taken_bytes() const;
  };

  // An entry of a folder becomes another.
  struct Place {
    Id folder = 0;
    std::string name;
    bool operator==(const Place&) const = default;
  };
  // A change of names that is not on disk yet. `to` becomes `id` and, of a rename, `from` nothing.
  struct Change {
    Place to;
    Id id = 0;
    Place from;  // folder 0: not a rename

    bool touches(const Place& place) const;
  };

  void start_again();

  static constexpr std::size_t kNever = SIZE_MAX;
  static constexpr Id kRoot = 1;

  Result<Id> find(const Path& path) const;
  std::vector<std::pair<std::string, Id>> paths() const;
  Result<Id> find_file(const Path& path) const;
  Result<Id> find_folder(const Path& path) const;
  Result<Place> place_of(const Path& path) const;  // its folder is there
  Id at(const Place& place) const;
  Id add_node(bool is_folder);
  void change(Change change);
  // And before it those that changed the same entries: how many there were in all.
  std::size_t put_on_disk(std::size_t change);
  Status begin_effect(std::string_view what, const Path& path);
  Status begin_look() const;
  std::uint64_t free_now() const;
  Status expect_space(const Path& path, std::uint64_t more_bytes) const;
  Status write_to(Id id, const Path& path, std::span<const std::byte> bytes);
  Status write_zeros(Id id, const Path& path, std::uint64_t count);
  Status sync_file(Id id, const Path& path);
  std::set<Id> reachable(bool on_disk) const;

  std::map<Id, Node> nodes_;
  std::vector<Change> changes_;  // in the order they were made
  std::set<Path> locks_;
  Id next_id_ = kRoot + 1;
  std::uint64_t capacity_bytes_;
  std::uint64_t boots_ = 0;  // files that were opened before a crash do nothing after it
  std::size_t effects_ = 0;
  std::vector<std::string> journal_;
  std::size_t cut_ = kNever;
  std::size_t fault_ = kNever;
  Fault fault_kind_ = Fault::kInputOutput;
  bool fault_stays_ = false;
  bool is_cut_ = false;
};

}  // namespace slipway::disk
