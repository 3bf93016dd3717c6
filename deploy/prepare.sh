#!/usr/bin/env bash
# Makes what deploy/compose.yaml mounts: the secrets, each made here and readable by the one user that needs it, and the folders to write to.
#   sudo bash deploy/prepare.sh FOLDER      (FOLDER must not exist: nothing that is there is ever overwritten)
# Keep a copy of FOLDER/secrets in a safe place: without master-1 nothing of the database or of the store can be read.
set -euo pipefail
umask 077

FOLDER=${1:?a folder that does not exist yet}
NODE_USER=10001
DATABASE_USER=999
STORE_USER=10002

mkdir -p "$(dirname "$FOLDER")"
mkdir "$FOLDER"
FOLDER=$(cd "$FOLDER" && pwd)
chmod 755 "$FOLDER"
mkdir "$FOLDER/secrets"
chmod 711 "$FOLDER/secrets"

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

# A secret of one user: NAME USER TEXT
secret() {
  printf '%s\n' "$3" > "$FOLDER/secrets/$1"
  chmod 400 "$FOLDER/secrets/$1"
  [ "$(id -u)" -ne 0 ] || chown "$2:$2" "$FOLDER/secrets/$1"
}

# A folder that one user writes to: NAME USER
place() {
  mkdir -m 700 "$FOLDER/$1"
  [ "$(id -u)" -ne 0 ] || chown "$2:$2" "$FOLDER/$1"
}

for key in master-1 pepper-1 links-1 certificates-1 database; do secret "$key" "$NODE_USER" "$(random)"; done
DATABASE_PASSWORD=$(random)
secret database-password "$DATABASE_USER" "$DATABASE_PASSWORD"
secret database-url "$NODE_USER" "postgres://sallyport:$DATABASE_PASSWORD@database:5432/sallyport"
STORE_PASSWORD=$(random)
secret store-password "$STORE_USER" "$STORE_PASSWORD"
secret store-secret-access-key "$NODE_USER" "$STORE_PASSWORD"

place database "$DATABASE_USER"
place store "$STORE_USER"
for node in api-1 api-2 worker-1 worker-2; do place "$node" "$NODE_USER"; done
[ "$(id -u)" -eq 0 ] || echo "not root: give the folders and secrets to their users, see $0" >&2
echo "made $FOLDER"
