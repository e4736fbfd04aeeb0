# Configuring and building a CMake preset, with progress.
# shellcheck shell=bash
source scripts/dev/lib/say.sh
source scripts/dev/lib/packages.sh
source scripts/dev/lib/onnxruntime.sh

preset_names='release debug asan tsan fuzz coverage aarch64 lint'

# check_preset NAME COMMAND
check_preset() {
  grep -qw -- "$1" <<<"$preset_names" || bad_usage "there is no preset '$1' (there are: $preset_names)" "$2"
}

# build_dir PRESET: prints its folder.
build_dir() {
  if [[ $1 == release ]]; then echo build; else echo "build/$1"; fi
}

# need_preset_packages PRESET: and the one header that no package of this Debian has.
need_preset_packages() {
  case $1 in
    fuzz) need_packages "${packages_build[@]}" "${packages_fuzz[@]}" ;;
    lint) need_packages "${packages_build[@]}" "${packages_lint[@]}" ;;
    coverage) need_packages "${packages_build[@]}" "${packages_coverage[@]}" ;;
    aarch64) need_packages "${packages_build[@]}" && need_arm64_packages ;;
    *) need_packages "${packages_build[@]}" ;;
  esac
  want_onnxruntime_header
}

# configure PRESET: a folder configured before is left to ninja, which reconfigures what changed.
configure() {
  local preset=$1 dir log
  dir=$(build_dir "$preset")
  log=$dir/log/configure.log
  if [[ -f $dir/build.ninja && $dir/build.ninja -nt CMakePresets.json ]]; then return 0; fi
  say "configuring $dir"
  mkdir -p "$dir/log"
  if ! cmake --preset "$preset" >"$log" 2>&1; then
    show_log_end "$log"
    fail "cmake could not configure the preset '$preset'" \
      "the reason stands above; after mending it, run this again ('./dev clean' starts afresh)."
  fi
}

# build PRESET [TARGET]...: packages, configuration, compilation.
build() {
  local preset=$1 dir
  shift
  need_preset_packages "$preset"
  configure "$preset"
  dir=$(build_dir "$preset")
  say "building $dir${*:+: $*}"
  run_ninja "$dir" "$@" || fail "the build failed" "the compiler's reason stands above."
}

# run_ninja DIR [TARGET]...: ninja's own progress line on a terminal; in a pipe a line per tenth.
run_ninja() {
  local dir=$1
  shift
  if [[ -n $say_terminal && -t 1 ]]; then
    NINJA_STATUS='    [%f/%t] ' ninja -C "$dir" "$@"
    return
  fi
  NINJA_STATUS='[%f/%t] ' ninja -C "$dir" "$@" 2>&1 | awk '
    match($0, /^\[[0-9]+\/[0-9]+\] /) {
      split(substr($0, 2, RLENGTH - 3), count, "/")
      if (count[1] < done) shown = 0  # ninja starts over once the files that steer it are made anew
      done = count[1]
      tenth = int(count[1] * 10 / count[2])
      if (tenth > shown) { shown = tenth; print "    " count[1] " of " count[2] " steps"; fflush() }
      next
    }
    /^(-- |ninja: (Entering directory|no work to do))/ { next }
    { print; fflush() }' >&2
  return "${PIPESTATUS[0]}"
}
