# The wheels of the Python package: of the stable ABI of CPython 3.10, so that one does for every later version.
# shellcheck shell=bash
source scripts/dev/lib/arm64_root.sh

# What a module of that ABI takes from nanobind is compiled for each version of CPython by nanobind's own author, and in
# the wheel. Its major version is that of nanobind's header nb_backend.h (scripts/requirements-reference.txt pins nanobind).
nanobind_backend=nanobind-backend==1.0.0
nanobind_backend_pythons=(3.10 3.11 3.12 3.13 3.14)

# need_nanobind_backend MACHINE: build/nanobind-backend/MACHINE has that, from PyPI.
need_nanobind_backend() {
  local folder=build/nanobind-backend/$1 log=build/log/nanobind-backend.log wanted version
  wanted="$nanobind_backend ${nanobind_backend_pythons[*]}"
  if [[ -f $folder-wanted && $(<"$folder-wanted") == "$wanted" ]]; then return 0; fi
  say "fetching nanobind's compiled part for Python ${nanobind_backend_pythons[*]} on $1"
  rm -rf "$folder" "$folder-packages"
  mkdir -p "$folder-packages" build/log
  for version in "${nanobind_backend_pythons[@]}"; do
    .venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps --no-compile --only-binary=:all: \
      --python-version "$version" --platform "manylinux_2_28_$1" --target "$folder-packages/$version" \
      "$nanobind_backend" >>"$log" 2>&1 || {
      show_log_end "$log"
      fail "nanobind's compiled part could not be fetched" "give this machine access to PyPI, then run this again."
    }
  done
  mkdir -p "$folder"
  for version in "${nanobind_backend_pythons[@]}"; do cp "$folder-packages/$version"/nanobind_backend/*.{py,so} "$folder"; done
  cp .venv/lib/python3*/site-packages/nanobind-*.dist-info/licenses/LICENSE "$folder/LICENSE"
  rm -rf "$folder-packages"
  echo "$wanted" >"$folder-wanted"
}

# make_wheel: build/wheel/slipway-*.whl, made in the folder of the preset `release`, so that nothing is compiled twice.
make_wheel() {
  local machine
  machine=$(uname -m)
  need_nanobind_backend "$machine"
  # The compiler of the preset: another one, Python's own say, would have all of it compiled again.
  make_wheel_of build/wheel env CC=/usr/bin/cc CXX=/usr/bin/c++ --config-settings=build-dir=build \
    --config-settings=cmake.define.SLIPWAY_TESTS=ON \
    --config-settings=cmake.define.SLIPWAY_NANOBIND_BACKEND="$PWD/build/nanobind-backend/$machine"
}

# make_aarch64_wheel: build/wheel-aarch64/slipway-*.whl, by the cross compiler.
make_aarch64_wheel() {
  local version include root=$PWD/$arm64_root
  need_nanobind_backend aarch64
  version=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  include=$root/usr/include/python$version
  [[ -d $include ]] ||
    fail "Debian's arm64 packages have no Python $version, which .venv has" \
      "./dev clean --all, then run this again with Debian's python3"
  make_wheel_of build/wheel-aarch64 env -u CC -u CXX _PYTHON_HOST_PLATFORM=linux-aarch64 \
    "SETUPTOOLS_EXT_SUFFIX=.cpython-${version//./}-aarch64-linux-gnu.so" --config-settings=build-dir=build/aarch64-python \
    --config-settings=cmake.toolchain-file=cmake/toolchains/aarch64.cmake \
    --config-settings=cmake.define.SLIPWAY_ARM64_ROOT="$root" --config-settings=cmake.define.Python_INCLUDE_DIR="$include" \
    --config-settings=cmake.define.SLIPWAY_NANOBIND_BACKEND="$PWD/build/nanobind-backend/aarch64"
}

# make_wheel_of FOLDER env VARIABLE... OPTION...: unless there is one newer than all that it is made of; unpacked beside it
# for tests.
make_wheel_of() {
  local folder=$1 made variables=()
  shift
  while [[ $1 != --* ]]; do
    variables+=("$1")
    shift
  done
  mkdir -p "$folder"
  made=$(find "$folder" -maxdepth 1 -name 'slipway-*.whl' -print -quit)
  if [[ -n $made && -z $(find python libs apps/slipway include cmake pyproject.toml CMakeLists.txt -type f -newer "$made" \
    ! -name '*_test.cc' ! -path '*/__pycache__*' -print -quit) ]]; then
    return 0
  fi
  say "building the wheel of the Python package, in $folder"
  rm -rf "$folder"
  mkdir -p "$folder" build/log
  local log=build/log/${folder#build/}.log
  if ! PATH="$PWD/.venv/bin:$PATH" "${variables[@]}" .venv/bin/python -m pip wheel . --no-build-isolation --no-deps \
    --disable-pip-version-check --config-settings=wheel.py-api=cp310 -w "$folder" "$@" >"$log" 2>&1; then
    show_log_end "$log"
    fail "the wheel could not be built" "the reason stands above, and in full in $log"
  fi
  .venv/bin/python -m zipfile -e "$folder"/slipway-*.whl "$folder/unpacked"
}
