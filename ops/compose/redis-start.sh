#!/bin/sh
# Starts Redis by REDIS_ROLE (master, replica, sentinel): the password comes from its secret's file, and is in no
# argument and no environment. REDIS_MASTER names the first master, REDIS_MAXMEMORY what may be held.
set -eu
umask 077
PASSWORD=$(cat "${REDIS_PASSWORD_FILE:-/run/secrets/redis-password}")
[ -n "$PASSWORD" ] || { echo "the Redis password's file is empty" >&2; exit 1; }
OWN="${REDIS_ANNOUNCE:-$(hostname)}"
CONF="${TMPDIR:-/tmp}/redis.conf"
case "${REDIS_ROLE:-master}" in
  sentinel)
    # The name stays when a container's address changes.
    cat > "$CONF" <<END
port ${REDIS_PORT:-26379}
dir ${TMPDIR:-/tmp}
protected-mode yes
requirepass $PASSWORD
sentinel sentinel-pass $PASSWORD
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel announce-ip $OWN
sentinel monitor chimera $REDIS_MASTER ${REDIS_MASTER_PORT:-6379} 2
sentinel auth-pass chimera $PASSWORD
sentinel down-after-milliseconds chimera 5000
sentinel failover-timeout chimera 30000
END
    exec redis-server "$CONF" --sentinel ;;
  master | replica)
    cat "${REDIS_CONF:-/etc/chimera/redis.conf}" > "$CONF"
    {
      echo "maxmemory ${REDIS_MAXMEMORY:-1gb}"
      echo "requirepass $PASSWORD"
      echo "masterauth $PASSWORD"
      echo "port ${REDIS_PORT:-6379}"
      echo "dir ${REDIS_DIR:-/var/lib/chimera-redis}"
      echo "replica-announce-ip $OWN"
      if [ "${REDIS_ROLE:-master}" = replica ]; then echo "replicaof $REDIS_MASTER ${REDIS_MASTER_PORT:-6379}"; fi
    } >> "$CONF"
    exec redis-server "$CONF" ;;
  *) echo "REDIS_ROLE is master, replica or sentinel, not $REDIS_ROLE" >&2; exit 1 ;;
esac
