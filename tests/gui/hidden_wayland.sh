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
test=hidden_wayland.sh
skip() {
  echo "$test: skipped: $*" >&2
  exit 77
}
command -v weston >/dev/null || skip "there is no weston: apt-get install weston"
command -v Xvfb >/dev/null || skip "there is no Xvfb: apt-get install xvfb"
glfw=${SQLCAST_WAYLAND_GLFW:-}
[ -n "$glfw" ] || skip "SQLCAST_WAYLAND_GLFW names no folder with the libglfw.so.3 of libglfw3-wayland"
[ -e "$glfw/libglfw.so.3" ] || skip "$glfw has no libglfw.so.3"
source "$(dirname "${BASH_SOURCE[0]}")/display.sh"

chmod 700 "$dir"
export XDG_RUNTIME_DIR=$dir
open_display 1400x900
DISPLAY=:$display weston --backend=x11-backend.so --use-pixman --no-config --socket=sqlcast-test --width=1280 \
  --height=800 >"$dir/weston" 2>&1 &
weston=$!
wait_for test -S "$dir/sqlcast-test"
env -u DISPLAY WAYLAND_DISPLAY=sqlcast-test LIBGL_ALWAYS_SOFTWARE=1 LD_LIBRARY_PATH="$glfw" LD_PRELOAD="$minimise" \
  "$bin/sqlcast-client" tcp://127.0.0.1:9 --settings "$dir/settings" 2>"$dir/err" &
window=$!
wait_for used_more_than 20 # it draws
look_at_it
kill -USR1 "$window"
wait_for grep -q minimised "$dir/err"
must_rest minimised
kill "$window"
wait "$window" || true # it ends, also while it waits to be seen
window=''
