#include "engines/cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>

#include "base/files.h"
#include "base/str.h"
#include "engines/cache_file.h"
#include "engines/values.h"
#include "tensor/convert.h"

namespace slipway::engines {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostSeen = 100'000;  // files of a folder that are looked at
constexpr auto kPoll = std::chrono::milliseconds(50);
constexpr auto kSayAgain = std::chrono::seconds(10);

void say(const Progress& progress, std::string_view what) {
  if (progress) progress(what, -1);
}

// Held by one process at a time, and let go however it ends.
Result<Descriptor> lock(const fs::path& file, const Progress& progress) {
  Descriptor held(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!held.is_open()) return system_error(str("cannot lock ", file.string()));
  Clock::time_point said{};
  while (flock(held.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return system_error(str("cannot lock ", file.string()));
    if (Clock::now() - said > kSayAgain) {
      say(progress, "waiting for another process that builds this engine");
      said = Clock::now();
    }
    std::this_thread::sleep_for(kPoll);
  }
  return held;
}

// What two keys differ in, for people: "differs in driver, options".
std::string difference(const std::vector<KeyPart>& kept, const std::vector<KeyPart>& now) {
  if (kept.size() != now.size()) return "is of another kind";
  std::vector<std::string> names;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (kept[i] != now[i]) names.push_back(now[i].name);
  }
  return names.empty() ? "" : str("differs in ", join(names));
}

double magnitude(std::span<const double> values) {
  double most = 0;
  for (const double x : values) {
    if (std::isfinite(x)) most = std::max(most, std::abs(x));
  }
  return most;
}

// "" where the values are close enough.
Result<std::string> distance(const NamedValue& got, const NamedValue& wanted, double tolerance) {
  const Tensor& a = got.value.tensor();
  const Tensor& b = wanted.value.tensor();
  if (got.name != wanted.name || a.dtype() != b.dtype() || a.shape() != b.shape())
    return str("its output ", shorten(got.name), " is another");
  if (std::ranges::equal(a.bytes(), b.bytes())) return std::string();
  if (tolerance == 0) return str("its output ", got.name, " has other bits");
  const Tensor x = TRY(cast(a, DType::kFloat64));
  const Tensor y = TRY(cast(b, DType::kFloat64));
  const double most = tolerance * magnitude(y.data<double>());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double p = x.data<double>()[i];
    const double q = y.data<double>()[i];
    const bool is_same = p == q || (std::isnan(p) && std::isnan(q)) || std::abs(p - q) <= most;
    if (!is_same) return str("its output ", got.name, " is ", p, " where it was ", q);
  }
  return std::string();
}

class Folder {
 public:
  Folder(const Cached& cached, const Progress& progress)
      : cached_(cached),
        progress_(progress),
        name_(str(cached.stem, "-", cached.key.digest())),
        file_(cached.folder / (name_ + ".engine")),
        own_(cached.folder / (name_ + ".files")) {}

  Result<std::unique_ptr<Session>> open() {
    std::error_code error;
    fs::create_directories(cached_.folder, error);
    if (error) {
      return Error{Code::kIo, str("cannot make the folder ", cached_.folder.string(), ": ",
                                  error.message(), ": name another for built engines")};
    }
    const Descriptor held = TRY(lock(cached_.folder / (name_ + ".lock"), progress_));
    Result<std::unique_ptr<Session>> kept = use_kept();
    if (kept.ok()) {
      fs::last_write_time(file_, fs::file_time_type::clock::now(), error);  // it was used
      return kept;
    }
    if (kept.error().code != Code::kNotFound) {
      say(progress_, str("the kept engine ", file_.string(),
                         " cannot be used: ", kept.error().message, "; building it again"));
    } else {
      say(progress_, str("building the engine of ", cached_.stem, reason()));
    }
    return build();
  }

 private:
  Result<std::unique_ptr<Session>> use_kept() {
    CacheEntry entry = TRY(read_entry(file_));
    const std::string other = difference(entry.key, cached_.key.parts);
    if (!other.empty()) return Error{Code::kInvalid, str("it ", other)};
    auto session = TRY(cached_.open(entry.payload, entry.owner, own_));
    Values values = TRY(Values::create(*session, entry.golden.inputs));
    TRY(values.run());
    const std::vector<NamedValue> got = values.outputs();
    if (got.size() != entry.golden.outputs.size())
      return Error{Code::kInvalid, "it has other outputs than it had"};
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::string apart = TRY(distance(got[i], entry.golden.outputs[i], cached_.tolerance));
      if (!apart.empty()) return Error{Code::kInvalid, apart};
    }
    session->reset();
    return session;
  }

  Result<std::unique_ptr<Session>> build() {
    remove_remains();
    std::error_code error;
    fs::create_directories(own_, error);
    auto bytes = std::make_shared<Tensor>();
    {
      const std::vector<std::byte> built = TRY(cached_.build(own_));
      *bytes = TRY(Tensor::create(DType::kUint8, {static_cast<std::int64_t>(built.size())}));
      if (!built.empty()) std::memcpy(bytes->mutable_bytes().data(), built.data(), built.size());
    }
    const std::span<const std::byte> payload = bytes->bytes();
    auto session = TRY(cached_.open(payload, bytes, own_));
    Golden golden;
    golden.inputs = TRY(sample_inputs(*session, 1));
    Values values = TRY(Values::create(*session, golden.inputs));
    TRY(values.run());
    golden.outputs = values.outputs();
    session->reset();
    if (fs::is_empty(own_, error)) fs::remove(own_, error);
    const Status kept = write_entry(file_, cached_.key, golden, payload);
    if (!kept.ok()) say(progress_, str("the built engine cannot be kept: ", kept.error().message));
    forget_oldest();
    return session;
  }

  // Why nothing is kept under this key, where an engine of the same model is kept under another.
  std::string reason() const {
    std::string found;
    std::size_t fewest = cached_.key.parts.size();
    std::error_code error;
    std::size_t seen = 0;
    for (fs::directory_iterator at(cached_.folder, error), end;
         !error && at != end && seen < kMostSeen; at.increment(error), ++seen) {
      const std::string name = at->path().filename().string();
      if (!name.starts_with(cached_.stem + "-") || !name.ends_with(".engine")) continue;
      const auto entry = read_entry(at->path());
      if (!entry.ok() || entry->key.size() != cached_.key.parts.size() ||
          entry->key[0] != cached_.key.parts[0])  // of another engine
        continue;
      std::size_t apart = 0;
      for (std::size_t i = 0; i < entry->key.size(); ++i)
        apart += entry->key[i] == cached_.key.parts[i] ? 0 : 1;
      if (apart >= fewest) continue;
      fewest = apart;
      found = difference(entry->key, cached_.key.parts);
    }
    return found.empty() ? "" : str(": the one that is kept ", found);
  }

  // Nobody else writes under this key while it is locked: what lies there was left by one that
  // was stopped.
  void remove_remains() const {
    std::error_code error;
    fs::remove_all(own_, error);
    std::vector<fs::path> remains;
    std::size_t seen = 0;
    for (fs::directory_iterator at(cached_.folder, error), end;
         !error && at != end && seen < kMostSeen; at.increment(error), ++seen) {
      const std::string name = at->path().filename().string();
      if (name.find(name_ + ".engine.") != std::string::npos) remains.push_back(at->path());
    }
    for (const fs::path& path : remains) fs::remove(path, error);
  }

  void forget_oldest() const {
    std::vector<std::pair<fs::file_time_type, fs::path>> kept;
    std::error_code error;
    for (fs::directory_iterator at(cached_.folder, error), end;
         !error && at != end && kept.size() < kMostSeen; at.increment(error)) {
      if (at->path().extension() == ".engine")
        kept.emplace_back(at->last_write_time(error), at->path());
    }
    if (kept.size() <= kMostKept) return;
    std::sort(kept.begin(), kept.end());
    kept.resize(kept.size() - kMostKept);
    for (const auto& [time, path] : kept) {
      if (path == file_) continue;
      fs::remove(path, error);
      for (const char* extension : {".files", ".lock"})
        fs::remove_all(fs::path(path).replace_extension(extension), error);
    }
  }

  const Cached& cached_;
  const Progress& progress_;
  std::string name_;
  fs::path file_;
  fs::path own_;
};

}  // namespace

Result<std::unique_ptr<Session>> open_cached(const Cached& cached, const Progress& progress) {
  return Folder(cached, progress).open();
}

}  // namespace slipway::engines
