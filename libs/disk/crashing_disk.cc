#include "disk/crashing_disk.h"

#include <algorithm>

#include "base/str.h"

namespace slipway::disk {
namespace {

std::uint64_t blocks(std::uint64_t bytes) {
  constexpr std::uint64_t kBlock = CrashingDisk::kBlockBytes;
  return (bytes + kBlock - 1) / kBlock * kBlock;
}

Error no_entry(const Path& path) {
  return {Code::kNotFound, str(path.string(), ": No such file or directory")};
}

Error refused(const Path& path, std::string_view why) {
  return {Code::kIo, str(path.string(), ": ", why)};
}

}  // namespace

// A file of the disk that was open when it was made, and does nothing after a crash.
class CrashingFile : public File {
 public:
  CrashingFile(CrashingDisk& disk, std::uint64_t id, Path path)
      : disk_(disk), id_(id), path_(std::move(path)), boots_(disk.boots_) {}

  Status write(std::span<const std::byte> bytes) override {
    TRY(expect_power());
    return disk_.write_to(id_, path_, bytes);
  }
  Status zeros(std::uint64_t count) override {
    TRY(expect_power());
    return disk_.write_zeros(id_, path_, count);
  }
  Status sync() override {
    TRY(expect_power());
    return disk_.sync_file(id_, path_);
  }

 private:
  Status expect_power() const {
    if (disk_.boots_ == boots_) return {};
    return refused(path_, "it was opened before the power was cut");
  }

  CrashingDisk& disk_;
  std::uint64_t id_;
  Path path_;
  std::uint64_t boots_;
};

class CrashingLock : public Lock {
 public:
  CrashingLock(CrashingDisk& disk, Path path)
      : disk_(disk), path_(std::move(path)), boots_(disk.boots_) {}
  CrashingLock(const CrashingLock&) = delete;
  CrashingLock& operator=(const CrashingLock&) = delete;
  ~CrashingLock() override {
    if (disk_.boots_ == boots_) disk_.locks_.erase(path_);
  }

 private:
  CrashingDisk& disk_;
  Path path_;
  std::uint64_t boots_;
};

CrashingDisk::CrashingDisk(std::uint64_t capacity_bytes) : capacity_bytes_(capacity_bytes) {
  nodes_[kRoot].is_folder = true;
}

CrashingDisk::CrashingDisk(const CrashingDisk& other)
    : nodes_(other.nodes_),
      changes_(other.changes_),
      next_id_(other.next_id_),
      capacity_bytes_(other.capacity_bytes_) {}

void CrashingDisk::fail_at(std::size_t effect, Fault fault, bool stays) {
  fault_ = effect;
  fault_kind_ = fault;
  fault_stays_ = stays;
}

Status CrashingDisk::begin_look() const {
  if (is_cut_) return Error{Code::kIo, "the power is cut"};
  return {};
}

Status CrashingDisk::begin_effect(std::string_view what, const Path& path) {
  if (effects_ >= cut_) is_cut_ = true;
  TRY(begin_look());
  const std::size_t effect = effects_++;
  journal_.push_back(str(what, " ", path.string()));
  if (effect != fault_ && !(fault_stays_ && effect > fault_)) return {};
  if (fault_kind_ == Fault::kNoSpace) {
    return Error{Code::kTooLarge,
                 str("cannot ", what, " ", path.string(), ": No space left on device")};
  }
  return refused(path, str("cannot ", what, ": Input/output error"));
}

Result<CrashingDisk::Id> CrashingDisk::find(const Path& path) const {
  TRY(begin_look());
  Id id = kRoot;
  for (std::string_view rest = path.native(); !rest.empty();) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    const Node& folder = nodes_.at(id);
    const auto found = folder.names.find(part);
    if (!folder.is_folder || found == folder.names.end()) return no_entry(path);
    id = found->second;
  }
  return id;
}

Result<CrashingDisk::Id> CrashingDisk::find_file(const Path& path) const {
  const Id id = TRY(find(path));
  if (nodes_.at(id).is_folder) return refused(path, "it is not a regular file");
  return id;
}

Result<CrashingDisk::Id> CrashingDisk::find_folder(const Path& path) const {
  const Id id = TRY(find(path));
  if (!nodes_.at(id).is_folder) return no_entry(path);
  return id;
}

Result<CrashingDisk::Place> CrashingDisk::place_of(const Path& path) const {
  const Id folder = TRY(find_folder(path.parent_path()));
  return Place{folder, path.filename().string()};
}

CrashingDisk::Id CrashingDisk::at(const Place& place) const {
  const Names& names = nodes_.at(place.folder).names;
  const auto found = names.find(place.name);
  return found == names.end() ? 0 : found->second;
}

CrashingDisk::Id CrashingDisk::add_node(bool is_folder) {
  const Id id = next_id_++;
  nodes_[id].is_folder = is_folder;
  return id;
}

void CrashingDisk::change(Change change) {
  if (change.from.folder != 0) nodes_.at(change.from.folder).names.erase(change.from.name);
  Names& names = nodes_.at(change.to.folder).names;
  if (change.id == 0) {
    names.erase(change.to.name);
  } else {
    names[change.to.name] = change.id;
  }
  changes_.push_back(std::move(change));
}

void CrashingDisk::damage(const Path& path, std::uint64_t offset) {
  Node& node = nodes_.at(find_file(path).value());
  for (std::string* bytes : {&node.bytes, &node.synced}) {
    if (offset < bytes->size()) (*bytes)[offset] = static_cast<char>(~(*bytes)[offset]);
  }
}

std::vector<std::pair<std::string, CrashingDisk::Id>> CrashingDisk::paths() const {
  std::vector<std::pair<std::string, Id>> found;
  std::vector<std::pair<std::string, Id>> open = {{"", kRoot}};
  while (!open.empty()) {
    const auto [path, folder] = open.back();
    open.pop_back();
    for (const auto& [name, id] : nodes_.at(folder).names) {
      found.emplace_back(str(path, "/", name), id);
      if (nodes_.at(id).is_folder) open.push_back(found.back());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> CrashingDisk::tree() const {
  std::vector<std::string> lines;
  for (const auto& [path, id] : paths()) lines.push_back(path);
  return lines;
}

std::string CrashingDisk::content() const {
  std::map<Id, std::string> first_names;
  std::string text;
  for (const auto& [path, id] : paths()) {
    const Node& node = nodes_.at(id);
    const auto [name, is_first] = first_names.emplace(id, path);
    text += str(path, node.is_folder ? "/" : "", " ", name->second, " ", node.reserved, " ");
    if (is_first) text += str(node.bytes.size(), " ", node.bytes);
    text += '\n';
  }
  return text;
}

std::uint64_t CrashingDisk::used_bytes() const {
  std::uint64_t used = 0;
  for (const Id id : reachable(/*on_disk=*/false)) used += nodes_.at(id).taken_bytes();
  return used;
}

std::uint64_t CrashingDisk::Node::taken_bytes() const {
  return is_folder ? kBlockBytes : blocks(std::max<std::uint64_t>(bytes.size(), reserved));
}

std::uint64_t CrashingDisk::free_now() const {
  if (capacity_bytes_ == kNoLimit) return kNoLimit;
  const std::uint64_t used = used_bytes();
  return used < capacity_bytes_ ? capacity_bytes_ - used : 0;
}

Status CrashingDisk::expect_space(const Path& path, std::uint64_t more_bytes) const {
  if (more_bytes <= free_now()) return {};
  return Error{Code::kTooLarge, str(path.string(), ": No space left on device")};
}

Status CrashingDisk::write_to(Id id, const Path& path, std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Status begun = begin_effect("write", path);
  if (is_cut_) return begun;
  Node& node = nodes_.at(id);
  if (!begun.ok()) {
    node.bytes += text.substr(0, text.size() / 2);
    return begun;
  }
  const std::uint64_t has = node.taken_bytes();
  const std::uint64_t needs = blocks(node.bytes.size() + text.size());
  Status has_space = needs > has ? expect_space(path, needs - has) : Status();
  if (!has_space.ok()) {
    node.bytes += text.substr(0, has + free_now() / kBlockBytes * kBlockBytes - node.bytes.size());
    return has_space;
  }
  node.bytes += text;
  return {};
}

// On this disk they take space as other bytes do.
Status CrashingDisk::write_zeros(Id id, const Path& path, std::uint64_t count) {
  const std::string zeros(count, '\0');
  return write_to(id, path, std::as_bytes(std::span(zeros)));
}

Status CrashingDisk::sync_file(Id id, const Path& path) {
  Status begun = begin_effect("sync", path);
  if (is_cut_) return begun;
  Node& node = nodes_.at(id);
  if (!begun.ok()) {
    node.is_lost = true;
    return begun;
  }
  if (node.is_lost) return {};
  node.synced = node.bytes;
  node.reserved_synced = node.reserved;
  return {};
}

Result<std::unique_ptr<File>> CrashingDisk::create(const Path& path) {
  TRY(begin_effect("create", path));
  const Place place = TRY(place_of(path));
  const Id old = at(place);
  if (old != 0 && nodes_.at(old).is_folder) return refused(path, "it is a folder");
  if (old != 0) change({.to = place, .id = 0, .from = {}});
  const Id id = add_node(/*is_folder=*/false);
  change({.to = place, .id = id, .from = {}});
  return std::unique_ptr<File>(std::make_unique<CrashingFile>(*this, id, path));
}

Result<std::unique_ptr<File>> CrashingDisk::append(const Path& path) {
  Result<Id> found = find_file(path);
  if (!found.ok()) {
    if (found.error().code != Code::kNotFound) return found.error();
    return create(path);
  }
  return std::unique_ptr<File>(std::make_unique<CrashingFile>(*this, *found, path));
}

Status CrashingDisk::make_folder(const Path& path) {
  TRY(begin_effect("make_folder", path));
  const Place place = TRY(place_of(path));
  if (const Id old = at(place); old != 0) {
    if (nodes_.at(old).is_folder) return {};
    return refused(path, "something else has that name");
  }
  TRY(expect_space(path, kBlockBytes));
  change({.to = place, .id = add_node(/*is_folder=*/true), .from = {}});
  return {};
}

Status CrashingDisk::rename(const Path& from, const Path& to) {
  TRY(begin_effect(str("rename ", from.string(), " to"), to));
  const Place source = TRY(place_of(from));
  const Place target = TRY(place_of(to));
  const Id moved = at(source);
  if (moved == 0) return no_entry(from);
  const Id replaced = at(target);
  if (replaced != 0 && (nodes_.at(moved).is_folder || nodes_.at(replaced).is_folder))
    return refused(to, "that name is taken");
  if (replaced == moved) return {};
  change({.to = target, .id = moved, .from = source});
  return {};
}

Status CrashingDisk::link(const Path& file, const Path& name) {
  TRY(begin_effect(str("link ", file.string(), " as"), name));
  const Id id = TRY(find_file(file));
  const Place place = TRY(place_of(name));
  if (at(place) != 0) return refused(name, "File exists");
  change({.to = place, .id = id, .from = {}});
  return {};
}

Status CrashingDisk::remove(const Path& path) {
  TRY(begin_effect("remove", path));
  const Place place = TRY(place_of(path));
  const Id id = at(place);
  if (id == 0) return no_entry(path);
  if (!nodes_.at(id).names.empty()) return refused(path, "Directory not empty");
  change({.to = place, .id = 0, .from = {}});
  return {};
}

Status CrashingDisk::sync_folder(const Path& path) {
  TRY(begin_effect("sync_folder", path));
  const Id folder = TRY(find_folder(path));
  for (std::size_t i = 0; i < changes_.size();) {
    if (changes_[i].to.folder != folder) {
      ++i;
      continue;
    }
    i -= put_on_disk(i) - 1;
  }
  return {};
}

Status CrashingDisk::reserve(const Path& path, std::uint64_t bytes) {
  TRY(begin_effect("reserve", path));
  Node& node = nodes_.at(TRY(find_file(path)));
  const std::uint64_t has = node.taken_bytes();
  if (blocks(bytes) <= has) return {};
  TRY(expect_space(path, blocks(bytes) - has));
  node.reserved = blocks(bytes);
  return {};
}

Status CrashingDisk::shorten(const Path& path, std::uint64_t bytes) {
  TRY(begin_effect("shorten", path));
  Node& node = nodes_.at(TRY(find_file(path)));
  if (bytes > node.bytes.size()) return refused(path, "it has fewer bytes");
  node.bytes.resize(bytes);
  // What a failed sync lost before that place stays lost.
  if (node.is_lost && !node.synced.starts_with(node.bytes)) return {};
  node.synced = node.bytes;
  node.is_lost = false;
  node.reserved = node.reserved_synced = 0;
  return {};
}

Result<std::unique_ptr<Lock>> CrashingDisk::lock(const Path& path) {
  TRY(begin_look());
  TRY(place_of(path));
  const Path normal = path.lexically_normal();
  if (!locks_.insert(normal).second)
    return refused(path, "held by another process: wait until it has finished");
  return std::unique_ptr<Lock>(std::make_unique<CrashingLock>(*this, normal));
}

Result<Entry> CrashingDisk::look(const Path& path) {
  const Id id = TRY(find(path));
  const Node& node = nodes_.at(id);
  return Entry{.name = path.filename().string(),
               .kind = node.is_folder ? Kind::kFolder : Kind::kFile,
               .bytes = node.bytes.size(),
               .id = id};
}

Result<std::vector<Entry>> CrashingDisk::list(const Path& folder) {
  const Id id = TRY(find_folder(folder));
  std::vector<Entry> entries;
  for (const auto& [name, child] : nodes_.at(id).names) {
    const Node& node = nodes_.at(child);
    entries.push_back({.name = name,
                       .kind = node.is_folder ? Kind::kFolder : Kind::kFile,
                       .bytes = node.bytes.size(),
                       .id = child});
  }
  return entries;
}

Result<std::string> CrashingDisk::read(const Path& path, std::size_t max_bytes) {
  const Node& node = nodes_.at(TRY(find_file(path)));
  if (node.bytes.size() > max_bytes) {
    return Error{Code::kTooLarge, str(path.string(), " has ", node.bytes.size(),
                                      " bytes, more than the ", max_bytes, " accepted")};
  }
  return node.bytes;
}

Result<std::size_t> CrashingDisk::read_at(const Path& path, std::uint64_t offset,
                                          std::span<std::byte> to) {
  const Node& node = nodes_.at(TRY(find_file(path)));
  if (offset >= node.bytes.size()) return std::size_t{0};
  const std::size_t count =
      std::min<std::size_t>(to.size(), node.bytes.size() - static_cast<std::size_t>(offset));
  std::copy_n(std::as_bytes(std::span(node.bytes)).begin() + static_cast<std::ptrdiff_t>(offset),
              count, to.begin());
  return count;
}

void CrashingDisk::read_anew(const Path& path) {
  const Result<Id> id = find_file(path);
  if (!id.ok() || !nodes_.at(*id).is_lost) return;
  Node& node = nodes_.at(*id);
  const std::size_t size = node.bytes.size();
  node.bytes = node.synced;
  node.bytes.resize(size, '\0');
  node.is_lost = false;
}

Result<std::uint64_t> CrashingDisk::free_bytes(const Path& folder) {
  TRY(find_folder(folder));
  return free_now();
}

}  // namespace slipway::disk
