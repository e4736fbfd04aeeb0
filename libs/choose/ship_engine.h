// A built engine, taken along with the model that it was built of.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace slipway::choose {

// Copies from the folder where engines are kept (engines/cache.h) the one of this model that was
// used last, its key in it, with what its library keeps beside it. `folder` is made. An engine that
// is opened with it as its cache finds it there, on a machine to which the key fits. kNotFound
// where the folder has none of this model. Returns the engine's file.
Result<std::filesystem::path> ship_engine(const std::filesystem::path& cache,
                                          const std::filesystem::path& model,
                                          const std::filesystem::path& folder);

}  // namespace slipway::choose
