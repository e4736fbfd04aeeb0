
#include <filesystem>

#include "base/files.h"
#include "base/str.h"
#include "command.h"
#include "console.h"
#include "recipe/starter.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"-o", "FILE", "where the recipe goes: slipway.toml beside you"},
};

// The model as the recipe names it: relative to the recipe's folder where it can be.
std::string model_path(const std::filesystem::path& model, const std::filesystem::path& recipe) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(recipe, error).parent_path();
  const std::filesystem::path relative = std::filesystem::proximate(model, folder, error);
  return error ? model.string() : relative.string();
}

Status refuse_to_overwrite(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, error))) return {};
  return Error{Code::kUsage,
               str(path.string(), " is there already: edit it, or name another with -o")};
}

Result<int> run_init(const Arguments& arguments) {
  TRY(expect_operands("init", arguments.positional().size(), 1, "MODEL"));
  const std::filesystem::path path = arguments.has("-o") ? arguments.value("-o") : "slipway.toml";
  TRY(refuse_to_overwrite(path));
  const std::string& file = arguments.positional()[0];
  const Model model = TRY(open_model(file));
  TRY(write_file(path, recipe::starter_recipe(model, model_path(file, path))));
  say(str("wrote ", path.string(), ": add samples and a budget, then: slipway build",
          path == "slipway.toml" ? "" : " ", path == "slipway.toml" ? "" : path.string()));
  return kExitOk;
}

}  // namespace

const Command kInitCommand = {
    .name = "init",
    .summary = "write a recipe for a model, slipway.toml, with everything explained",
    .operands = "MODEL",
    .options = kOptions,
    .about =
        "Writes what `slipway build` needs to know of a model, its inputs and outputs filled in. "
        "An existing\n"
        "recipe stays as it is.",
    .example = "slipway init model.onnx",
    .run = run_init,
};

}  // namespace slipway
