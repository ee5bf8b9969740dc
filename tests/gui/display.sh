# What the tests of the real window on a display of their own share: sourced, with the test's name in $test.
# Sets $dir, a folder that goes at the end, as $server (the display), $window and $weston do that are started.
dir=$(mktemp -d)
server='' window='' weston=''
stop() {
  local process
  for process in "$window" "$weston" "$server"; do
    [ -z "$process" ] || kill "$process" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap stop EXIT
touch "$dir/err" "$dir/out" "$dir/weston"

fail() {
  echo "$test: $*" >&2
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

# open_display SIZE: sets $display.
open_display() {
  mkfifo "$dir/display"
  Xvfb -displayfd 5 -screen 0 "$1x24" -nolisten tcp 5>"$dir/display" 2>"$dir/xvfb" &
  server=$!
  read -r display <"$dir/display"
}

# Hundredths of a second of the window, of all its threads; and what it takes in five seconds.
used() { awk '{ print $14 + $15 }' "/proc/$window/stat"; }
used_more_than() { [ "$(used)" -gt "$1" ]; }
stretch() {
  local before
  before=$(used)
  sleep 5
  echo $(($(used) - before))
}

# What it takes when it is seen, in $seen. The seconds since it was opened are not those of a window at rest. Where the
# machine is so busy that it gets hardly any of it, again.
look_at_it() {
  for _ in 1 2 3 4 5 6; do
    stretch >/dev/null
    seen=$(stretch)
    echo "seen: $seen hundredths of a second in five" >&2
    [ "$seen" -lt 4 ] || return 0
  done
  fail "a window that is seen draws nothing: there is nothing to compare with"
}

# must_rest WORD: what was under way ends; from then on there is a stretch with next to nothing of $seen.
must_rest() {
  local hidden
  for _ in 1 2 3; do
    hidden=$(stretch)
    echo "$1: $hidden hundredths of a second in five" >&2
    [ $((hidden * 4)) -ge "$seen" ] || return 0
  done
  fail "a window that is $1 goes on drawing"
}
