// TUF metadata of any bytes, as a device meets it: documents with a NUL between them, the first
// letter of each its kind (root, timestamp, snapshot, targets, delegated role). Each is read; what
// can be read can be written, and reads back the same. Then a device that trusts a root of a known
// key gets them in turn, as they are and signed by that key, so that signatures are no wall.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "trust/private_key.h"
#include "trust/trusted_set.h"
#include "trust/write.h"

namespace slipway::trust {
namespace {

constexpr Seconds kNow = 1795000000;

// Of no use to anybody: it is public.
constexpr std::string_view kKey =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIMMw00BOSLureZ1LafMG4EdyIKT/e9IppmeH8N9QbscT\n"
    "-----END PRIVATE KEY-----\n";

void must(bool holds) {
  if (!holds) std::abort();
}

struct Known {
  PrivateKey key = *PrivateKey::from_pem(kKey, {});
  std::string root_text;

  Known() {
    Root root;
    root.version = 1;
    root.is_consistent = true;
    root.expires = kNow + kDay;
    root.keys[key.id()] = key.public_text();
    for (const std::string_view role : {kRoot, kTimestamp, kSnapshot, kTargets})
      root.roles[std::string(role)].keyids = {key.id()};
    root_text = *write(root, {&key, 1});
  }
};

const Known& known() {
  static const Known kKnown;
  return kKnown;
}

// What was read is written to the same text again and again; a name that is not UTF-8 is not.
template <typename Kind, typename Parse>
void check_writing(const Kind& read, const Parse& parse) {
  const Result<std::string> once = write(read, {});
  if (!once.ok()) return;
  const Result<Kind> again = parse(*once);
  must(again.ok());
  must(*write(*again, {}) == *once);
}

// Whether it can be read as what it is.
template <typename Parse>
bool check_parser(std::string_view text, const Parse& parse) {
  const auto read = parse(text);
  if (read.ok()) check_writing(*read, parse);
  return read.ok();
}

bool check_targets(std::string_view text) {
  const Result<Targets> targets = parse_targets(text, kTargets);
  if (!targets.ok()) return false;
  check_writing(*targets, [](std::string_view t) { return parse_targets(t, kTargets); });
  for (const std::string_view path : {"a", "a/b.txt", "", "a/\xff/[b"}) {
    for (const Delegate& delegate : delegates_of(*targets, path)) must(!delegate.name.empty());
  }
  return true;
}

bool check(char kind, std::string_view text) {
  if (kind == 'r') return check_parser(text, parse_root);
  if (kind == 't') return check_parser(text, parse_timestamp);
  if (kind == 's') return check_parser(text, parse_snapshot);
  return check_targets(text);
}

class Device {
 public:
  Device() : trusted_(*TrustedSet::create(known().root_text, kNow)) {}

  void take(char kind, std::string_view text) {
    const Versions before = versions();
    const Status taken = give(kind, text);
    must(taken.ok() || !taken.error().message.empty());
    const Versions after = versions();
    must(after.root >= before.root && after.timestamp >= before.timestamp);
    must(after.snapshot == 0 || after.snapshot >= before.snapshot);
  }

 private:
  struct Versions {
    std::uint64_t root = 0;
    std::uint64_t timestamp = 0;
    std::uint64_t snapshot = 0;
  };
  Versions versions() const {
    Versions all;
    all.root = trusted_.root().version;
    if (has_timestamp_) all.timestamp = trusted_.timestamp().version;
    if (trusted_.has_snapshot()) all.snapshot = trusted_.snapshot().version;
    return all;
  }

  Status give(char kind, std::string_view text) {
    switch (kind) {
      case 'r':
        return trusted_.update_root(text);
      case 't': {
        TRY(finish_roots());
        const Result<bool> taken = trusted_.update_timestamp(text);
        has_timestamp_ = has_timestamp_ || taken.ok();
        return taken.ok() ? Status() : Status(taken.error());
      }
      case 's':
        return trusted_.update_snapshot(text, TrustedSet::Source::kRepository);
      case 'g':
        return trusted_.update_top_targets(text);
      default:
        return give_delegated(text);
    }
  }
  Status finish_roots() {
    if (is_root_final_) return {};
    TRY(trusted_.finish_roots());
    is_root_final_ = true;
    return {};
  }
  Status give_delegated(std::string_view text) {
    const std::string role(kTargets);
    const Targets* const targets = trusted_.targets(role);
    if (targets == nullptr) return {};
    for (const Delegate& delegate : delegates_of(*targets, "a/b.txt")) {
      if (delegate.name == role) continue;
      TRY(trusted_.has_targets(role, delegate));
      TRY(trusted_.update_targets(text, role, delegate));
    }
    return {};
  }

  TrustedSet trusted_;
  bool is_root_final_ = false;
  bool has_timestamp_ = false;
};

}  // namespace
}  // namespace slipway::trust

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  using namespace slipway::trust;
  std::string_view rest(reinterpret_cast<const char*>(data), size_bytes);
  Device device;
  while (!rest.empty()) {
    const std::string_view document = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), document.size() + 1));
    if (document.empty()) continue;
    const std::string_view text = document.substr(1);
    const bool is_readable = check(document[0], text);
    device.take(document[0], text);
    if (!is_readable) continue;
    const slipway::Result<std::string> by_us = add_signature(text, known().key);
    if (by_us.ok()) device.take(document[0], *by_us);
  }
  return 0;
}
