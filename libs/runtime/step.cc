#include "runtime/step.h"

#include "base/str.h"

namespace slipway::runtime {

void* Pool::allocate(std::size_t bytes) {
  constexpr std::size_t kBlockBytes = 16384;
  constexpr std::size_t kAlign = 64;
  const std::size_t whole = (bytes + kAlign - 1) / kAlign * kAlign;
  if (whole > left_) {
    left_ = whole > kBlockBytes ? whole : kBlockBytes;
    blocks_.push_back(std::make_unique<std::byte[]>(left_ + kAlign));
    std::byte* const start = blocks_.back().get();
    next_ = start + (kAlign - reinterpret_cast<std::uintptr_t>(start) % kAlign);
  }
  std::byte* const taken = next_;
  next_ += whole;
  left_ -= whole;
  return taken;
}

Error Binder::error(std::string_view reason) const {
  return {Code::kInvalid, str("step '", shorten(name), "' of the plan cannot run: ", reason)};
}

Status Binder::expect(std::size_t least, std::size_t most, std::size_t count) const {
  if (inputs.size() < least || inputs.size() > most || outputs.size() != count) {
    return error("it has the wrong number of operands");
  }
  for (std::size_t i = 0; i < least; ++i) {
    if (inputs[i] == nullptr) return error(str("its input ", i, " is left out"));
  }
  for (const Operand* output : outputs) {
    if (output == nullptr) return error("an output is left out");
  }
  return {};
}

Status Binder::expect_type(DType dtype) const {
  for (const auto operands : {inputs, outputs}) {
    for (const Operand* operand : operands) {
      if (operand != nullptr && operand->dtype != dtype) {
        return error(
            str("an operand is ", slipway::name(operand->dtype), ", not ", slipway::name(dtype)));
      }
    }
  }
  return {};
}

Status Binder::expect_plain() const {
  for (const auto operands : {inputs, outputs}) {
    for (const Operand* operand : operands) {
      if (operand != nullptr && operand->layout != plan::Layout::kPlain) {
        return error("an operand has a blocked layout");
      }
    }
  }
  return {};
}

}  // namespace slipway::runtime
