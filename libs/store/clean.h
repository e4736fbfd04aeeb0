// What is left of changes that did not come to their end.
#pragma once

#include "store/layout.h"

namespace slipway::store {

// Removes what neither an installed nor a staged version needs: the trash, stray files, trees that
// were being built, empty folders, objects that nothing names. What cannot be removed now is left
// to the next time: nothing here is in the way of a change. How many bytes the objects had.
std::uint64_t clean(Disk& disk, const Layout& at);

// Writes names to disk that are there already, but perhaps in memory only: a process that was
// killed may have left them.
Status sync_folders(Disk& disk, const Layout& at);

}  // namespace slipway::store
