#!/usr/bin/env bash
# Proof of the two commands on a bare machine: a new Debian made by debootstrap, nothing installed but git.
# As root then as an ordinary user: `run` from nothing, Ctrl-C, `kill -9`, second start, then `test` from nothing.
#   sudo tests/drills/maquette.sh [folder]      (debootstrap and root needed; uses this machine's apt sources)
# One line of figures a step: « mesure : … ». Exit code 1 when a promise does not hold.
set -euo pipefail
PROJET=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

if [ "${MAQUETTE_ISOLEE:-}" != 1 ]; then # own mounts and own process list: nothing is left behind
  MAQUETTE_ISOLEE=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi

RACINE=${1:-$(mktemp -d /var/tmp/maquette-XXXXXX)}
[ -d "$RACINE" ] && chmod 755 "$RACINE" # a root that other accounts cross, as on any machine
FAUTES=0
mesure() { printf 'mesure : %s\n' "$*"; }
faute() {
  printf 'FAUTE : %s\n' "$*"
  FAUTES=$((FAUTES + 1))
}
secondes() { echo "$EPOCHREALTIME $1" | awk '{ printf "%.1f", $1 - $2 }'; }

construire() {
  local miroir
  miroir=$(sed -n 's/^URIs: *//p; s/^deb \([^[][^ ]*\) .*/\1/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.{sources,list} 2>/dev/null | head -1 || true)
  debootstrap --variant=minbase bookworm "$RACINE" "$miroir" >"$RACINE.journal" 2>&1
  cp -rL /etc/apt/sources.list.d /etc/apt/apt.conf.d "$RACINE/etc/apt/"
  rm -f "$RACINE/etc/apt/sources.list"
  brancher
  dans root "apt-get update -q && apt-get install -y -q --no-install-recommends git" >>"$RACINE.journal" 2>&1
}

# The machine's own network settings and certificates, for the time of the proof only.
brancher() {
  cp -L /etc/resolv.conf /etc/hosts "$RACINE/etc/"
  cp -L /etc/ssl/certs/ca-certificates.crt "$RACINE/etc/maquette.crt" # a name that no package rewrites
  mountpoint -q "$RACINE/proc" || mount -t proc proc "$RACINE/proc"
  mountpoint -q "$RACINE/dev" || mount --rbind /dev "$RACINE/dev"
}

# $1: account, $2: command, in a clean environment plus the proxies and certificates of this machine
dans() {
  local maison=/root
  [ "$1" = root ] || maison=/home/$1
  ${EXEC:-} env -i HOME="$maison" USER="$1" PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    SSL_CERT_FILE=/etc/maquette.crt PIP_CERT=/etc/maquette.crt \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
    chroot --userspec="$1" "$RACINE" /bin/sh -c "cd $maison && $2"
}

cloner() { # $1: account, $2: name of the clone
  local maison=/root
  [ "$1" = root ] || maison=/home/$1
  rm -rf "$RACINE$maison/$2" "$RACINE$maison/.cache" "$RACINE/srv/depot.git"
  git clone -q --bare --no-hardlinks "$PROJET" "$RACINE/srv/depot.git"
  chmod -R a+rX "$RACINE/srv/depot.git"
  dans "$1" "git config --global --add safe.directory '*' && git clone -q /srv/depot.git $2"
}

# Start in the background and wait for the sentence. Sets PID and JOURNAL. $1: account, $2: clone, $3: port, $4: words
lancer() {
  local debut=$EPOCHREALTIME
  JOURNAL=$RACINE/tmp/run-$1.log
  : >"$JOURNAL"
  EXEC=exec dans "$1" "cd $2 && exec ./maillage run --port $3" >"$JOURNAL" 2>&1 & # the pid is the launcher's own
  PID=$!
  for _ in $(seq 3000); do
    grep -q 'Portail prêt' "$JOURNAL" && break
    kill -0 "$PID" 2>/dev/null || break
    sleep 0.1
  done
  if grep -q 'Portail prêt' "$JOURNAL"; then
    mesure "$1, $4 : prêt en $(secondes "$debut") s"
  else
    faute "$1, $4 : pas prêt"
    tail -20 "$JOURNAL"
    exit 1
  fi
}

survivants() { ps -eo pid,args | grep -E 'pgdata|valkey-server|portal\.wsgi|celery -A portal' | grep -v grep || true; }

attendre_vide() { # $1: words
  local debut=$EPOCHREALTIME
  for _ in $(seq 300); do
    [ -z "$(survivants)" ] && break
    sleep 0.1
  done
  if [ -z "$(survivants)" ]; then mesure "$1 : plus aucun processus après $(secondes "$debut") s"; else
    faute "$1 : il reste"
    survivants
  fi
}

epreuve() { # $1: account, $2: port
  cloner "$1" maillage
  lancer "$1" maillage "$2" "premier démarrage, depuis rien"
  sleep 3
  kill -INT "$PID"
  wait "$PID" || faute "$1 : code de sortie après Ctrl-C"
  attendre_vide "$1, Ctrl-C"
  lancer "$1" maillage "$2" "deuxième démarrage"
  if dans "$1" "cd maillage && ./maillage run --port $(($2 + 1))" >"$RACINE/tmp/double" 2>&1; then faute "$1 : second run accepté"; fi
  mesure "$1, second run au même endroit : $(cat "$RACINE/tmp/double")"
  sleep 3
  kill -9 "$PID"
  wait "$PID" 2>/dev/null || true
  attendre_vide "$1, kill -9 du superviseur"
  lancer "$1" maillage "$2" "démarrage après kill -9"
  kill -9 "$PID"
  wait "$PID" 2>/dev/null || true
  lancer "$1" maillage "$2" "démarrage aussitôt après kill -9"
  kill -TERM "$PID"
  wait "$PID" || faute "$1 : code de sortie après SIGTERM"
  attendre_vide "$1, SIGTERM"
  cloner "$1" maillage-tests
  local debut=$EPOCHREALTIME
  dans "$1" "cd maillage-tests && ./maillage test" >"$RACINE/tmp/test-$1.log" 2>&1 || faute "$1 : les tests ne passent pas"
  mesure "$1, test depuis rien : $(secondes "$debut") s : $(tail -1 "$RACINE/tmp/test-$1.log")"
}

if [ -e "$RACINE/etc/debian_version" ]; then brancher; else construire; fi
dans root "python3 --version" 2>/dev/null && mesure "python3 est déjà là" || mesure "ni python ni pip au départ"
epreuve root 8112
dans root "id marie >/dev/null 2>&1 || useradd --create-home marie"
epreuve marie 8114
exit $((FAUTES > 0))
