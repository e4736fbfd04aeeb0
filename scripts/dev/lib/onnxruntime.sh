# ONNX Runtime's C header, which the engine `onnxruntime` is built with: from a newer Debian's package at the mirror that
# this machine uses. The library is loaded at run time and may be any.
# shellcheck shell=bash
source scripts/dev/lib/debian.sh

onnxruntime_header=build/onnxruntime/include/onnxruntime_c_api.h

# want_onnxruntime_header: has it where it can be had; where not, says so, and asks again after an hour.
want_onnxruntime_header() {
  [[ ! -f $onnxruntime_header ]] || return 0
  local place=build/onnxruntime log=build/log/onnxruntime-header.log
  [[ -z $(find "$place" -name missing -mmin -60 2>/dev/null) ]] || return 0
  say "fetching the header of ONNX Runtime's C interface (Debian 13, libonnxruntime-dev)"
  mkdir -p build/log
  if fetch_onnxruntime_header "$place/apt" >"$log" 2>&1; then
    rm -rf "$place/apt" "$place/missing"
    return 0
  fi
  rm -rf "$place/apt"
  touch "$place/missing"
  say "it cannot be had ($log): the engine 'onnxruntime' is left out;" \
    "put onnxruntime_c_api.h of ONNX Runtime 1.21 or newer into $(dirname "$onnxruntime_header")/ to have it"
}

# fetch_onnxruntime_header FOLDER
fetch_onnxruntime_header() {
  local architecture
  architecture=$(dpkg --print-architecture)
  apart_apt "$1" "$architecture" trixie update || return 1
  (cd "$1" && apart_apt . "$architecture" trixie download libonnxruntime-dev) || return 1
  dpkg-deb -x "$1"/libonnxruntime-dev_*.deb "$1/unpacked" || return 1
  mkdir -p "$(dirname "$onnxruntime_header")"
  cp "$(find "$1/unpacked" -name onnxruntime_c_api.h -print -quit)" "$onnxruntime_header"
}
