// FunctionRef<R(Args...)>: a function object to call, whatever its type: for functions that would
// otherwise be compiled once for each that they are given. It refers to what it was made of, so it
// lives no longer than the call.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

namespace slipway {

template <typename Signature>
class FunctionRef;

template <typename R, typename... Args>
class FunctionRef<R(Args...)> {
 public:
  template <typename F>
    requires(std::is_invocable_r_v<R, const F&, Args...> && !std::same_as<F, FunctionRef>)
  FunctionRef(const F& function) : function_(&function), call_(&call<F>) {}

  R operator()(Args... args) const { return call_(function_, std::forward<Args>(args)...); }

 private:
  template <typename F>
  static R call(const void* function, Args... args) {
    return (*static_cast<const F*>(function))(std::forward<Args>(args)...);
  }

  const void* function_;
  R (*call_)(const void*, Args...);
};

}  // namespace slipway
