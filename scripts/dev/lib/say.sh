# What a person sees: words on stderr, a progress line on a terminal, quiet lines in a pipe.
# shellcheck shell=bash

say_terminal=
say_bold='' say_red='' say_reset=''
if [[ -t 2 && ${TERM:-dumb} != dumb ]]; then
  say_terminal=yes
  if [[ -z ${NO_COLOR:-} ]]; then
    say_bold=$'\e[1m' say_red=$'\e[31m' say_reset=$'\e[0m'
  fi
fi

# say TEXT: what is being done now.
say() { printf '%s==>%s %s\n' "$say_bold" "$say_reset" "$*" >&2; }

# fail WHAT [WAY_OUT]...: one line each, then stop.
fail() {
  printf '%serror:%s %s\n' "$say_red" "$say_reset" "$1" >&2
  shift
  [[ $# -eq 0 ]] || printf '       %s\n' "$@" >&2
  exit 1
}

# bad_usage WHAT COMMAND: the command line makes no sense.
bad_usage() {
  printf '%serror:%s %s\n       ./dev %s --help shows the usage\n' "$say_red" "$say_reset" "$1" "$2" >&2
  exit 2
}

# show_progress TEXT: replaces the progress line; silent in a pipe.
show_progress() {
  [[ -z $say_terminal ]] || printf '\r\e[K    %s' "${1:0:$((${COLUMNS:-80} - 6))}" >&2
}

end_progress() { [[ -z $say_terminal ]] || printf '\r\e[K' >&2; }

# show_log_end FILE: the last lines of a step that failed.
show_log_end() {
  printf '    ... the end of %s:\n' "$1" >&2
  tail -n 25 "$1" | sed 's/^/    /' >&2
}
