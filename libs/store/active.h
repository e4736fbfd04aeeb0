// Which version of a name is active, and which one a rollback goes back to: two small files.
//
// `now` says what is active. `back@VERSION`, made before VERSION became active, is what `now` will
// be after a rollback from it: a rename, which needs no space. Each tells what the other does, so
// that one that is damaged is made again from the other.
#pragma once

#include <string>

#include "base/result.h"
#include "store/layout.h"
#include "store/sealed.h"

namespace slipway::store {

// After a rollback from `state`.
Switch reversed(const Switch& state);

bool has_back(Disk& disk, const Layout& at, const std::string& name, const Switch& state);
// On disk when it returns.
Status prepare_back(Disk& disk, const Layout& at, const std::string& name, const Switch& state);

enum class Restored : std::uint8_t { kNothing, kFromBack };
// Puts a name's folder in order: a damaged `now` is restored where it can be, what is of no use is
// removed, what is missing is made, as far as that is possible now.
Restored put_active_right(Disk& disk, const Layout& at, const std::string& name);

}  // namespace slipway::store
