#include "base/mapped_file.h"

#include <sys/mman.h>

#include "base/files.h"
#include "base/str.h"

namespace slipway {

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path) {
  const OpenFile file = TRY(open_to_read(path));
  if (file.size_bytes == 0) return std::shared_ptr<const MappedFile>(new MappedFile({}));
  void* memory =
      mmap(nullptr, file.size_bytes, PROT_READ, MAP_PRIVATE, file.descriptor.number(), 0);
  if (memory == MAP_FAILED) return system_error(str("cannot map ", path.string()));
  return std::shared_ptr<const MappedFile>(
      new MappedFile({static_cast<const std::byte*>(memory), file.size_bytes}));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace slipway
