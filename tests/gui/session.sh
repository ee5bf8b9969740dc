#!/usr/bin/env bash
# session.sh BIN PICTURES: a cluster in a temporary folder, the window under Xvfb on it, session.script played, its
# pictures in PICTURES. Exit status 0 when every step went well.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=$1
pictures=$2
dir=$(mktemp -d)
stop() {
  [ ! -f "$dir/loader" ] || kill "$(cat "$dir/loader")" 2>/dev/null || true
  "$bin/sqlcast" cluster down --dir "$dir" >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap stop EXIT
"$bin/sqlcast" cluster up -n 2 --dir "$dir" --detach </dev/null >&2
"$bin/sqlcast" --dir "$dir" -B <"$root/examples/school.sql" >/dev/null
mkdir -p "$pictures"
cd "$pictures"

load() {
  local i=0
  while :; do
    i=$((i + 1))
    for n in 1 2 3 4 5 6 7 8 9; do echo "insert into school.student (name) values ('load $i.$n');"; done |
      "$bin/sqlcast" --dir "$dir" -B >/dev/null 2>&1 || true
    sleep 0.05
  done
}

# What the script prints as "do …" is done here, outside the window.
perform() {
  while read -r line; do
    echo "$line" >&2
    case "$line" in
      'do load')
        load </dev/null >/dev/null 2>&1 &
        echo $! >"$dir/loader"
        ;;
      'do kill '*) kill -KILL "$(head -n 1 "$dir/${line#do kill }/node.pid" | cut -d " " -f 1)" ;;
      'do start '*) "$bin/sqlcast" cluster up --dir "$dir" --detach </dev/null >&2 ;;
    esac
  done
}

mkfifo "$dir/said"
perform <"$dir/said" &
performer=$!
status=0
LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a -s '-screen 0 2600x1500x24' \
  "$bin/sqlcast-client" --dir "$dir" --size 1440x900 --script "$here/session.script" >"$dir/said" || status=$?
wait "$performer" || true
exit "$status"
