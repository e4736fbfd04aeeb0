// Plans as commands use them: told from models by their first bytes, prepared, run on values.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "ops/interpreter.h"
#include "plan/plan.h"
#include "runtime/session.h"

namespace slipway {

// False also where the file cannot be read: who opens it says why.
bool is_plan_file(const std::string& path);

Result<std::shared_ptr<const plan::Plan>> open_plan(const std::string& path);

// With what steps without a kernel of their own need. batch: 1 where the plan has a fixed one.
Result<std::unique_ptr<runtime::Session>> prepare_session(std::shared_ptr<const plan::Plan> plan,
                                                          std::size_t threads,
                                                          std::int64_t batch = 1);

// "avx512, 2 threads"
std::string session_text(std::size_t threads);

// A session with memory for its inputs and outputs.
class SessionValues {
 public:
  // The values, in any order, must be of the ports' names, types and shapes.
  static Result<SessionValues> create(runtime::Session& session,
                                      const std::vector<NamedValue>& inputs);

  Status run();
  std::vector<NamedValue> outputs() const;

  std::span<const void* const> input_pointers() const { return from_; }
  std::span<void* const> output_pointers() const { return to_; }

 private:
  explicit SessionValues(runtime::Session& session) : session_(&session) {}

  runtime::Session* session_;
  std::vector<Tensor> inputs_;
  std::vector<NamedValue> outputs_;
  std::vector<const void*> from_;
  std::vector<void*> to_;
};

// The message of a run that failed.
Status run_status(const runtime::Session& session, runtime::RunCode code);

}  // namespace slipway
