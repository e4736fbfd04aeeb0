# The public conformance suite of TUF clients, over build/bin/slipway-tuf.
# shellcheck shell=bash
source scripts/dev/lib/presets.sh

# run_tuf_conformance CHECKOUT [PYTEST-OPTION]...: fails unless every test passes; a list of expected failures beside the
# program would hide some, so there must be none.
run_tuf_conformance() {
  local checkout=$1
  shift
  [[ $checkout == /* ]] || checkout=$DEV_CALLER_DIR/$checkout
  [[ -d $checkout/tuf_conformance ]] || fail "$checkout is no checkout of the suite: it has no folder tuf_conformance" \
    "git clone https://github.com/theupdateframework/tuf-conformance, then name that folder"
  need_packages "${packages_conformance[@]}"
  have_python_packages scripts/requirements-tuf.txt build/tuf-python ||
    fail "the suite's packages could not be installed from PyPI" "give this machine access to PyPI, then run this again"
  build release slipway-tuf
  local program=$PWD/build/bin/slipway-tuf python=$PWD/build/tuf-python/bin/python
  [[ ! -e $program.xfails ]] || fail "$program.xfails lists failures to expect: remove it" "none is expected"
  say "running the suite of $checkout"
  (cd "$checkout" && "$python" -B -m pytest -q -p no:cacheprovider tuf_conformance --entrypoint "$program" "$@")
}
