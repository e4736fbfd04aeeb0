// Which steps of a time axis a model needs, and which of them a window that slides finds computed.
//
// A value has a time axis where each of its positions depends on a stretch of the input's. Padding
// slides along with the window: what reaches beyond an end of the window at one position does not
// at the next, so only the positions in between, [begin, end), are the same from window to window,
// by proof of the graph. Those that later runs need are kept; the others are computed afresh, as
// they are where the window stands still.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "ops/support/window.h"

namespace slipway::compile {

// An axis of an input, and by how many positions it moves from run to run: 0 where the model takes
// the whole window every time.
struct SlidingInput {
  ValueId value = kNoValue;
  std::size_t axis = 0;
  std::int64_t step = 0;
};

struct TimedValue {
  std::size_t axis = 0;
  std::int64_t length = 0;
  std::int64_t step = 0;
  std::int64_t begin = 0;  // positions that are the same from window to window
  std::int64_t end = 0;
  // Where the columns are: position p of this value is position p + shift of the root.
  ValueId root = kNoValue;
  std::int64_t shift = 0;
  // Of a root.
  std::set<std::int64_t> needed;
  std::vector<std::int64_t> columns;  // computed by every run, ascending
  std::int64_t history = 0;           // columns before `end - step` that are kept

  bool is_kept(std::int64_t position) const {
    return position >= end - step - history && position < end - step;
  }
};

// How a node with a time axis is computed.
enum class TimedStep : std::uint8_t {
  kWhole,     // over whole windows, as any other
  kAlias,     // the columns of its input, under another shape or shifted
  kEach,      // column by column
  kConvolve,  // some columns of its input give one
};

struct Window {
  std::map<ValueId, TimedValue> values;
  std::vector<TimedStep> steps;                    // by node
  std::map<std::size_t, WindowAxis> convolutions;  // by node
  std::map<std::size_t, std::int64_t> gathers;     // by node: the one position that it takes
  // Of every node that takes a whole window, why.
  std::vector<std::string> reasons;
  std::uint64_t multiply_adds = 0;        // of the convolutions' columns that are computed
  std::uint64_t whole_multiply_adds = 0;  // of all of them
  std::size_t computed_columns = 0;
  std::size_t whole_columns = 0;

  const TimedValue* find(ValueId id) const {
    const auto found = values.find(id);
    return found == values.end() ? nullptr : &found->second;
  }
};

// The values must be of known shapes, the first axis counting the batch.
Result<Window> follow_window(const Graph& graph, const std::vector<SlidingInput>& inputs);

// Where an axis goes when the time axis takes the second place.
inline std::size_t column_axis(std::size_t axis, std::size_t time) {
  return axis == time ? 1 : (axis != 0 && axis < time ? axis + 1 : axis);
}

}  // namespace slipway::compile
