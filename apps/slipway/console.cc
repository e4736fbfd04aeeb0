#include "console.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/str.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "command.h"
#include "onnx/reader.h"
#include "plan_session.h"

namespace slipway {

Status print_data(std::string_view text) {
  const bool is_written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (is_written || errno == EPIPE) return {};
  return Error{Code::kIo, str("standard output cannot be written: ", std::strerror(errno))};
}

void say(std::string_view line) {
  const std::string text = printable(line, /*keep_lines=*/true);
  std::fprintf(stderr, "%s\n", text.c_str());
}

int report_error(const Error& error) {
  const bool is_coloured = wants_colour(stderr);
  std::fprintf(stderr, "%serror:%s ", is_coloured ? "\033[31;1m" : "",
               is_coloured ? "\033[0m" : "");
  say(error.message);
  return error.code == Code::kUsage ? kExitUsage : kExitBad;
}

Status expect_operands(std::string_view command, std::size_t given, std::size_t wanted,
                       std::string_view names) {
  if (given == wanted) return {};
  const std::string usage = str("slipway ", command, " ", names);
  if (given < wanted) {
    return Error{Code::kUsage,
                 str("a file is missing: ", usage, " (slipway ", command, " --help tells more)")};
  }
  return Error{Code::kUsage, str(given, given == 1 ? " operand is" : " operands are",
                                 " too many: ", wanted == 0 ? std::string("none") : str(wanted),
                                 " is expected: ", usage)};
}

Result<Model> open_model(const std::filesystem::path& path, Problems* problems) {
  if (is_plan_file(path.string())) {
    return Error{Code::kInvalid,
                 str(path.string(), " is a plan: name the model that it was made of")};
  }
  Result<Model> model = read_model(path, problems);
  if (!model.ok() && model.error().code == Code::kUsage) {
    return Error{Code::kInvalid, std::move(model).error().message};
  }
  return model;
}

}  // namespace slipway
