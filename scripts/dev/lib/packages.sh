# Debian packages by name, Python packages into a private .venv: each installed only if missing.
# shellcheck shell=bash disable=SC2034
source scripts/dev/lib/say.sh

packages_build=(g++ cmake ninja-build ccache googletest libhwy-dev libxxhash-dev libre2-dev zlib1g-dev
  libjpeg62-turbo-dev libwebp-dev libopenjp2-7-dev libssl-dev libzstd-dev libcurl4-openssl-dev
  nlohmann-json3-dev libtomlplusplus-dev libjs-chart.js python3 git)
packages_test=(libonnx-testdata zsh fish pkg-config openssl apache2-bin)
packages_browser=(chromium)
packages_conformance=(faketime)
packages_reference=(python3-venv)
packages_torch=(python3-torch python3-venv)
packages_zoo=(python3-torch python3-torchvision)
packages_delta=(zstd xdelta3 bsdiff time python3-torch python3-sklearn)
packages_lint=(clang-14 clang-format-14 clang-tidy-14 shellcheck)
packages_fuzz=(clang-14 libclang-rt-14-dev)
packages_coverage=(gcovr)
packages_aarch64=(g++-aarch64-linux-gnu qemu-user-static libre2-dev:arm64 zlib1g-dev:arm64
  libjpeg62-turbo-dev:arm64 libwebp-dev:arm64 libopenjp2-7-dev:arm64 libssl-dev:arm64
  libzstd-dev:arm64 libcurl4-openssl-dev:arm64)

packages_log=build/log/apt.log

package_is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed* ]]
}

# apt_get VERB...: apt-get as root, its output in the log, how far it has come on the progress line.
apt_get() {
  local as_root=()
  [[ $EUID -eq 0 ]] || as_root=(sudo)
  local kind percent what
  # Redirected by a shell on root's side, because sudo closes descriptors; the status has one of its own, because apt
  # keeps that one from the packages' scripts.
  # shellcheck disable=SC2016
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive bash -c \
    'log=$1; shift; exec apt-get -y -q -o APT::Status-Fd=3 "$@" 3>&1 >>"$log" 2>&1 </dev/null' \
    apt "$packages_log" -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 "$@" |
    while IFS=: read -r kind _ percent what; do
      case $kind in
        dlstatus | pmstatus) show_progress "${percent%%.*} %  $what" ;;
      esac
    done
  local status=${PIPESTATUS[0]}
  end_progress
  return "$status"
}

# need_packages NAME...: installs what is missing; stops with the way out where it cannot.
need_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null) &&
    ! grep -qvx installed <<<"$installed" && return 0
  command -v apt-get >/dev/null ||
    fail "these Debian packages are needed, and there is no apt-get here: $*" \
      "./dev sets itself up on Debian 12; use a machine, a container or a chroot with it."
  local missing=() name
  for name in "$@"; do
    package_is_installed "$name" || missing+=("$name")
  done
  if [[ $EUID -ne 0 ]] && ! command -v sudo >/dev/null; then
    fail "Debian packages are missing, and this user is not root and has no sudo. As root, run:" \
      "apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "installing Debian packages: ${missing[*]}"
  mkdir -p "$(dirname "$packages_log")"
  : >"$packages_log"
  local fresh=
  if ! apt-cache show --no-all-versions "${missing[@]}" >/dev/null 2>&1; then
    update_package_lists
    fresh=yes
  fi
  apt_get install --no-install-recommends "${missing[@]}" && return 0
  if [[ -z $fresh ]]; then  # the lists may name files that the mirror has replaced
    update_package_lists
    apt_get install --no-install-recommends "${missing[@]}" && return 0
  fi
  show_log_end "$packages_log"
  fail "apt-get could not install: ${missing[*]}" \
    "check the network and /etc/apt/sources.list*, then run this again."
}

update_package_lists() {
  say "updating the package lists"
  apt_get update && return 0
  show_log_end "$packages_log"
  fail "apt-get update failed" "check the network and /etc/apt/sources.list*, then run this again."
}

# need_arm64_packages: arm64 as a foreign architecture, its libraries, the cross compiler and qemu.
need_arm64_packages() {
  if ! dpkg --print-foreign-architectures | grep -qx arm64; then
    say "adding arm64 as a foreign architecture (for the cross build's libraries)"
    local as_root=()
    [[ $EUID -eq 0 ]] || as_root=(sudo)
    "${as_root[@]}" dpkg --add-architecture arm64 ||
      fail "dpkg could not add the architecture" "as root, run: dpkg --add-architecture arm64"
    mkdir -p "$(dirname "$packages_log")"
    update_package_lists
  fi
  need_packages "${packages_aarch64[@]}"
}

# have_reference_python: .venv holds what scripts/requirements-reference.txt pins; false where the
# Python package index cannot be reached.
have_reference_python() {
  have_python_packages scripts/requirements-reference.txt .venv
}

# have_torch_python: build/torch-python holds Debian's torch and what scripts/requirements-python.txt pins.
have_torch_python() {
  need_packages "${packages_torch[@]}"
  have_python_packages scripts/requirements-python.txt build/torch-python --system-site-packages
}

# have_python_packages PINS FOLDER [OPTION...]: a virtual environment in FOLDER, made with these options of venv, with what
# the file PINS names; false where the Python package index cannot be reached.
have_python_packages() {
  local pins=$1 folder=$2 stamp=$2/reference-pins
  shift 2
  cmp -s "$pins" "$stamp" && return 0
  need_packages "${packages_reference[@]}"
  say "installing Python packages into $folder: $(grep -oE '^(onnx|onnxruntime|numpy|clang-tidy|skl2onnx|tuf|pytest)==.*' "$pins" | paste -sd' ')"
  mkdir -p build/log
  local log=build/log/pip.log line
  {
    [[ -x $folder/bin/python ]] || /usr/bin/python3 -m venv "$@" "$folder"
    "$folder/bin/python" -m pip install --no-input --disable-pip-version-check --retries 2 -r "$pins"
  } 2>&1 | tee "$log" | while IFS= read -r line; do show_progress "$line"; done
  local status=${PIPESTATUS[0]}
  end_progress
  if [[ $status -ne 0 ]]; then
    show_log_end "$log"
    return 1
  fi
  cp "$pins" "$stamp"
}
