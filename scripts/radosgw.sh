#!/usr/bin/env bash
# A real S3 server for the tests of the S3 blob store: Ceph's radosgw over one object store in memory, on loopback, for one user.
#   radosgw.sh start PORT FOLDER   starts it and prints the test settings, one NAME=VALUE a line, once it answers
#   radosgw.sh stop FOLDER         ends what was started in FOLDER
# Takes PORT and the two after it. Needs the Debian packages ceph-mon, ceph-osd, ceph-common and radosgw.
set -euo pipefail

ACCESS_KEY=sallyport-test
SECRET_KEY=sallyport-test-secret

stop() {
  [ -f "$1/pids" ] || return 0
  local pid
  while read -r pid; do kill "$pid" 2> /dev/null || true; done < "$1/pids"
  while read -r pid; do
    for _ in $(seq 50); do
      kill -0 "$pid" 2> /dev/null || continue 2
      sleep 0.1
    done
    kill -9 "$pid" 2> /dev/null || true
  done < "$1/pids"
  rm -f "$1/pids"
}

write_settings() {
  cat > "$CONF" << END
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
keyring = $FOLDER/keyring
mon host = [v2:127.0.0.1:$((PORT + 1))/0,v1:127.0.0.1:$((PORT + 2))/0]
public network = 127.0.0.0/8
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
run dir = $FOLDER/run
log file = $FOLDER/run/\$name.log
admin socket = $FOLDER/run/\$name.asok
pid file = $FOLDER/run/\$name.pid
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 2000
osd crush chooseleaf type = 0
[mon.a]
mon data = $FOLDER/mon
mon data avail crit = 1
mon data avail warn = 1
[osd.0]
osd data = $FOLDER/osd
osd objectstore = memstore
memstore device bytes = 1073741824
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:$PORT
rgw data = $FOLDER/rgw
rgw enable usage log = false
END
}

make_keys() {
  local ring=$FOLDER/keyring
  ceph-authtool --create-keyring "$ring" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool "$ring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  ceph-authtool "$ring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
  ceph-authtool "$ring" --gen-key -n client.rgw.a --cap mon 'allow *' --cap osd 'allow *'
}

# In a session of its own: an interrupt of the caller's terminal must not end it half-way.
background() {
  local name=$1
  shift
  setsid "$@" > "$FOLDER/run/$name.out" 2>&1 < /dev/null &
  echo $! >> "$FOLDER/pids"
}

# The shebang of `ceph` may name a Python that lacks Debian's modules.
ceph_command() {
  timeout 30 /usr/bin/python3 "$(command -v ceph)" -c "$CONF" "$@"
}

start_cluster() {
  local fsid osd
  fsid=$(sed -n 's/^fsid = //p' "$CONF")
  osd=$(cat /proc/sys/kernel/random/uuid)
  monmaptool --create --clobber --fsid "$fsid" \
    --addv a "[v2:127.0.0.1:$((PORT + 1)),v1:127.0.0.1:$((PORT + 2))]" "$FOLDER/monmap"
  ceph-mon --mkfs -c "$CONF" -i a --monmap "$FOLDER/monmap" --keyring "$FOLDER/keyring"
  background mon ceph-mon -f -c "$CONF" -i a
  ceph_command osd new "$osd" 0
  ceph-osd -c "$CONF" -i 0 --mkfs --osd-uuid "$osd"
  ceph_command osd crush add osd.0 1.0 root=default host=h
  background osd ceph-osd -f -c "$CONF" -i 0
  background rgw radosgw -f -c "$CONF" -n client.rgw.a
  timeout 60 radosgw-admin -c "$CONF" -n client.rgw.a user create --uid=test --display-name=test \
    --access-key="$ACCESS_KEY" --secret-key="$SECRET_KEY"
}

answers() {
  curl --noproxy '*' -sf -o /dev/null "http://127.0.0.1:$PORT/"
}

start() {
  PORT=$1
  FOLDER=$2
  CONF=$FOLDER/ceph.conf
  export CEPH_CONF=$CONF
  mkdir -p "$FOLDER"/{mon,osd,rgw,run}
  stop "$FOLDER"
  write_settings
  if ! { make_keys && start_cluster; } > "$FOLDER/run/start.out" 2>&1; then
    tail -20 "$FOLDER/run/start.out" >&2
    stop "$FOLDER"
    return 1
  fi
  for _ in $(seq 150); do
    answers && break
    sleep 0.2
  done
  answers || { echo "radosgw does not answer on port $PORT" >&2; stop "$FOLDER"; return 1; }
  printf '%s\n' "SALLYPORT_TEST_S3_ENDPOINT=http://127.0.0.1:$PORT" SALLYPORT_TEST_S3_REGION=default \
    "SALLYPORT_TEST_S3_ACCESS_KEY_ID=$ACCESS_KEY" "SALLYPORT_TEST_S3_SECRET_ACCESS_KEY=$SECRET_KEY"
}

case "${1:-}" in
  start) start "${2:?a port}" "${3:?a folder}" ;;
  stop) stop "${2:?a folder}" ;;
  *) sed -n '2,5s/^# //p' "$0"; exit 2 ;;
esac
