# Debian's packages without installing them: apt with lists and a cache of its own, so that nothing of the machine changes.
# shellcheck shell=bash

# debian_sources [RELEASE]: the lines of sources.list for the mirrors that this machine uses; of RELEASE, its main archive
# alone.
debian_sources() {
  local origin uri release component
  apt-get indextargets --format "\$(ORIGIN)|\$(REPO_URI)|\$(RELEASE)|\$(COMPONENT)" 'Created-By: Packages' |
    while IFS='|' read -r origin uri release component; do
      [[ $origin == Debian ]] || continue
      if [[ -z ${1:-} ]]; then
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release $component"
      elif [[ $uri != *security* ]]; then
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $1 main"
        break
      fi
    done
}

# apart_apt FOLDER ARCHITECTURE RELEASE ARGUMENT...: apt-get with everything it keeps in FOLDER, as if nothing were
# installed. RELEASE: 'own' for this machine's.
apart_apt() {
  local folder architecture=$2 release=$3
  mkdir -p "$1"/{lists,archives}/partial
  folder=$(readlink -f "$1")
  shift 3
  [[ $release != own ]] || release=
  if [[ ! -s $folder/sources.list ]]; then
    debian_sources "$release" >"$folder/sources.list"
    [[ -s $folder/sources.list ]] || { echo "apt knows no mirror of Debian"; return 1; }
    touch "$folder/status"
  fi
  apt-get -q -y -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State=$folder" \
    -o "Dir::State::lists=$folder/lists" -o "Dir::State::status=$folder/status" -o "Dir::Cache=$folder" \
    -o "Dir::Cache::archives=$folder/archives" -o APT::Sandbox::User= -o "APT::Architecture=$architecture" \
    -o "APT::Architectures=$architecture" -o Debug::NoLocking=1 "$@"
}
