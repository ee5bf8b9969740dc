#!/usr/bin/env bash
# hidden_wayland.sh BIN MINIMISE: under Wayland, too, a minimised window uses no processor. GLFW is not told there that a
# window is not seen: the compositor asks for no more frames, and the swap of buffers waits until it does.
#
# Needs weston (its X11 backend, in Xvfb: without a pointer GLFW 3.3 does not start) and the GLFW of the package
# libglfw3-wayland, which cannot be installed beside libglfw3: SQLCAST_WAYLAND_GLFW names a folder with its
# libglfw.so.3 (scripts/nightly unpacks one). Exit status 77, and a reason: they are not there.
set -euo pipefail
bin=$1
minimise=$2
skip() {
  echo "hidden_wayland.sh: skipped: $*" >&2
  exit 77
}
command -v weston >/dev/null || skip "there is no weston: apt-get install weston"
command -v Xvfb >/dev/null || skip "there is no Xvfb: apt-get install xvfb"
glfw=${SQLCAST_WAYLAND_GLFW:-}
[ -n "$glfw" ] || skip "SQLCAST_WAYLAND_GLFW names no folder with the libglfw.so.3 of libglfw3-wayland"
[ -e "$glfw/libglfw.so.3" ] || skip "$glfw has no libglfw.so.3"
dir=$(mktemp -d)
server='' weston='' window=''
stop() {
  [ -z "$window" ] || kill "$window" 2>/dev/null || true
  [ -z "$weston" ] || kill "$weston" 2>/dev/null || true
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap stop EXIT
fail() {
  echo "hidden_wayland.sh: $*" >&2
  tail -n 20 "$dir/err" "$dir/weston" >&2
  exit 1
}
# What must come within a minute, looked for ten times a second.
wait_for() {
  local tries=600
  until "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "waited in vain for: $*"
    [ -z "$window" ] || [ -e "/proc/$window" ] || fail "the window has ended"
    sleep 0.1
  done
}
# Hundredths of a second, of all threads.
used() { awk '{ print $14 + $15 }' "/proc/$window/stat"; }
used_more_than() { [ "$(used)" -gt "$1" ]; }
stretch() {
  local before
  before=$(used)
  sleep 5
  echo $(($(used) - before))
}

touch "$dir/err" "$dir/weston"
chmod 700 "$dir"
export XDG_RUNTIME_DIR=$dir
mkfifo "$dir/display"
Xvfb -displayfd 5 -screen 0 1400x900x24 -nolisten tcp 5>"$dir/display" 2>"$dir/xvfb" &
server=$!
read -r display <"$dir/display"
DISPLAY=:$display weston --backend=x11-backend.so --use-pixman --no-config --socket=sqlcast-test --width=1280 \
  --height=800 >"$dir/weston" 2>&1 &
weston=$!
wait_for test -S "$dir/sqlcast-test"
env -u DISPLAY WAYLAND_DISPLAY=sqlcast-test LIBGL_ALWAYS_SOFTWARE=1 LD_LIBRARY_PATH="$glfw" LD_PRELOAD="$minimise" \
  "$bin/sqlcast-client" tcp://127.0.0.1:9 --settings "$dir/settings" 2>"$dir/err" &
window=$!
wait_for used_more_than 20 # it draws
seen=0
for try in 1 2 3 4 5 6; do
  stretch >/dev/null
  seen=$(stretch)
  echo "seen: $seen hundredths of a second in five" >&2
  [ "$seen" -lt 4 ] || break
done
[ "$seen" -ge 4 ] || fail "a window that is seen draws nothing: there is nothing to compare with"
kill -USR1 "$window"
wait_for grep -q minimised "$dir/err"
quiet() {
  local hidden
  hidden=$(stretch)
  echo "minimised: $hidden hundredths of a second in five" >&2
  [ $((hidden * 4)) -lt "$seen" ]
}
quiet || quiet || quiet || fail "a minimised window goes on drawing"
kill "$window"
wait "$window" || true # it ends, also while it waits to be seen
window=''
