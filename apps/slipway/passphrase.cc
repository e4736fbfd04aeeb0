#include "passphrase.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/files.h"
#include "base/str.h"

namespace slipway {
namespace {

constexpr std::string_view kVariable = "SLIPWAY_PASSPHRASE";
constexpr std::size_t kMostBytes = 1000;  // what libcrypto asks for at most
constexpr int kMostAttempts = 3;

// The signal that came while a passphrase was typed.
volatile std::sig_atomic_t came = 0;

// While it lives, the terminal shows nothing of what is typed; a signal that ends the program is
// let through in wait() alone, and kept until the terminal is as it was.
class Silent {
 public:
  explicit Silent(int terminal) : terminal_(terminal) {
    came = 0;
    struct sigaction note {};
    note.sa_handler = [](int signal) { came = signal; };
    sigset_t held;
    sigemptyset(&held);
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      sigaction(kSignals[i], &note, &before_actions_[i]);
      sigaddset(&held, kSignals[i]);
    }
    pthread_sigmask(SIG_BLOCK, &held, &before_mask_);
    is_silent_ = tcgetattr(terminal_, &before_) == 0;
    if (!is_silent_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    is_silent_ = tcsetattr(terminal_, TCSAFLUSH, &quiet) == 0;
  }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;
  ~Silent() {
    if (is_silent_) tcsetattr(terminal_, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < kSignals.size(); ++i)
      sigaction(kSignals[i], &before_actions_[i], nullptr);
    pthread_sigmask(SIG_SETMASK, &before_mask_, nullptr);
    if (came != 0) std::raise(came);
  }

  bool is_silent() const { return is_silent_; }

  // Until there is something to read; false where a signal came instead.
  bool wait() const {
    pollfd reads{.fd = terminal_, .events = POLLIN, .revents = 0};
    while (ppoll(&reads, 1, nullptr, &before_mask_) < 0) {
      if (errno != EINTR || came != 0) return false;
    }
    return true;
  }

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  int terminal_;
  bool is_silent_ = false;
  termios before_{};
  sigset_t before_mask_{};
  std::array<struct sigaction, kSignals.size()> before_actions_{};
};

Result<std::string> read_line(int terminal, const Silent& silent) {
  std::string line;
  while (silent.wait()) {
    char c = 0;
    if (read(terminal, &c, 1) <= 0) break;
    if (c == '\n') return line;
    if (line.size() <= kMostBytes) line += c;
  }
  return Error{Code::kUsage, "no passphrase was given"};
}

Result<std::string> ask_terminal(const std::string& prompt) {
  const Descriptor terminal(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal.is_open()) {
    return Error{Code::kUsage,
                 str("a passphrase is needed, and there is no terminal to ask at: give "
                     "--passphrase-file FILE, or set ",
                     kVariable)};
  }
  const Silent silent(terminal.number());
  if (!silent.is_silent())
    return Error{Code::kIo, "the terminal cannot be kept from showing a passphrase"};
  if (write(terminal.number(), prompt.data(), prompt.size()) < 0)
    return Error{Code::kIo, "the terminal cannot be written to"};
  return read_line(terminal.number(), silent);
}

Status check(std::string_view passphrase, std::string_view from) {
  if (passphrase.empty()) {
    return Error{Code::kUsage,
                 str(from,
                     " is empty: an empty passphrase protects nothing. Give one, or, where "
                     "the keys shall not be encrypted, --no-passphrase")};
  }
  if (passphrase.size() <= kMostBytes) return {};
  return Error{Code::kUsage, str(from, " has more than ", kMostBytes, " bytes")};
}

}  // namespace

Result<Passphrases> Passphrases::of(const Arguments& arguments) {
  Passphrases all;
  all.is_none_wanted_ = arguments.has(kNoPassphraseOption.name);
  if (arguments.has(kPassphraseFileOption.name)) {
    const std::string path = arguments.value(kPassphraseFileOption.name);
    const std::string content = TRY(read_file(path, 65536));
    std::string line = content.substr(0, content.find('\n'));
    if (line.ends_with('\r')) line.pop_back();
    all.from_ = str("the first line of ", path);
    all.given_ = std::move(line);
  } else if (const char* const text = std::getenv(kVariable.data())) {
    all.from_ = kVariable;
    all.given_ = text;
  }
  if (all.given_) TRY(check(*all.given_, all.from_));
  return all;
}

Result<std::string> Passphrases::for_new() {
  if (is_none_wanted_) return std::string();
  if (given_) return *given_;
  std::string first = TRY(ask_terminal("passphrase for the new keys: "));
  TRY(check(first, "the passphrase"));
  const std::string second = TRY(ask_terminal("the same again: "));
  if (first != second) return Error{Code::kUsage, "the two passphrases differ: nothing was made"};
  return first;
}

publish::AskPassphrase Passphrases::for_existing() const {
  return [given = given_, from = from_](const std::string& file,
                                        int attempt) -> Result<std::string> {
    if (given && attempt == 0) return *given;
    if (given) {
      return Error{Code::kInvalid,
                   str(file, ": ", from, " is not this key's passphrase, or the file is damaged")};
    }
    if (attempt == kMostAttempts) {
      return Error{Code::kInvalid,
                   str(file, ": that was not its passphrase, or the file is damaged")};
    }
    return ask_terminal(str(attempt > 0 ? "that is not it; " : "", "passphrase of ", file, ": "));
  };
}

}  // namespace slipway
