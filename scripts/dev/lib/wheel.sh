# The wheel of the Python package, made in the folder of the preset `release`, so that nothing is compiled twice.
# shellcheck shell=bash

# make_wheel: build/wheel/slipway-*.whl, unless it is newer than all that it is made of; unpacked beside it for tests.
make_wheel() {
  local folder=build/wheel
  local made
  made=$(find "$folder" -maxdepth 1 -name 'slipway-*.whl' -print -quit 2>/dev/null)
  if [[ -n $made && -z $(find python libs apps/slipway include cmake pyproject.toml CMakeLists.txt -type f -newer "$made" \
    ! -name '*_test.cc' ! -path '*/__pycache__*' -print -quit) ]]; then
    return 0
  fi
  say "building the wheel of the Python package"
  rm -rf build/wheel
  mkdir -p build/wheel build/log
  local log=build/log/wheel.log
  # The compiler of the preset: another one, Python's own say, would have all of it compiled again.
  if ! PATH="$PWD/.venv/bin:$PATH" CC=/usr/bin/cc CXX=/usr/bin/c++ .venv/bin/python -m pip wheel . --no-build-isolation --no-deps --disable-pip-version-check -w "$folder" \
    --config-settings=build-dir=build --config-settings=cmake.define.SLIPWAY_TESTS=ON >"$log" 2>&1; then
    show_log_end "$log"
    fail "the wheel could not be built" "the reason stands above, and in full in $log"
  fi
  .venv/bin/python -m zipfile -e "$folder"/slipway-*.whl "$folder/unpacked"
}
