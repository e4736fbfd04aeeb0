// A recipe of any bytes: an error that says where, or a recipe whose targets can be chosen.
#include "recipe/recipe.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  using namespace slipway::recipe;
  const std::string_view text(reinterpret_cast<const char*>(data), size_bytes);
  const slipway::Result<Recipe> recipe = parse_recipe(text, "recipe");
  if (!recipe.ok()) {
    if (!recipe.error().message.starts_with("recipe:")) std::abort();
    return 0;
  }
  for (const auto& [name, target] : recipe->targets) {
    if (!for_target(*recipe, name).ok()) std::abort();
  }
  return 0;
}
