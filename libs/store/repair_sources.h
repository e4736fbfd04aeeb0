// Who has what is damaged: bundles that were given, and those of installed versions, which are
// asked for where they are needed.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/source.h"
#include "store/layout.h"

namespace slipway::store {

struct RepairFrom {
  std::span<bundle::Source* const> sources = {};  // asked first, in their order
  // The bundle of an installed version, alive until the repair has ended; else why there is none.
  // Called once for a version, where something that it has is damaged. May be empty.
  std::function<Result<bundle::Source*>(const Id&)> bundle_of = {};
};

class RepairSources {
 public:
  RepairSources(Disk& disk, const Layout& at, const RepairFrom& from)
      : disk_(disk), at_(at), from_(from) {}

  // Those whose manifest names the object: of what was given; else the version's own bundle; else
  // those of other installed versions. kNotFound, with the reason for the version's own, where
  // there are none.
  Result<std::vector<bundle::Source*>> having(const Id& id, const bundle::FileEntry& file);

  // Those of that name and version; maybe none, and then, if that is known, the reason.
  struct OfVersion {
    std::vector<bundle::Source*> sources;
    std::string reason;
  };
  OfVersion of(const Id& id);

 private:
  const Result<bundle::Source*>& bundle_of(const Id& id);

  Disk& disk_;
  const Layout& at_;
  const RepairFrom& from_;
  std::map<std::string, Result<bundle::Source*>> asked_;  // by Id::part()
};

}  // namespace slipway::store
