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
# set_up_engines: the program, ONNX Runtime and the made models; engine_options names them for the program.
set_up_engines() {
  need_packages "${packages_build[@]}"
  mkdir -p "$place"
  have_python_packages bench/engine/requirements.txt "$place/venv" ||
    fail "ONNX Runtime cannot be installed" \
      "check the network, then run this again; without it there is nothing to compare with."
  build release bench_engine bench_footprint
  [[ -f $onnxruntime_header ]] ||
    fail "the header of ONNX Runtime's C interface cannot be had" "the reason is in build/log/onnxruntime-header.log."
  "$place/venv/bin/python" -B -W ignore bench/engine/make_models.py "$place/models" 2>&1 | sed '/^WARNING:root/d' >&2
  local own_library
  own_library=$(find build -maxdepth 2 -name 'libslipway.so' -print -quit)
  engine_options=(--made "$place/models" --library "$(find "$place/venv" -name 'libonnxruntime.so.*' -print -quit)")
  [[ -z $own_library ]] || engine_options+=(--own-library "$own_library")
  # Memory is that of a process with the library as an installed one lies there: copied. Of a file that the linker has
  # just written, the system maps larger pieces around a page that is touched.
  mkdir -p "$place/lib"
  cp --remove-destination --dereference "$(dirname "$own_library")/libslipway.so.0" "$place/lib/"
  export LD_LIBRARY_PATH=$PWD/$place/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
}
