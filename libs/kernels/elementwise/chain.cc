#include "kernels/elementwise/chain.h"

#include <algorithm>

namespace slipway {
namespace {

constexpr std::size_t kNever = kChainSteps + 1;

std::size_t last_use(std::span<const ChainStep> steps, std::size_t value) {
  std::size_t last = kNever;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].a == value || (steps[i].is_binary && steps[i].b == value)) last = i;
  }
  return last;
}

bool is_valid(const ChainStep& step, std::size_t known) {
  if (step.a >= known) return false;
  if (!step.is_binary) return step.function < static_cast<std::uint8_t>(Unary::kCount);
  return step.b < known && step.function < static_cast<std::uint8_t>(Binary::kCount);
}

// A value in a block: a row of floats, or one float for all of it.
struct Value {
  const float* data;
  bool is_scalar;
};

// Where in the output a block begins, and the offset of every operand there.
struct Place {
  std::size_t at[kChainDims] = {};
  std::ptrdiff_t offset[kChainOperands] = {};
};

Place place_of(const ChainLoop& loop, std::size_t operand_count, std::size_t element) {
  Place place;
  for (std::size_t d = loop.rank; d-- > 0;) {
    place.at[d] = element % loop.extent[d];
    element /= loop.extent[d];
    for (std::size_t o = 0; o < operand_count; ++o) {
      place.offset[o] += static_cast<std::ptrdiff_t>(place.at[d]) * loop.stride[o][d];
    }
  }
  return place;
}

// Moves `count` elements on, which do not reach beyond the end of the innermost run.
void advance(const ChainLoop& loop, std::size_t operand_count, std::size_t count, Place& place) {
  const std::size_t inner = loop.rank - 1;
  place.at[inner] += count;
  for (std::size_t o = 0; o < operand_count; ++o) {
    place.offset[o] += static_cast<std::ptrdiff_t>(count) * loop.stride[o][inner];
  }
  for (std::size_t d = inner; place.at[d] == loop.extent[d] && d != 0; --d) {
    place.at[d] = 0;
    ++place.at[d - 1];
    for (std::size_t o = 0; o < operand_count; ++o) {
      place.offset[o] +=
          loop.stride[o][d - 1] - static_cast<std::ptrdiff_t>(loop.extent[d]) * loop.stride[o][d];
    }
  }
}

bool is_one_float(const ChainLoop& loop, std::size_t operand) {
  const std::ptrdiff_t* const stride = loop.stride[operand];
  return std::all_of(stride, stride + loop.rank, [](std::ptrdiff_t s) { return s == 0; });
}

// Whether the operand is laid out as the output.
bool is_dense(const ChainLoop& loop, std::size_t operand) {
  std::ptrdiff_t size = 1;
  for (std::size_t d = loop.rank; d-- > 0;) {
    if (loop.extent[d] != 1 && loop.stride[operand][d] != size) return false;
    size *= static_cast<std::ptrdiff_t>(loop.extent[d]);
  }
  return true;
}

class Runner {
 public:
  Runner(Isa isa, const ChainProgram& program, float* scratch)
      : unary_(unary_kernels(isa)),
        binary_(binary_kernels(isa)),
        program_(program),
        scratch_(scratch) {}

  float* gather_buffer(std::size_t operand) const { return scratch_ + operand * kChainBlock; }

  // All steps over a block of `count` elements, values[0 .. operand_count) being set.
  void run(Value* values, float* y, std::size_t count) const {
    const std::size_t operands = program_.operand_count;
    const std::size_t last = program_.step_count - std::size_t{1};
    for (std::size_t i = 0; i <= last; ++i) {
      const std::size_t reg = kChainOperands + program_.reg[i];
      float* const to = i == last ? y : scratch_ + reg * kChainBlock;
      values[operands + i] = step(program_.step[i], values, to, count);
    }
    const Value result = values[operands + last];
    if (result.is_scalar) std::fill(y, y + count, *result.data);
  }

 private:
  Value step(const ChainStep& step, const Value* values, float* to, std::size_t count) const {
    const Value a = values[step.a];
    if (!step.is_binary) {
      unary_.of[step.function](a.data, to, a.is_scalar ? 1 : count, step.alpha, step.beta);
      return {to, a.is_scalar};
    }
    const Value b = values[step.b];
    const BinaryKernel& kernel = binary_.of[step.function];
    if (a.is_scalar == b.is_scalar) {
      kernel.both(a.data, b.data, to, a.is_scalar ? 1 : count);
      return {to, a.is_scalar};
    }
    if (b.is_scalar) {
      kernel.right_scalar(a.data, *b.data, to, count);
    } else {
      kernel.left_scalar(*a.data, b.data, to, count);
    }
    return {to, false};
  }

  const UnaryKernels& unary_;
  const BinaryKernels& binary_;
  const ChainProgram& program_;
  float* scratch_;
};

struct Job {
  const Runner& runner;
  const ChainProgram& program;
  const ChainLoop& loop;
  const float* const* operands;
  float* y;
};

void copy_strided(const float* from, std::ptrdiff_t stride, float* to, std::size_t count) {
  if (stride == 0) {
    std::fill(to, to + count, *from);
  } else {
    for (std::size_t i = 0; i < count; ++i) to[i] = from[static_cast<std::ptrdiff_t>(i) * stride];
  }
}

// Blocks that stay within innermost runs.
void run_within_runs(const Job& job, std::size_t begin, std::size_t end) {
  const std::size_t inner = job.loop.rank - 1;
  const std::size_t operand_count = job.program.operand_count;
  const std::size_t longest = job.program.step_count == 1 ? end - begin : kChainBlock;
  Place place = place_of(job.loop, operand_count, begin);
  bool is_strided = false;
  for (std::size_t o = 0; o < operand_count; ++o) {
    is_strided = is_strided || (job.loop.stride[o][inner] != 0 && job.loop.stride[o][inner] != 1);
  }
  for (std::size_t at = begin; at < end;) {
    const std::size_t run = std::min(end - at, job.loop.extent[inner] - place.at[inner]);
    const std::size_t count = std::min(run, is_strided ? kChainBlock : longest);
    Value values[kChainOperands + kChainSteps];
    for (std::size_t o = 0; o < operand_count; ++o) {
      const float* const from = job.operands[o] + place.offset[o];
      const std::ptrdiff_t stride = job.loop.stride[o][inner];
      values[o] = {from, stride == 0};
      if (stride == 0 || stride == 1) continue;
      values[o].data = job.runner.gather_buffer(o);
      copy_strided(from, stride, job.runner.gather_buffer(o), count);
    }
    job.runner.run(values, job.y + at, count);
    advance(job.loop, operand_count, count, place);
    at += count;
  }
}

// Blocks over many short runs: operands that are not laid out as the output are gathered.
void run_across_runs(const Job& job, std::size_t begin, std::size_t end) {
  const std::size_t inner = job.loop.rank - 1;
  const std::size_t operand_count = job.program.operand_count;
  bool dense[kChainOperands] = {};
  bool scalar[kChainOperands] = {};
  for (std::size_t o = 0; o < operand_count; ++o) {
    dense[o] = is_dense(job.loop, o);
    scalar[o] = is_one_float(job.loop, o);
  }
  Place place = place_of(job.loop, operand_count, begin);
  for (std::size_t at = begin; at < end;) {
    const std::size_t count = std::min(end - at, kChainBlock);
    Value values[kChainOperands + kChainSteps];
    for (std::size_t o = 0; o < operand_count; ++o) {
      values[o] = {dense[o] ? job.operands[o] + at : job.runner.gather_buffer(o), scalar[o]};
      if (scalar[o]) values[o].data = job.operands[o];
    }
    for (std::size_t done = 0; done < count;) {
      const std::size_t run = std::min(count - done, job.loop.extent[inner] - place.at[inner]);
      for (std::size_t o = 0; o < operand_count; ++o) {
        if (dense[o] || scalar[o]) continue;
        copy_strided(job.operands[o] + place.offset[o], job.loop.stride[o][inner],
                     job.runner.gather_buffer(o) + done, run);
      }
      advance(job.loop, operand_count, run, place);
      done += run;
    }
    job.runner.run(values, job.y + at, count);
    at += count;
  }
}

}  // namespace

ChainStep ChainStep::of(Unary f, std::size_t a, float alpha, float beta) {
  return {false, static_cast<std::uint8_t>(f), static_cast<std::uint8_t>(a), 0, alpha, beta};
}

ChainStep ChainStep::of(Binary f, std::size_t a, std::size_t b) {
  return {true,
          static_cast<std::uint8_t>(f),
          static_cast<std::uint8_t>(a),
          static_cast<std::uint8_t>(b),
          0,
          0};
}

bool prepare_chain(std::size_t operand_count, std::span<const ChainStep> steps,
                   ChainProgram& program) {
  if (operand_count == 0 || operand_count > kChainOperands) return false;
  if (steps.empty() || steps.size() > kChainSteps) return false;
  program = {};
  program.operand_count = static_cast<std::uint8_t>(operand_count);
  program.step_count = static_cast<std::uint8_t>(steps.size());
  std::size_t free_from[kChainRegisters] = {};  // the step from which a register may be written
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!is_valid(steps[i], operand_count + i)) return false;
    program.step[i] = steps[i];
    if (i + 1 == steps.size()) break;
    std::size_t reg = 0;
    while (reg < kChainRegisters && free_from[reg] > i) ++reg;
    if (reg == kChainRegisters) return false;
    program.reg[i] = static_cast<std::uint8_t>(reg);
    const std::size_t last = last_use(steps, operand_count + i);
    free_from[reg] = last == kNever ? i + 1 : last;  // a step may write over what it reads
  }
  return true;
}

void run_chain(Isa isa, const ChainProgram& program, const ChainLoop& loop,
               const float* const* operands, float* y, std::size_t begin, std::size_t end,
               float* scratch) {
  if (begin >= end) return;
  constexpr std::size_t kShortRun = 32;
  const Runner runner(isa, program, scratch);
  const Job job = {runner, program, loop, operands, y};
  if (loop.rank > 1 && loop.extent[loop.rank - 1] < kShortRun) {
    run_across_runs(job, begin, end);
  } else {
    run_within_runs(job, begin, end);
  }
}

}  // namespace slipway
