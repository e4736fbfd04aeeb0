#include "tensor/value.h"

#include "base/str.h"

namespace slipway {

std::string describe(const Value& value) {
  if (value.is_tensor()) {
    return str(name(value.tensor().dtype()), shape_text(value.tensor().shape()));
  }
  if (value.is_sequence()) return str("sequence of ", value.sequence().items.size());
  if (value.is_optional()) {
    return value.optional().held.empty() ? "empty optional"
                                         : str("optional ", describe(value.optional().held[0]));
  }
  if (value.is_map()) return str("map of ", value.map().keys.size());
  return "absent";
}

}  // namespace slipway
