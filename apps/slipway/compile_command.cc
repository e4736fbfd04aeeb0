#include <chrono>
#include <cstdio>

#include "base/files.h"
#include "base/str.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "command.h"
#include "compile/compile.h"
#include "compile/plan_summary.h"
#include "console.h"
#include "model_arguments.h"
#include "plan_text.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"-o", "FILE", "where the plan goes: MODEL.plan"},
    {"--batch", "N",
     "the open first dimension of inputs: N, or 'any' to bind it when a session is prepared; "
     "not given: any where that costs nothing, else 1"},
    {"--set", "DIM=N", "take an open dimension for N (may be repeated)", true},
    {"--weights", "TYPE", "store weights as f32, f16, bf16 or int8 (f32)"},
    {"--slide", "INPUT=AXIS[:STEP]",
     "the window of INPUT slides along AXIS: a run takes its newest STEP positions (1)", true},
    {"--state", "OUTPUT=INPUT",
     "the session keeps OUTPUT and gives it to the next run as INPUT (may be repeated)", true},
    {"--explain", "", "print what the passes did, and each step of the plan"},
    {"--json", "", "the same as JSON"},
};

Status write_plan(const std::string& path, const Tensor& plan) {
  AtomicFile file = TRY(AtomicFile::create(path));
  TRY(file.write(plan.bytes()));
  return file.commit();
}

std::string explanation(const compile::Compiled& compiled, const compile::PlanSummary& summary) {
  std::string text;
  for (const PassNote& note : compiled.passes) {
    if (note.text.empty()) continue;
    text += str(text.empty() ? "passes\n" : "", "  ", note.pass, ": ", printable(note.text), "\n");
  }
  const PlanTextOptions options = {.width_columns = width_columns(stdout), .notes = compiled.steps};
  return str(text, "steps: ", summary.steps.size(), "\n", steps_text(summary, options));
}

Status check_arguments(const Arguments& arguments) {
  TRY(expect_operands("compile", arguments.positional().size(), 1, "MODEL -o MODEL.plan"));
  if (arguments.has("--json") && arguments.has("--explain")) {
    return Error{Code::kUsage, "choose one of --json and --explain: JSON has all of it"};
  }
  if (!arguments.has("-o") && !arguments.has("--json") && !arguments.has("--explain")) {
    return Error{Code::kUsage,
                 "where should the plan go? -o MODEL.plan; --explain alone shows what it would be"};
  }
  return {};
}

Result<int> run_compile(const Arguments& arguments) {
  TRY(check_arguments(arguments));
  const compile::CompileOptions options = TRY(parse_compile_options(arguments));
  const std::string& path = arguments.positional()[0];
  Model model = TRY(open_runnable_model(path));
  const auto start = std::chrono::steady_clock::now();
  const compile::Compiled compiled = TRY(compile_runnable_model(std::move(model), options));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const plan::Plan plan = TRY(plan::Plan::parse(compiled.file.bytes()));
  const compile::PlanSummary summary = TRY(compile::summarize(plan));

  const std::string warning = reference_warning(summary);
  if (!warning.empty()) say(warning);
  if (arguments.has("-o")) {
    TRY(write_plan(arguments.value("-o"), compiled.file));
    say(str("plan    ", arguments.value("-o"), "  ",
            bytes_text(static_cast<std::int64_t>(summary.file_bytes))));
  }
  say(str("holds   ", costs_text(summary)));
  say(str("made in ", seconds_text(taken.count())));
  if (arguments.has("--json")) {
    TRY(print_data(plan_json(summary, compile::signature(plan), &compiled)));
  } else if (arguments.has("--explain")) {
    TRY(print_data(explanation(compiled, summary)));
  }
  return kExitOk;
}

}  // namespace

const Command kCompileCommand = {
    .name = "compile",
    .summary = "make a plan of a model: what the runtime runs",
    .operands = "MODEL",
    .options = kOptions,
    .about =
        "Checks a model, simplifies it, chooses a kernel for each step, lays out memory and packs "
        "weights.\n"
        "The plan gives the bits of the model's reference implementation on every processor. Every "
        "dimension\n"
        "but the first one of inputs, the batch, has to be definite: others are given with --set.\n"
        "--weights rounds the weights of products and recurrent layers: half the memory with f16 "
        "and bf16,\n"
        "a quarter with int8 (one scale for each output). Sums stay in float, but for recurrent\n"
        "layers with int8, which multiply in integers and are the fastest so.",
    .example = "slipway compile model.onnx -o model.plan --weights f16 --explain",
    .run = run_compile,
};

}  // namespace slipway
