#include "engines/cache_key.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "base/files.h"
#include "base/mapped_file.h"
#include "base/str.h"
#include "kernels/simd/isa.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace slipway::engines {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFactBytes = 4096;

std::string hex(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::string text;
  for (const unsigned char byte : canonical.digest) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 15U];
  }
  return text;
}

std::string hash_bytes(std::span<const std::byte> bytes) {
  return hex(XXH3_128bits(bytes.data(), bytes.size()));
}

// The locations of external data: entries of a message whose key is "location" (StringStringEntry:
// field 1 the key, field 2 the value), as every writer of protobuf lays them out. What looks like
// one and is none does no harm: it names no file.
std::vector<std::string> external_locations(std::span<const std::byte> model) {
  constexpr std::string_view kEntry = "\x0a\x08location\x12";
  constexpr std::size_t kMostFiles = 4096;
  const std::string_view text(reinterpret_cast<const char*>(model.data()), model.size());
  std::vector<std::string> found;
  for (std::size_t at = text.find(kEntry);
       at != std::string_view::npos && found.size() < kMostFiles;
       at = text.find(kEntry, at + kEntry.size())) {
    std::size_t next = at + kEntry.size();
    std::size_t size = 0;
    for (unsigned shift = 0; next < text.size() && shift < 21; shift += 7) {
      const auto byte = static_cast<unsigned char>(text[next++]);
      size |= static_cast<std::size_t>(byte & 127U) << shift;
      if (byte < 128) break;
    }
    std::string name(text.substr(next, size));
    // Engines read nothing outside the model's folder.
    if (fs::path(name).is_absolute() || name.find("..") != std::string::npos ||
        name.find('\0') != std::string::npos)
      continue;
    if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(name);
  }
  return found;
}

// A file's text in one line; "" where it is not there. Files of /proc state no size.
std::string fact(const fs::path& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "r"),
                                                               std::fclose);
  if (stream == nullptr) return "";
  std::string text(kMostFactBytes, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stream.get()));
  return text;
}

std::string line_after(const std::string& text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string::npos) return "";
  const std::size_t from = text.find_first_not_of(": \t", at + label.size());
  if (from == std::string::npos) return "";
  return text.substr(from, text.find('\n', from) - from);
}

std::string or_none(const std::string& text) { return text.empty() ? "none" : text; }

}  // namespace

std::string CacheKey::digest() const {
  std::string all;
  for (const KeyPart& part : parts)
    all += str(part.name.size(), ":", part.name, part.value.size(), ":", part.value);
  return hash_bytes(std::as_bytes(std::span(all)));
}

Machine Machine::here(const fs::path& root) {
  Machine machine;
  const std::string processor = fact(root / "proc/cpuinfo");
  std::string model = line_after(processor, "model name");
  if (model.empty()) {  // AArch64 states numbers
    model = str(line_after(processor, "CPU implementer"), " ", line_after(processor, "CPU part"));
  }
  machine.processor = str(model, ", ", isa_name(best_isa()));
  // The first line of each: "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14 ...".
  machine.driver = line_after(fact(root / "proc/driver/nvidia/version"), "NVRM version");
  const std::string board = fact(root / "etc/nv_tegra_release");
  if (!board.empty()) machine.driver += str(" ", board.substr(0, board.find('\n')));
  std::error_code error;
  std::vector<std::string> devices;
  for (fs::directory_iterator at(root / "proc/driver/nvidia/gpus", error), end;
       !error && at != end && devices.size() < 64; at.increment(error))
    devices.push_back(line_after(fact(at->path() / "information"), "Model"));
  std::sort(devices.begin(), devices.end());
  machine.devices = or_none(join(devices));
  machine.driver = or_none(machine.driver);
  return machine;
}

Result<std::string> hash_model(const fs::path& model) {
  const std::shared_ptr<const MappedFile> file = TRY(MappedFile::open(model));
  std::string hash = hash_bytes(file->bytes());
  for (const std::string& location : external_locations(file->bytes())) {
    const auto data = MappedFile::open(model.parent_path() / location);
    if (data.ok()) hash += str("+", hash_bytes((*data)->bytes()));
  }
  return hash;
}

Result<CacheKey> key_of(std::string_view engine, std::string_view library, const Subject& subject,
                        std::initializer_list<std::string_view> without) {
  CacheKey key;
  key.add("engine", engine);
  key.add("model", TRY(hash_model(subject.model)));
  key.add("library", library);
  const Machine machine = Machine::here();
  key.add("driver", machine.driver);
  key.add("device", str(machine.processor, "; ", machine.devices));
  std::vector<std::string> options;
  for (const auto& [name, value] : subject.options) {
    if (std::find(without.begin(), without.end(), name) == without.end())
      options.push_back(str(name, "=", value));
  }
  key.add("options", join(options));
  std::vector<std::string> dims = {str("batch=", subject.batch)};
  for (const auto& [name, extent] : subject.dims) dims.push_back(str(name, "=", extent));
  key.add("shapes", join(dims));
  key.add("threads", str(subject.threads));
  return key;
}

namespace {

// Whether this address is in the program or shared object.
bool holds(const dl_phdr_info& object, std::uintptr_t address) {
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = object.dlpi_phdr[i];
    const std::uintptr_t begin = object.dlpi_addr + header.p_vaddr;
    if (header.p_type == PT_LOAD && begin <= address && address < begin + header.p_memsz)
      return true;
  }
  return false;
}

}  // namespace

// Of the program or shared object that this code is in.
std::string build_id() {
  std::string id;
  dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t /*size*/, void* to) {
        if (!holds(*object, reinterpret_cast<std::uintptr_t>(&build_id))) return 0;
        for (int i = 0; i < object->dlpi_phnum; ++i) {
          const ElfW(Phdr)& header = object->dlpi_phdr[i];
          if (header.p_type != PT_NOTE) continue;
          const auto* at = reinterpret_cast<const char*>(object->dlpi_addr + header.p_vaddr);
          const char* const end = at + header.p_memsz;
          while (end - at >= static_cast<std::ptrdiff_t>(sizeof(ElfW(Nhdr)))) {
            ElfW(Nhdr) note;
            std::memcpy(&note, at, sizeof note);
            const auto padded = [](std::size_t bytes) { return (bytes + 3) / 4 * 4; };
            const char* const name = at + sizeof note;
            const char* const value = name + padded(note.n_namesz);
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
                std::memcmp(name, "GNU", 4) == 0) {
              *static_cast<std::string*>(to) =
                  hash_bytes(std::as_bytes(std::span(value, note.n_descsz)));
              return 1;
            }
            at = value + padded(note.n_descsz);
          }
        }
        return 1;
      },
      &id);
  if (!id.empty()) return id;
  // A linker that leaves no note: the file's size and time tell builds apart.
  std::error_code error;
  Dl_info object;
  fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (dladdr(reinterpret_cast<const void*>(&build_id), &object) != 0 &&
      object.dli_fname != nullptr && fs::is_regular_file(object.dli_fname, error)) {
    self = object.dli_fname;
  }
  return str(fs::file_size(self, error), ".",
             fs::last_write_time(self, error).time_since_epoch().count());
}

}  // namespace slipway::engines
