#!/usr/bin/env bash
# lost_display.sh BIN: the display goes away under the window; it ends, says so, and what was typed is kept.
set -euo pipefail
bin=$1
test=lost_display.sh
source "$(dirname "${BASH_SOURCE[0]}")/display.sh"

open_display 1280x800
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
