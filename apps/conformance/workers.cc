#include "workers.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/str.h"

namespace slipway {
namespace {

using Clock = std::chrono::steady_clock;
constexpr char kFieldEnd = '\x1f';
constexpr char kRecordEnd = '\n';

bool write_all(int fd, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(fd, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

bool read_all(int fd, void* data, std::size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::read(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::string encode(const Outcome& outcome) {
  std::string text(1, static_cast<char>(outcome.verdict));
  for (const std::string* field : {&outcome.domain, &outcome.op, &outcome.reason}) {
    for (const char c : *field) {
      const bool is_control = static_cast<unsigned char>(c) < ' ';
      text += is_control ? ' ' : c;
    }
    text += kFieldEnd;
  }
  return text + kRecordEnd;
}

Outcome decode(const std::string& text) {
  Outcome outcome;
  outcome.verdict = static_cast<Verdict>(text[0]);
  std::size_t begin = 1;
  for (std::string* field : {&outcome.domain, &outcome.op, &outcome.reason}) {
    const std::size_t end = text.find(kFieldEnd, begin);
    *field = text.substr(begin, end - begin);
    begin = end + 1;
  }
  return outcome;
}

struct Worker {
  pid_t pid = -1;
  int to_child = -1;
  int from_child = -1;
  bool is_busy = false;
  std::size_t job = 0;
  Clock::time_point deadline;
  std::string received;
};

class Pool {
 public:
  Pool(const std::vector<Case>& cases, const WorkerOptions& options,
       const std::function<Outcome(const Case&)>& run)
      : cases_(cases), options_(options), run_(run), outcomes_(cases.size()) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (Worker& worker : workers_) stop(worker);
  }

  Result<std::vector<Outcome>> run(const std::function<void(std::size_t)>& on_done) {
    workers_.resize(static_cast<std::size_t>(std::max(1, options_.workers)));
    while (done_ < cases_.size()) {
      TRY(hand_out());
      wait_for_one();
      on_done(done_);
    }
    return std::move(outcomes_);
  }

 private:
  Status start(Worker& worker) {
    int down[2];
    int up[2];
    if (::pipe(down) != 0) return Error{Code::kIo, str("pipe: ", std::strerror(errno))};
    if (::pipe(up) != 0) return Error{Code::kIo, str("pipe: ", std::strerror(errno))};
    const pid_t pid = ::fork();
    if (pid < 0) return Error{Code::kIo, str("fork: ", std::strerror(errno))};
    if (pid == 0) {
      ::close(down[1]);
      ::close(up[0]);
      for (const Worker& other : workers_) {
        if (other.pid > 0) ::close(other.to_child), ::close(other.from_child);
      }
      serve(down[0], up[1]);
    }
    ::close(down[0]);
    ::close(up[1]);
    worker = {.pid = pid, .to_child = down[1], .from_child = up[0]};
    return {};
  }

  // The worker process: a case number in, an outcome out, until the pipe closes.
  [[noreturn]] void serve(int from_parent, int to_parent) const {
    std::size_t job = 0;
    while (read_all(from_parent, &job, sizeof job)) {
      const std::string text = encode(run_(cases_[job]));
      if (!write_all(to_parent, text.data(), text.size())) break;
    }
    ::_exit(0);
  }

  void stop(Worker& worker) {
    if (worker.pid <= 0) return;
    ::close(worker.to_child);
    ::close(worker.from_child);
    ::kill(worker.pid, SIGKILL);
    ::waitpid(worker.pid, nullptr, 0);
    worker = {};
  }

  Status hand_out() {
    for (Worker& worker : workers_) {
      if (worker.is_busy || next_ == cases_.size()) continue;
      if (worker.pid <= 0) TRY(start(worker));
      worker.job = next_++;
      worker.is_busy = true;
      worker.deadline = Clock::now() + std::chrono::milliseconds(options_.limit_ms);
      write_all(worker.to_child, &worker.job,
                sizeof worker.job);  // a dead worker shows as a closed pipe
    }
    return {};
  }

  void wait_for_one() {
    std::vector<pollfd> polled;
    std::vector<Worker*> owners;
    auto deadline = Clock::time_point::max();
    for (Worker& worker : workers_) {
      if (!worker.is_busy) continue;
      polled.push_back({worker.from_child, POLLIN, 0});
      owners.push_back(&worker);
      deadline = std::min(deadline, worker.deadline);
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    ::poll(polled.data(), polled.size(), static_cast<int>(std::max<long>(0, left) + 1));
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0) {
        receive(*owners[i]);
      } else if (Clock::now() >= owners[i]->deadline) {
        stop_with(*owners[i], str("still running after ", options_.limit_ms / 1000, " s"));
      }
    }
  }

  void receive(Worker& worker) {
    std::array<char, 4096> buffer;
    const ssize_t got = ::read(worker.from_child, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) {
      int status = 0;
      ::waitpid(worker.pid, &status, 0);
      ::close(worker.to_child);
      ::close(worker.from_child);
      worker.pid = -1;
      finish(worker, {Verdict::kFailed, "", "", exit_text(status)});
      return;
    }
    worker.received.append(buffer.data(), static_cast<std::size_t>(got));
    if (worker.received.back() != kRecordEnd) return;
    finish(worker, decode(worker.received));
    worker.received.clear();
  }

  static std::string exit_text(int status) {
    if (WIFSIGNALED(status)) return str("crashed: ", ::strsignal(WTERMSIG(status)));
    return str("the process ended with code ", WEXITSTATUS(status));
  }

  void stop_with(Worker& worker, std::string reason) {
    const std::size_t job = worker.job;
    stop(worker);
    worker.job = job;
    finish(worker, {Verdict::kFailed, "", "", std::move(reason)});
  }

  void finish(Worker& worker, Outcome outcome) {
    outcomes_[worker.job] = std::move(outcome);
    worker.is_busy = false;
    ++done_;
  }

  const std::vector<Case>& cases_;
  const WorkerOptions& options_;
  const std::function<Outcome(const Case&)>& run_;
  std::vector<Outcome> outcomes_;
  std::vector<Worker> workers_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
};

}  // namespace

Result<std::vector<Outcome>> run_in_workers(const std::vector<Case>& cases,
                                            const WorkerOptions& options,
                                            const std::function<Outcome(const Case&)>& run,
                                            const std::function<void(std::size_t done)>& on_done) {
  const auto previous = ::signal(SIGPIPE, SIG_IGN);
  Result<std::vector<Outcome>> outcomes = Pool(cases, options, run).run(on_done);
  ::signal(SIGPIPE, previous);
  return outcomes;
}

}  // namespace slipway
