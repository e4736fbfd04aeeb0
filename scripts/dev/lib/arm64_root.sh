# A root file system of 64-bit ARM in build/arm64-root: what the Python package for it is compiled against, and what runs it
# under qemu. Debian's packages, unpacked and not installed, so that this machine stays as it is.
# shellcheck shell=bash
source scripts/dev/lib/packages.sh
source scripts/dev/lib/debian.sh

arm64_root=build/arm64-root

# need_arm64_root: has it, with the libraries that the preset `aarch64` takes from multiarch, and Debian's Python with NumPy.
need_arm64_root() {
  need_packages g++-aarch64-linux-gnu qemu-user-static
  local python wanted name log=build/log/arm64-root.log
  python=python$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  wanted=("$python" "lib$python-dev")
  for name in "${packages_aarch64[@]}"; do
    [[ $name != *:arm64 ]] || wanted+=("${name%:arm64}")
  done
  if [[ -f $arm64_root/packages && $(<"$arm64_root/packages") == "${wanted[*]}" ]]; then return 0; fi
  say "fetching Debian's arm64 packages into $arm64_root, without installing them: ${wanted[*]}"
  mkdir -p build/log
  [[ -n $(debian_sources) ]] || update_package_lists
  rm -rf "$arm64_root"
  if ! { make_arm64_root "${wanted[@]}" && fetch_arm64_numpy; } >"$log" 2>&1; then
    show_log_end "$log"
    fail "the arm64 packages could not be fetched" "check the network and /etc/apt/sources.list*, then run this again."
  fi
  echo "${wanted[*]}" >"$arm64_root/packages"
}

# make_arm64_root PACKAGE...
make_arm64_root() {
  local package folder link
  apart_apt "$arm64_root/apt" arm64 own update || return 1
  apart_apt "$arm64_root/apt" arm64 own install --no-install-recommends --download-only "$@" || return 1
  mkdir -p "$arm64_root"/usr/{bin,lib,sbin}
  for folder in bin lib sbin; do ln -s "usr/$folder" "$arm64_root/$folder"; done
  for package in "$arm64_root"/apt/archives/*.deb; do
    case $package in
      */libc6-dev_* | */linux-libc-dev_*) continue ;;  # the cross compiler has its own
    esac
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$arm64_root" --keep-directory-symlink --no-same-owner || return 1
  done
  while IFS= read -r link; do  # /lib/... means this root's
    ln -sfnr "$arm64_root$(readlink "$link")" "$link" || return 1
  done < <(find "$arm64_root" -type l -lname '/*' -not -path "$arm64_root/apt/*")
  rm -rf "$arm64_root/apt"
}

# fetch_arm64_numpy: of the version that .venv has, from PyPI, in a folder of its own.
fetch_arm64_numpy() {
  .venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps --no-compile --only-binary=:all: \
    --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --target "$arm64_root/python" \
    "$(grep '^numpy==' scripts/requirements-reference.txt)"
}
