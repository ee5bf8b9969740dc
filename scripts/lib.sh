# shellcheck shell=bash
# What the commands in scripts/ share; read by them with `source`. Sets `root`, the top of the tree.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }
die() {
  complain "$(basename "$0"): $*"
  exit 1
}
# Wrong arguments.
misused() {
  complain "$(basename "$0"): $*; --help shows how it is used"
  exit 2
}
# The comment at the head of the calling script, as its help.
show_help() { awk 'NR > 1 && /^#/ { sub(/^# ?/, ""); print; next } NR > 1 { exit }' "$0"; }

# The packages that list files name: one a line, comments after #.
packages_of() { sed 's/#.*//' "$@" | awk '{ for (i = 1; i <= NF; i++) print $i }' | sort -u; }

# Those of the packages given that dpkg does not have installed.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | awk '$1 == "installed" { print $2 }' | sort -u)
  comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$installed")
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    complain "this needs root, and there is no sudo; as root, run: $*"
    return 1
  fi
}

apt_get() {
  # DPkg::Lock::Timeout: another installation may be under way, as on a machine that has just started.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

# need_packages FILE...: installs what is missing of the lists third_party/FILE; silent when nothing is.
need_packages() {
  local file lists=() wanted missing log
  for file in "$@"; do lists+=("$root/third_party/$file"); done
  command -v dpkg-query >/dev/null || die "this is not a Debian system; install what ${lists[*]} name, then build with CMake as README.md shows"
  mapfile -t wanted < <(packages_of "${lists[@]}")
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    die "these packages are missing, and there is no sudo; as root, run: apt-get install --no-install-recommends ${missing[*]}"
  say "installing ${#missing[@]} packages: ${missing[*]}"
  log=$(mktemp)
  # The lists of a new machine are empty, those of an old one name versions that are gone: then, and only then, update.
  if ! apt_get install --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null; then
    if ! { apt_get update && apt_get install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
      tail -n 20 "$log" >&2
      rm -f "$log"
      die "apt-get could not install the packages above. Is there a network, and a Debian 12 mirror in /etc/apt? Then run this again"
    fi
  fi
  rm -f "$log"
}

# Compilers at once: one a processor, but no more than one a gibibyte of free memory.
jobs_that_fit() {
  local processors memory
  processors=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
  [ "${memory:-1}" -ge 1 ] || memory=1
  echo $((memory < processors ? memory : processors))
}

# show_progress WHAT PID LOG: a line every few seconds, with ninja's count of what is done, while the process runs.
show_progress() {
  local tick=0
  while kill -0 "$2" 2>/dev/null; do
    sleep 0.2
    tick=$((tick + 1))
    [ $((tick % 50)) -ne 0 ] || say "$1: $(grep -o '^\[[0-9]*/[0-9]*\]' "$3" | tail -n 1) after $((tick / 5)) s"
  done
}

# quietly WHAT COMMAND...: shows the command's output only when it fails, or as it comes on a terminal; elsewhere a line
# every ten seconds.
quietly() {
  local what=$1 log status=0
  shift
  if [ -t 1 ]; then
    "$@" || die "$what failed"
    return
  fi
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null &
  show_progress "$what" $! "$log"
  wait $! || status=$?
  if [ "$status" -ne 0 ]; then
    grep -v '^\[[0-9]*/[0-9]*\] [A-Z]' "$log" | tail -n 100 >&2 || true
    rm -f "$log"
    die "$what failed"
  fi
  rm -f "$log"
}

# build PRESET [TARGET...]: configures when there is need, and builds what is out of date.
build() {
  local preset=$1 folder="$root/build/$1" cache="$root/build/$1/CMakeCache.txt"
  shift
  # A build folder that came from elsewhere with the tree cannot be used here.
  if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then rm -rf "$folder"; fi
  if [ ! -f "$folder/build.ninja" ] || ! grep -qx 'SQLCAST_WERROR:BOOL=ON' "$cache" ||
    ! grep -qx 'SQLCAST_TESTS:BOOL=ON' "$cache" || ! grep -qx 'SQLCAST_GUI:BOOL=ON' "$cache"; then
    [ -d "$folder" ] || say "building in build/$preset; the first time takes some minutes"
    (cd "$root" && quietly "configuring" cmake --preset "$preset" -DSQLCAST_WERROR=ON -DSQLCAST_TESTS=ON -DSQLCAST_GUI=ON)
  fi
  local targets=() target
  for target in "$@"; do targets+=(--target "$target"); done
  quietly "building" cmake --build "$folder" "${targets[@]}" --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-$(jobs_that_fit)}"
}

# run_tests PRESET ARGUMENT...: ctest on what build() made, in a temporary folder of its own. Its last line is
# "N passed, M failed"; false when a test failed or none ran.
run_tests() {
  local preset=$1 output status=0 failed total
  shift
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/sqlcast-test-XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  mkdir "$scratch/tmp"
  output="$scratch/output"
  TMPDIR="$scratch/tmp" ctest --test-dir "$root/build/$preset" --output-on-failure --no-tests=error \
    --parallel "$(nproc)" "$@" </dev/null 2>&1 | tee "$output" || status=$?
  read -r failed total < <(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' "$output") || true
  if [ -z "${total:-}" ]; then
    [ "$status" -ne 0 ] || status=1
    total=0 failed=0
  fi
  say "$((total - failed)) passed, $failed failed"
  return "$status"
}
