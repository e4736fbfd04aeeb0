// What a comparison by libs/measure means to a budget.
#pragma once

#include "measure/result.h"
#include "report/report.h"

namespace slipway::choose {

// The drop is, in this order: where there are labels, percentage points of top-1 accuracy lost; for
// an output that is a score per class, the share of samples with another top-1; else the mean error
// of an output as a share of its mean size. The greatest of all outputs counts. What is not finite
// in the candidate alone is infinitely wrong.
report::Accuracy accuracy_of(const measure::CompareResult& compared);

report::LayerError layer_error_of(const measure::LayerError& layer);

}  // namespace slipway::choose
