#!/usr/bin/env bash
# Each breakdown of a start is one French sentence and an exit code other than 0. As root (mounts small disks of its own).
#   sudo tests/drills/pannes.sh
set -euo pipefail
PROJET=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ "${PANNES_ISOLEES:-}" != 1 ]; then
  PANNES_ISOLEES=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi
TRAVAIL=$(mktemp -d /var/tmp/pannes-XXXXXX)
trap 'umount "$TRAVAIL"/petit "$TRAVAIL"/lecture 2>/dev/null || true; rm -rf --one-file-system "$TRAVAIL"' EXIT
unset DATABASE_URL REDIS_URL
FAUTES=0
cloner() { git clone -q --no-hardlinks "$PROJET" "$1"; }

# $1: what is tried, $2: words expected, then the command
attendre() {
  local quoi=$1 mots=$2 code=0
  shift 2
  timeout 120 "$@" >"$TRAVAIL/sortie" 2>&1 || code=$?
  if [ "$code" = 0 ] || [ "$code" = 124 ] || ! grep -q "$mots" "$TRAVAIL/sortie" || grep -q Traceback "$TRAVAIL/sortie"; then
    printf 'FAUTE : %s (code %s)\n' "$quoi" "$code"
    tail -5 "$TRAVAIL/sortie"
    FAUTES=$((FAUTES + 1))
  else
    printf 'juste : %s : %s\n' "$quoi" "$(grep "$mots" "$TRAVAIL/sortie" | tail -1)"
  fi
}

cloner "$TRAVAIL/clone"
ln -s "$PROJET/.venv" "$TRAVAIL/clone/.venv"

python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 8117)); s.listen(); time.sleep(60)' &
sleep 1
attendre "port occupé" "port 8117 est déjà pris" "$TRAVAIL/clone/maillage" run --port 8117
kill %1

mkdir "$TRAVAIL/petit" "$TRAVAIL/lecture"
mount -t tmpfs -o size=60m tmpfs "$TRAVAIL/petit"
attendre "disque presque plein" "Disque presque plein" env MAILLAGE_VAR="$TRAVAIL/petit/var" "$TRAVAIL/clone/maillage" run --port 8118
git clone -q --depth 1 "file://$PROJET" "$TRAVAIL/petit/clone" 2>/dev/null || true
if [ -x "$TRAVAIL/petit/clone/maillage" ]; then
  attendre "disque trop petit pour installer" "Disque presque plein" "$TRAVAIL/petit/clone/maillage" run --port 8118
fi

cloner "$TRAVAIL/sec"
mount --bind "$TRAVAIL/sec" "$TRAVAIL/lecture"
mount -o remount,ro,bind "$TRAVAIL/lecture"
attendre "dossier en lecture seule" "Écriture impossible" "$TRAVAIL/lecture/maillage" run --port 8118
chmod 755 "$TRAVAIL"
attendre "dossier d'un autre compte" "Écriture impossible" setpriv --reuid=65534 --regid=65534 --clear-groups "$TRAVAIL/sec/maillage" run

cloner "$TRAVAIL/faux"
sed -i 's/--hash=sha256:./--hash=sha256:0/' "$TRAVAIL/faux/requirements.txt"
attendre "paquet dont l'empreinte diffère" "empreinte diffère" "$TRAVAIL/faux/maillage" run --port 8118
cloner "$TRAVAIL/seul"
attendre "registre injoignable" "registre de paquets Python ne répond pas" \
  env UV_CACHE_DIR="$TRAVAIL/cache" PIP_NO_CACHE_DIR=1 PIP_RETRIES=0 UV_HTTP_RETRIES=0 \
  https_proxy=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 "$TRAVAIL/seul/maillage" run --port 8118
exit $((FAUTES > 0))
