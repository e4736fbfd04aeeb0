// The files of all versions, each once, by their hash.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "bundle/source.h"
#include "store/layout.h"

namespace slipway::store {

// Hears of bytes that were dealt with; may be empty.
using Bytes = std::function<void(std::uint64_t bytes)>;

// OK when the file has so many bytes with that hash; kInvalid, with what is wrong, when it has not
// or cannot be read, kNotFound when it is not there. In bounded memory.
Status check_file(Disk& disk, const Path& path, const bundle::FileEntry& file,
                  const Bytes& progress = {});

struct Received {
  std::uint64_t copied_bytes = 0;   // read from the source
  std::uint64_t resumed_bytes = 0;  // that were in `part` already
};

// Makes the file `part`, which is there, the object that the source has, on disk when this returns.
// What of it is there is hashed and gone on with; where that leads to another hash, it begins anew.
// kInvalid where the source gives other bytes than `file` says.
Result<Received> receive_object(Disk& disk, bundle::Source& source, const bundle::FileEntry& file,
                                const Path& part, const Bytes& progress = {});

// A file, or a folder with all that is in it, if it is there.
Status remove_tree(Disk& disk, const Path& path);

// Where something has to be removed and nothing can be done if it is not: the next open tries
// again.
void remove_if_possible(Disk& disk, const Path& path);

}  // namespace slipway::store
