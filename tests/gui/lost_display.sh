#!/usr/bin/env bash
# lost_display.sh BIN: the display goes away under the window; it ends, says so, and what was typed is kept.
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
  echo "lost_display.sh: $*" >&2
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

touch "$dir/err" "$dir/out"
mkfifo "$dir/display"
Xvfb -displayfd 5 -screen 0 1280x800x24 -nolisten tcp 5>"$dir/display" 2>"$dir/xvfb" &
server=$!
read -r display <"$dir/display"

cat >"$dir/script" <<'SCRIPT'
click "SQL editor"
type "select 'typed before the display went'"
print "typed"
wait nodes > 0 within 600
SCRIPT
DISPLAY=:$display LIBGL_ALWAYS_SOFTWARE=1 "$bin/sqlcast-client" tcp://127.0.0.1:9 --settings "$dir/settings" \
  --script "$dir/script" >"$dir/out" 2>"$dir/err" &
window=$!
wait_for grep -q typed "$dir/out"
kill "$server"
status=0
wait "$window" || status=$?
window=''
[ "$status" -eq 1 ] || fail "exit status $status instead of 1"
grep -q 'the display was lost' "$dir/err" || fail "nothing was said"
grep -q 'typed before the display went' "$dir/settings/desktop.settings" || fail "what was typed is lost"
