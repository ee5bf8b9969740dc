#!/usr/bin/env bash
# session.sh BIN PICTURES [SCRIPT]: a cluster in a temporary folder, the window under Xvfb on it, SCRIPT (session.script)
# played, its pictures in PICTURES. Exit status 0 when every step went well.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=$1
pictures=$2
script=$(realpath "${3:-$here/session.script}")
dir=$(mktemp -d)
window='' performer=''
stop() {
  [ -z "$window" ] || kill "$window" 2>/dev/null || true
  [ -z "$performer" ] || kill "$performer" 2>/dev/null || true
  [ ! -f "$dir/loader" ] || kill -- "-$(cat "$dir/loader")" 2>/dev/null || true
  "$bin/sqlcast" cluster down --dir "$dir" >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap stop EXIT
"$bin/sqlcast" cluster up -n 2 --dir "$dir" --detach </dev/null >&2
"$bin/sqlcast" --dir "$dir" -B <"$root/examples/school.sql" >/dev/null
mkdir -p "$pictures"
cd "$pictures"
# A file to be imported: people of the school, as a spreadsheet writes them.
printf 'number;name;born;city;note\n1;"Adeyemi, Tunde";2009-02-11;Lagos;\n2;"Çelik, Elif";2008-11-30;İzmir;scholarship\n' >people.csv
printf '3;"García, Lucía";2009-07-04;Sevilla;\n4;"Nguyễn, Minh";2008-09-19;Huế;"plays ""đàn tranh"""\n' >>people.csv

# A shop whose customers come in waves: orders, payments, and now and then a price that changes.
orders() {
  local i=0 n=0 wave=0
  while :; do
    i=$((i + 1)) wave=$(((i * 7 + (i / 5) * 13) % 40))
    for ((n = 0; n < 10 + wave; n++)); do
      echo "insert into shop.sale (product_id, amount, paid) values ($((RANDOM % 4 + 1)), $((RANDOM % 9 + 1)), 0);"
      [ $((n % 4)) -ne 3 ] || echo "update shop.sale set paid = 1 where id = $((i * 20 + n));"
    done
    [ $((i % 9)) -ne 0 ] || echo "update shop.product set price = price + 0.05 where id = $((RANDOM % 4 + 1));"
    sleep 0.1
  done
}
load() {
  "$bin/sqlcast" --dir "$dir" -B >/dev/null <<'SQL'
create database if not exists shop;
create table shop.product (id int unsigned primary key, name varchar(40) not null, price decimal(8,2) not null);
create table shop.sale (
  id bigint unsigned primary key auto_increment, product_id int unsigned not null, amount int unsigned not null,
  paid tinyint not null, key (product_id), foreign key (product_id) references shop.product (id));
insert into shop.product values (1, 'Pencil', 0.40), (2, 'Notebook', 3.20), (3, 'Compass', 7.90), (4, 'Atlas', 24.50);
SQL
  orders | "$bin/sqlcast" --dir "$dir" -B >/dev/null 2>&1
}

# What the script prints as "do …" is done here, outside the window.
perform() {
  while read -r line; do
    echo "$line" >&2
    case "$line" in
      'do load')
        set -m # a process group of its own, to end as one
        load </dev/null >/dev/null 2>&1 &
        set +m
        echo $! >"$dir/loader"
        ;;
      'do kill '*) kill -KILL "$(head -n 1 "$dir/${line#do kill }/node.pid" | cut -d " " -f 1)" ;;
      'do start '*) "$bin/sqlcast" cluster start --dir "$dir" "${line#do start }" </dev/null >&2 ;;
    esac
  done
}

mkfifo "$dir/said"
perform <"$dir/said" &
performer=$!
status=0
# Ends before the test's own time is over: then there is a SIGKILL, of which no trap hears.
LIBGL_ALWAYS_SOFTWARE=1 timeout -k 20 1200 xvfb-run -a -s '-screen 0 2600x1500x24' \
  "$bin/sqlcast-client" --dir "$dir" --size 1440x900 --script "$script" >"$dir/said" &
window=$!
wait "$window" || status=$?
window=''
wait "$performer" || true
performer=''
[ "$status" -ne 0 ] || [ ! -f exported.csv ] || [ "$(wc -l <exported.csv)" -eq 25 ] || {
  echo "exported.csv does not have the 24 students" >&2
  status=1
}
exit "$status"
