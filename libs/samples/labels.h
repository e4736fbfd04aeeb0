// The right answers of samples: a class each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/result.h"

namespace slipway::samples {

// From a .npy of whole numbers, one a sample ([N] or [N,1]), or from the array `labels`, or the
// only one, of an .npz. There must be `count` of them.
Result<std::vector<std::int64_t>> read_labels(const std::filesystem::path& path, std::size_t count);

// Those that came with the samples: the array `labels` of an .npz file. nullopt where there is
// none.
Result<std::optional<std::vector<std::int64_t>>> labels_beside(const std::filesystem::path& samples,
                                                               std::size_t count);

}  // namespace slipway::samples
