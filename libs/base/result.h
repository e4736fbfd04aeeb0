// Result<T>: a value, or an Error that names the thing, the reason and the way out.
// Status is Result<void>. TRY(expr) yields the value of a Result or returns its error from the
// enclosing function. No exceptions: usable in code built with -fno-exceptions.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

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

// The flag and the error stand at the same place whatever T is, so that what makes a Result of an
// error is the same code for every T.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T&& value) : ok_(true), value_(std::move(value)) {}
  Result(const T& value) : ok_(true), value_(value) {}
  Result(Error&& error) : ok_(false), error_(std::move(error)) {}
  Result(const Error& error) : ok_(false), error_(error) {}
  Result(const Result& other) requires std::copy_constructible<T> { take(other); }
  Result(Result&& other) noexcept { take(std::move(other)); }
  Result& operator=(Result other) noexcept {
    destroy();
    take(std::move(other));
    return *this;
  }
  ~Result() { destroy(); }

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }

  // The value; the Result must be ok().
  T& value() & { return value_; }
  const T& value() const& { return value_; }
  T&& value() && { return std::move(value_); }
  T& operator*() & { return value_; }
  const T& operator*() const& { return value_; }
  T&& operator*() && { return std::move(value_); }
  T* operator->() { return &value_; }
  const T* operator->() const { return &value_; }

  // The error; the Result must not be ok().
  Error& error() & { return error_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  template <typename Other>
  void take(Other&& other) {
    static_assert(std::is_nothrow_move_constructible_v<T>);
    ok_ = other.ok_;
    if (ok_) {
      std::construct_at(&value_, std::forward<Other>(other).value_);
    } else {
      std::construct_at(&error_, std::forward<Other>(other).error_);
    }
  }
  void destroy() {
    if (ok_) {
      std::destroy_at(&value_);
    } else {
      std::destroy_at(&error_);
    }
  }

  bool ok_;
  union {
    T value_;
    Error error_;
  };
};

struct Unit {};

template <>
class [[nodiscard]] Result<void> : public Result<Unit> {
 public:
  Result() : Result<Unit>(Unit{}) {}
  Result(Error&& error) : Result<Unit>(std::move(error)) {}
  Result(const Error& error) : Result<Unit>(error) {}
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
