// How a step of a plan becomes a call: a kernel row binds it once, at prepare, and gives back a
// function that every run calls.
//
// bind() is where a plan stops being trusted: it checks everything the kernel will rely on (types,
// layouts, extents, parameters, constant operands) and computes everything that does not change.
// The run function checks nothing, allocates nothing and makes no system call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "kernels/simd/isa.h"
#include "plan/format.h"
#include "plan/kernel_ids.h"
#include "tensor/dtype.h"

namespace slipway::runtime {

// What a run says. Anything but kOk leaves the outputs undefined and the session usable.
enum class RunCode : std::uint8_t {
  kOk,
  kBadPointer,   // a null or misaligned input or output
  kBadIndex,     // an index that the data holds is out of range
  kInterpreter,  // a step run by the reference implementation failed: Session::last_error()
};

// A tensor of the plan at the session's batch.
struct Operand {
  DType dtype = DType::kUndefined;
  plan::Layout layout = plan::Layout::kPlain;
  std::span<const std::int64_t> dims;
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
  const std::byte* constant = nullptr;  // its elements, where the plan holds them
  std::uint32_t slot = 0;               // of the table of pointers

  std::int64_t dim(std::size_t axis) const { return dims[axis]; }
  std::size_t rank() const { return dims.size(); }
};

struct Call {
  std::byte* const* pointers;  // by slot
  std::byte* scratch;          // of this thread, aligned to 64
  std::size_t begin;           // the units of work to do
  std::size_t end;

  template <typename T>
  T* at(std::uint32_t slot) const {
    return reinterpret_cast<T*>(pointers[slot]);
  }
};

using RunStep = RunCode (*)(const void* context, const Call& call);

struct BoundStep {
  RunStep run = nullptr;
  const void* context = nullptr;
  std::size_t units = 1;
};

// A step that the reference implementation runs, made by what knows graphs (libs/compile). Slow,
// allocates, and is named by `slipway compile --explain`.
class Interpreted {
 public:
  virtual ~Interpreted() = default;
  // One pointer per operand, null for one that is left out. False: error() says why.
  virtual bool run(std::span<const std::byte* const> inputs,
                   std::span<std::byte* const> outputs) = 0;
  virtual std::string_view error() const = 0;
};
using MakeInterpreted = Result<std::unique_ptr<Interpreted>> (*)(
    std::span<const std::byte> params, std::span<const Operand* const> inputs,
    std::span<const Operand* const> outputs);

// Memory of a session that lives as long as it does.
class Pool {
 public:
  void* allocate(std::size_t bytes);
  void keep(std::unique_ptr<Interpreted> step) { interpreted_.push_back(std::move(step)); }
  std::span<const std::unique_ptr<Interpreted>> interpreted() const { return interpreted_; }

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::vector<std::unique_ptr<Interpreted>> interpreted_;
};

struct Binder {
  std::string_view name;
  Isa isa = Isa::kScalar;
  std::span<const Operand* const> inputs;  // null: left out
  std::span<const Operand* const> outputs;
  std::span<const std::byte> params_bytes;
  MakeInterpreted make_interpreted = nullptr;
  Pool* pool = nullptr;

  // An error that names the step.
  Error error(std::string_view reason) const;

  // Between `least` and `most` inputs of which the first `least` are there, exactly `count`
  // outputs, all there.
  Status expect(std::size_t least, std::size_t most, std::size_t count) const;
  // All operands that are there have this type; a plain layout.
  Status expect_type(DType dtype) const;
  Status expect_plain() const;

  // The first of the parameters; `rest` is what follows.
  template <typename P>
  Result<P> leading_params(std::span<const std::byte>& rest) const {
    static_assert(std::is_trivially_copyable_v<P>);
    if (params_bytes.size() < sizeof(P)) return error("its parameters have the wrong size");
    P p;
    std::memcpy(&p, params_bytes.data(), sizeof(P));
    rest = params_bytes.subspan(sizeof(P));
    return p;
  }

  // The parameters, which must have exactly this form.
  template <typename P>
  Result<P> params() const {
    static_assert(std::is_trivially_copyable_v<P>);
    if (params_bytes.size() != sizeof(P)) return error("its parameters have the wrong size");
    P p;
    std::memcpy(&p, params_bytes.data(), sizeof(P));
    return p;
  }

  // Zeroed memory for what the run function needs to know.
  template <typename C>
  C* make() const {
    static_assert(std::is_trivially_destructible_v<C>);
    return new (pool->allocate(sizeof(C))) C{};
  }
  template <typename C>
  std::span<C> make_array(std::size_t count) const {
    static_assert(std::is_trivially_destructible_v<C>);
    C* first = static_cast<C*>(pool->allocate(count * sizeof(C)));
    for (std::size_t i = 0; i < count; ++i) new (first + i) C{};
    return {first, count};
  }

  // What bind() must say in the end. Work is split into `units` that may run in any order and on
  // any thread; each thread has scratch_bytes of its own.
  void use(RunStep run, const void* context, std::size_t units = 1, std::size_t scratch_bytes = 0) {
    bound = {run, context, units};
    scratch = scratch_bytes;
  }

  // What a run costs, counted as multiply-adds, where the plan's record counts none.
  std::uint64_t work = 0;

  BoundStep bound;
  std::size_t scratch = 0;
};

// Whether the product of all factors is at most `limit`, without computing what would overflow.
inline bool product_fits(std::initializer_list<std::uint64_t> factors, std::uint64_t limit) {
  std::uint64_t product = 1;
  for (const std::uint64_t factor : factors) {
    if (factor != 0 && product > limit / factor) return false;
    product *= factor;
  }
  return true;
}

struct StepKernel {
  plan::KernelId id;
  const char* name;  // as --explain and profiles show it: "gemm"
  Status (*bind)(Binder&);
  // An output may be the very memory of an input of the same size. Any other overlap is refused.
  bool in_place = false;
};

}  // namespace slipway::runtime
