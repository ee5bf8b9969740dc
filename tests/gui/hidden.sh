#!/usr/bin/env bash
# hidden.sh BIN: a window that nobody sees uses no processor, and goes on when it is seen again. Compared is its
# processor time with that of the same window when it is seen: neither a busy machine nor a slow one changes that.
set -euo pipefail
bin=$1
dir=$(mktemp -d)
server='' window=''
stop() {
  [ -z "$window" ] || kill "$window" 2>/dev/null || true
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$dir"
}
trap stop EXIT
fail() {
  echo "hidden.sh: $*" >&2
  cat "$dir/err" >&2
  exit 1
}
# What must come within a minute, looked for ten times a second.
wait_for() {
  local tries=600
  until "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "waited in vain for: $*"
    sleep 0.1
  done
}
# Hundredths of a second, of all threads.
used() {
  awk '{ print $14 + $15 }' "/proc/$window/stat"
}
used_more_than() { [ "$(used)" -gt "$1" ]; }
# map, unmap or find the one window of the display, by Xlib itself: no further program is needed.
x11() {
  DISPLAY=:$display python3 - "$1" <<'PYTHON'
import ctypes, sys

x = ctypes.CDLL("libX11.so.6")
x.XOpenDisplay.restype = ctypes.c_void_p
display = ctypes.c_void_p(x.XOpenDisplay(None))
root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
children = ctypes.POINTER(ctypes.c_ulong)()
x.XDefaultRootWindow.restype = ctypes.c_ulong
top = x.XDefaultRootWindow(display)
x.XQueryTree(display, ctypes.c_ulong(top), ctypes.byref(root), ctypes.byref(parent), ctypes.byref(children),
             ctypes.byref(count))
name, found = ctypes.c_char_p(), 0
for i in range(count.value):
    if x.XFetchName(display, ctypes.c_ulong(children[i]), ctypes.byref(name)) and name.value == b"sqlcast":
        found = children[i]
if not found:
    sys.exit(1)
if sys.argv[1] == "unmap":
    x.XUnmapWindow(display, ctypes.c_ulong(found))
if sys.argv[1] == "map":
    x.XMapWindow(display, ctypes.c_ulong(found))
x.XSync(display, 0)
PYTHON
}

touch "$dir/err"
mkfifo "$dir/display"
Xvfb -displayfd 5 -screen 0 1280x800x24 -nolisten tcp 5>"$dir/display" 2>"$dir/xvfb" &
server=$!
read -r display <"$dir/display"
DISPLAY=:$display LIBGL_ALWAYS_SOFTWARE=1 "$bin/sqlcast-client" tcp://127.0.0.1:9 --settings "$dir/settings" \
  2>"$dir/err" &
window=$!
wait_for x11 find
wait_for used_more_than 20 # it draws

# What it takes in five seconds.
stretch() {
  local before
  before=$(used)
  sleep 5
  echo $(($(used) - before))
}
# The seconds since it was opened are not those of a window at rest. Where the machine is so busy that it gets hardly
# any of it, again.
seen=0
for try in 1 2 3 4 5 6; do
  stretch >/dev/null
  seen=$(stretch)
  echo "seen: $seen hundredths of a second in five" >&2
  [ "$seen" -lt 4 ] || break
done
[ "$seen" -ge 4 ] || fail "a window that is seen draws nothing: there is nothing to compare with"

x11 unmap
# What was under way ends; from then on there is a stretch with next to nothing of it.
quiet() {
  local hidden
  hidden=$(stretch)
  echo "hidden: $hidden hundredths of a second in five" >&2
  [ $((hidden * 4)) -lt "$seen" ]
}
quiet || quiet || quiet || fail "a hidden window goes on drawing"

x11 map
wait_for used_more_than $(($(used) + 20))
