// Result<T>: a value, or an Error that names the thing, the reason and the way out.
// Status is Result<void>. TRY(expr) yields the value of a Result or returns its error from the
// enclosing function. No exceptions: usable in code built with -fno-exceptions.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace slipway {

enum class Code : std::uint8_t {
  kUsage,        // the caller asked for something that makes no sense: exit code 2
  kInvalid,      // the file, model or data is malformed
  kUnsupported,  // well-formed, and Slipway cannot do it
  kNotFound,     // a file, value or operator that is named does not exist
  kIo,           // the operating system refused
  kTooLarge,     // a size is beyond what we accept or the machine has
  kInternal,     // our bug
};

struct Error {
  Code code = Code::kInternal;
  std::string message;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // The value; the Result must be ok().
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  // The error; the Result must not be ok().
  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Unit {};

template <>
class [[nodiscard]] Result<void> : public Result<Unit> {
 public:
  Result() : Result<Unit>(Unit{}) {}
  Result(Error error) : Result<Unit>(std::move(error)) {}
};

using Status = Result<void>;

namespace internal {
inline void take_value(Result<void>&&) {}
template <typename T>
T take_value(Result<T>&& result) {
  return std::move(result).value();
}
}  // namespace internal

// NOLINTBEGIN(cppcoreguidelines-macro-usage): a statement expression is what returns early
#define SLIPWAY_TRY(expression, result)                 \
  __extension__({                                       \
    auto result = (expression);                         \
    if (!result.ok()) return std::move(result).error(); \
    ::slipway::internal::take_value(std::move(result)); \
  })
#define SLIPWAY_TRY_NUMBERED(expression, number) SLIPWAY_TRY(expression, slipway_try_##number)
#define SLIPWAY_TRY_COUNTED(expression, number) SLIPWAY_TRY_NUMBERED(expression, number)
// Every use has a variable of its own, so that one TRY may stand inside another.
#define TRY(expression) SLIPWAY_TRY_COUNTED(expression, __COUNTER__)
// NOLINTEND(cppcoreguidelines-macro-usage)

}  // namespace slipway
