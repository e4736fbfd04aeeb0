// The cases that are not compared in full, and why: the only place that says so.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

struct Exception {
  std::string_view pattern;  // regular expression, searched in the path of the case's folder
  std::string_view reason;   // printed and written to docs/operators.md
};

// Not run at all.
std::span<const Exception> skipped_cases();
// Run, and compared by type and shape only: the results are random by definition.
std::span<const Exception> random_cases();
// Run without the shapes that the model states for its inputs, which the data contradict.
std::span<const Exception> open_shape_cases();
// Run, and compared with an absolute tolerance of kNoiseTolerance: the expected numbers are zero
// but for the rounding noise of the library that made them.
std::span<const Exception> noisy_cases();
inline constexpr double kNoiseTolerance = 1e-6;
// Compared within two units in the last place of float16, where the expected values were rounded to
// float16 after every step of the computation.
std::span<const Exception> half_cases();
inline constexpr double kHalfTolerance = 0x1p-9;

// The first row whose pattern is found in the path; null when none is.
const Exception* find_exception(std::span<const Exception> table,
                                const std::filesystem::path& folder);

}  // namespace slipway
