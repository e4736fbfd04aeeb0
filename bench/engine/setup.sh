# What both engines need before they can be measured; sourced by the benchmarks that compare them.
# shellcheck shell=bash
source scripts/dev/lib/presets.sh

# take_arguments ARGUMENT...: into the array arguments, with files named from where the person stands. Shows the usage if
# asked.
take_arguments() {
  local argument value_is=
  arguments=()
  for argument in "$@"; do
    case $argument in
      -h | --help) usage; exit ;;
    esac
    if [[ $value_is == a_file || (-z $value_is && $argument != -*) ]]; then
      [[ $argument == /* ]] || argument=${DEV_CALLER_DIR:-$PWD}/$argument
    fi
    arguments+=("$argument")
    if [[ -n $value_is ]]; then value_is=; continue; fi
    case $argument in
      --json) value_is=a_file ;;
      --threads | --only | --batch | --set | --seconds | --rate | --load) value_is=a_word ;;
    esac
  done
}

place=build/bench
header=$place/onnxruntime/include/onnxruntime_c_api.h

# need_header: ONNX Runtime's C header, from a newer Debian's package at the mirror this machine uses.
need_header() {
  [[ -f $header ]] && return 0
  say "fetching the header of ONNX Runtime's C interface (Debian 13, libonnxruntime-dev)"
  local apt=$place/onnxruntime/apt log=build/log/onnxruntime-header.log
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" build/log
  if ! fetch_header "$apt" >"$log" 2>&1; then
    show_log_end "$log"
    fail "the header of ONNX Runtime's C interface cannot be had" \
      "check the network, or put onnxruntime_c_api.h of ONNX Runtime 1.21 to 1.30 into $(dirname "$header")/."
  fi
  rm -rf "$apt"
}

# fetch_header FOLDER
fetch_header() {
  local apt mirror
  apt=$(readlink -f "$1")
  mirror=$(apt-get indextargets --format "\$(ORIGIN) \$(REPO_URI)" 'Created-By: Packages' | sed -n 's/^Debian //p' |
    grep -v security | head -n 1)
  [[ -n $mirror ]] || { echo "apt knows no mirror of Debian"; return 1; }
  printf '%s\n' "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$apt/sources.list"
  local options=(-q -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
    -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User= -o "APT::Architectures::=$(dpkg --print-architecture)")
  apt-get "${options[@]}" update || return 1
  (cd "$apt" && apt-get "${options[@]}" download libonnxruntime-dev) || return 1
  dpkg-deb -x "$apt"/libonnxruntime-dev_*.deb "$apt/unpacked" || return 1
  mkdir -p "$(dirname "$header")"
  cp "$(find "$apt/unpacked" -name onnxruntime_c_api.h -print -quit)" "$header"
}

# set_up_engines: the program, ONNX Runtime and the made models; engine_options names them for the program.
set_up_engines() {
  need_packages "${packages_build[@]}"
  mkdir -p "$place"
  have_python_packages bench/engine/requirements.txt "$place/venv" ||
    fail "ONNX Runtime cannot be installed" \
      "check the network, then run this again; without it there is nothing to compare with."
  need_header
  build release bench_engine bench_footprint
  "$place/venv/bin/python" -B -W ignore bench/engine/make_models.py "$place/models" 2>&1 | sed '/^WARNING:root/d' >&2
  local own_library
  own_library=$(find build -maxdepth 2 -name 'libslipway.so' -print -quit)
  engine_options=(--made "$place/models" --library "$(find "$place/venv" -name 'libonnxruntime.so.*' -print -quit)")
  [[ -z $own_library ]] || engine_options+=(--own-library "$own_library")
}
