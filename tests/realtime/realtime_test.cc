// The real-time contract: after prepare and one run, a run makes no system call, allocates nothing
// and touches no page that is not there. Each is shown by what would kill the test: seccomp's
// strict mode, an allocator that traps, the kernel's count of page faults.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "compile/compile.h"
#include "compile/prove.h"
#include "onnx/reader.h"
#include "runtime/session.h"

namespace {

volatile bool allocation_traps = false;

}  // namespace

// operator new comes here as well.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLIPWAY_SANITIZER_OWNS_MALLOC
#else
extern "C" void* __libc_malloc(std::size_t bytes);
extern "C" void* malloc(std::size_t bytes) {
  if (allocation_traps) std::abort();
  return __libc_malloc(bytes);
}
#endif

namespace slipway {
namespace {

constexpr int kRuns = 1000;

struct Prepared {
  compile::Compiled compiled;
  std::unique_ptr<runtime::Session> session;
  std::vector<NamedValue> inputs;
  std::vector<std::vector<std::byte>> outputs;
  std::vector<const void*> from;
  std::vector<void*> to;

  runtime::RunCode run() { return session->run(from, to); }
};

Result<std::unique_ptr<Prepared>> prepare(const char* path,
                                          const compile::CompileOptions& options = {}) {
  auto prepared = std::make_unique<Prepared>();
  prepared->compiled = TRY(compile::compile_model(TRY(read_model(path)), options));
  prepared->inputs = TRY(compile::sample_inputs(prepared->compiled.model, 1));
  auto plan =
      std::make_shared<const plan::Plan>(TRY(plan::Plan::parse(prepared->compiled.file.bytes())));
  prepared->session = TRY(runtime::Session::prepare(std::move(plan)));
  for (const NamedValue& input : prepared->inputs)
    prepared->from.push_back(input.value.tensor().bytes().data());
  for (const runtime::Port& port : prepared->session->outputs()) {
    prepared->outputs.emplace_back(port.bytes);
    prepared->to.push_back(prepared->outputs.back().data());
  }
  if (prepared->run() != runtime::RunCode::kOk)
    return Error{Code::kInternal, "the first run failed"};
  return prepared;
}

// Runs `body` in a child and gives how the child ended.
template <typename Body>
int status_of_child(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    syscall(SYS_exit, 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

void enter_strict_mode() {
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) syscall(SYS_exit, 2);
}

class Realtime : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    Result<std::unique_ptr<Prepared>> prepared = prepare(GetParam());
    ASSERT_TRUE(prepared.ok()) << prepared.error().message;
    prepared_ = *std::move(prepared);
  }
  std::unique_ptr<Prepared> prepared_;
};

TEST_P(Realtime, ARunMakesNoSystemCall) {
  const int status = status_of_child([&] {
    enter_strict_mode();
    for (int i = 0; i < kRuns; ++i) {
      if (prepared_->run() != runtime::RunCode::kOk) syscall(SYS_exit, 1);
    }
  });
  ASSERT_FALSE(WIFSIGNALED(status)) << "killed by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_P(Realtime, ARunAllocatesNothing) {
  allocation_traps = true;
  for (int i = 0; i < kRuns; ++i) {
    if (prepared_->run() != runtime::RunCode::kOk) break;
  }
  allocation_traps = false;
}

TEST_P(Realtime, ARunFaultsNoPageIn) {
  rusage before{};
  rusage after{};
  getrusage(RUSAGE_THREAD, &before);
  for (int i = 0; i < kRuns; ++i) prepared_->run();
  getrusage(RUSAGE_THREAD, &after);
  EXPECT_EQ(after.ru_minflt - before.ru_minflt, 0);
  EXPECT_EQ(after.ru_majflt - before.ru_majflt, 0);
}

INSTANTIATE_TEST_SUITE_P(Examples, Realtime,
                         testing::Values("examples/autopilot/autopilot.onnx",
                                         "examples/pitwall/tcn.onnx",
                                         "examples/pitwall/trees.onnx"),
                         [](const auto& row) {
                           const std::string path = row.param;
                           const std::size_t slash = path.rfind('/');
                           return path.substr(slash + 1, path.rfind('.') - slash - 1);
                         });

// A window that slides, its past taken, put back and forgotten.
TEST(RealtimeState, IsKeptTakenAndPutBackWithoutASystemCall) {
  compile::CompileOptions options;
  options.slides = {{"telemetry", 2, 1}};
  Result<std::unique_ptr<Prepared>> prepared = prepare("examples/pitwall/tcn.onnx", options);
  ASSERT_TRUE(prepared.ok()) << prepared.error().message;
  runtime::Session& session = *(*prepared)->session;
  std::vector<std::byte> past(session.state_bytes());
  ASSERT_FALSE(past.empty());
  const auto work = [&] {
    for (int i = 0; i < kRuns; ++i) {
      if (i % 10 == 3 && !session.snapshot(past)) return false;
      if (i % 10 == 5 && !session.restore(past)) return false;
      if (i % 10 == 7) session.reset();
      if ((*prepared)->run() != runtime::RunCode::kOk) return false;
    }
    return true;
  };
  EXPECT_TRUE(work());
  rusage before{};
  rusage after{};
  getrusage(RUSAGE_THREAD, &before);
  allocation_traps = true;
  const bool worked = work();
  allocation_traps = false;
  getrusage(RUSAGE_THREAD, &after);
  EXPECT_TRUE(worked);
  EXPECT_EQ(after.ru_minflt - before.ru_minflt, 0);
  const int status = status_of_child([&] {
    enter_strict_mode();
    if (!work()) syscall(SYS_exit, 1);
  });
  ASSERT_FALSE(WIFSIGNALED(status)) << "killed by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// The traps themselves.
TEST(RealtimeTraps, StrictModeKillsASystemCall) {
  const int status = status_of_child([] {
    enter_strict_mode();
    syscall(SYS_getpid);
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

#ifndef SLIPWAY_SANITIZER_OWNS_MALLOC
TEST(RealtimeTraps, TheAllocatorAborts) {
  const int status = status_of_child([] {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 2);
    allocation_traps = true;
    static int* volatile taken;
    taken = new int;
    if (taken == nullptr) syscall(SYS_exit, 1);
  });
  EXPECT_TRUE(WIFSIGNALED(status));
}

#endif

TEST(RealtimeTraps, AFreshPageIsCounted) {
  rusage before{};
  rusage after{};
  void* const page =
      mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  getrusage(RUSAGE_THREAD, &before);
  *static_cast<volatile char*>(page) = 1;
  getrusage(RUSAGE_THREAD, &after);
  EXPECT_GT(after.ru_minflt - before.ru_minflt, 0);
  munmap(page, 1 << 20);
}

}  // namespace
}  // namespace slipway
