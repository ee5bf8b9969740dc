#!/usr/bin/env bash
# hidden.sh BIN: a window that nobody sees uses no processor, and goes on when it is seen again. Compared is its
# processor time with that of the same window when it is seen: neither a busy machine nor a slow one changes that.
set -euo pipefail
bin=$1
test=hidden.sh
source "$(dirname "${BASH_SOURCE[0]}")/display.sh"
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

open_display 1280x800
DISPLAY=:$display LIBGL_ALWAYS_SOFTWARE=1 "$bin/sqlcast-client" tcp://127.0.0.1:9 --settings "$dir/settings" \
  2>"$dir/err" &
window=$!
wait_for x11 find
wait_for used_more_than 20 # it draws
look_at_it
x11 unmap
must_rest hidden
x11 map
wait_for used_more_than $(($(used) + 20))
