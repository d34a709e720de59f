#!/bin/sh
# Installs the OpenManager Vibe agent as a hardened systemd service, or upgrades it when it is there already.
#
#   curl -fsSL https://HUB/install.sh | sudo sh -s -- --hub https://HUB --key omv_live_...
#
# The key is written to a file that only the service may read. docs/agents.md says more; --help lists the options.
set -eu
umask 022

SERVICE=openmanager-agent
USER_NAME=openmanager-agent
# Everything is put below DESTDIR when it is set (for packages and tests); then no user is made and no service started.
ROOT="${DESTDIR:-}"
LIB="$ROOT/usr/local/lib/openmanager-agent"
CONF="$ROOT/etc/openmanager-agent.conf"
KEY_FILE="$ROOT/etc/openmanager-agent.key"
UNIT="$ROOT/etc/systemd/system/$SERVICE.service"
DATA=/var/lib/openmanager-agent

HUB="" KEY="${OPENMANAGER_KEY:-}" NAME="" GROUP="" TAGS="" LOGS="" SHA256="" PYTHON=""
JOURNAL=no PORTS=no DRY=no UNINSTALL=no PURGE=no

say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

usage() {
    cat <<'TEXT'
usage: install.sh --hub URL --key KEY [options]
  --hub URL        where the product is, like https://status.example.com
  --key KEY        the agent key (or OPENMANAGER_KEY in the environment, or --key-file FILE)
  --name NAME      the server's name (default: the host name)
  --group GROUP    the group it belongs to
  --tag NAME=VALUE may be given several times
  --journal        report the errors in systemd's journal
  --log FILE       report the errors in this log; may be given several times
  --ports          show the listening ports of other users' processes too (gives the agent CAP_SYS_PTRACE)
  --python FILE    the Python to run it with (default: the first python3 >= 3.8 found)
  --sha256 HEX     install agent.py only if it has this checksum (otherwise: the one served beside it)
  --dry-run        print what would be done, and change nothing
  --uninstall      remove the agent; with --purge also its configuration, key and spool
Run again without --key to upgrade: what is configured is kept, and options that are given replace it.
TEXT
}

need() { if [ "$#" -lt 2 ] || [ -z "$2" ]; then fail "$1 needs a value"; fi; }
one_line() { case "$2" in *"
"*) fail "$1 must be one line" ;; esac; }

while [ "$#" -gt 0 ]; do
    case "$1" in
        --hub) need "$@"; one_line "$@"; HUB="${2%/}"; shift ;;
        --key) need "$@"; one_line "$@"; KEY="$2"; shift ;;
        --key-file) need "$@"; [ -r "$2" ] || fail "$2 cannot be read"; KEY="$(cat "$2")"; shift ;;
        --name) need "$@"; one_line "$@"; NAME="$2"; shift ;;
        --group) need "$@"; one_line "$@"; GROUP="$2"; shift ;;
        --tag)
            need "$@"; one_line "$@"
            case "$2" in ?*=?*) ;; *) fail "a tag is given as NAME=VALUE, not $2" ;; esac
            TAGS="${TAGS}tag = $2
"
            shift ;;
        --log) need "$@"; one_line "$@"; LOGS="${LOGS}log = $2
"
            shift ;;
        --python) need "$@"; PYTHON="$2"; shift ;;
        --sha256) need "$@"; SHA256="$2"; shift ;;
        --journal) JOURNAL=yes ;;
        --ports) PORTS=yes ;;
        --dry-run) DRY=yes ;;
        --uninstall) UNINSTALL=yes ;;
        --purge) PURGE=yes ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "unknown option $1" ;;
    esac
    shift
done

if [ "$PURGE" = yes ] && [ "$UNINSTALL" = no ]; then fail "--purge goes with --uninstall"; fi

# --- doing, or saying what would be done -------------------------------------

run() {
    if [ "$DRY" = yes ]; then say "would run: $*"; else "$@"; fi
}

# write PATH MODE OWNER: standard input becomes the file, all of it or nothing.
write() {
    if [ "$DRY" = yes ]; then
        say "would write $1 (mode $2, owner $3):"
        case "$1" in *.key) cat >/dev/null; say "    | (the key)" ;; *) sed 's/^/    | /' ;; esac
        return
    fi
    mkdir -p "$(dirname "$1")"
    new="$1.new"
    (umask 077; cat >"$new")
    chmod "$2" "$new"
    if [ -z "$ROOT" ]; then chown "$3" "$new"; fi
    mv -f "$new" "$1"
}

has() { command -v "$1" >/dev/null 2>&1; }
has_systemd() { [ -z "$ROOT" ] && has systemctl && [ -d /run/systemd/system ]; }
for_real() { [ -z "$ROOT" ] && [ "$DRY" = no ]; }

if for_real && [ "$(id -u)" != 0 ]; then
    fail "run this as root (… | sudo sh -s -- …), or look first with --dry-run"
fi

# --- uninstall ---------------------------------------------------------------

if [ "$UNINSTALL" = yes ]; then
    if has_systemd && [ -e "$UNIT" ]; then
        run systemctl disable --now "$SERVICE.service"
    fi
    run rm -rf "$UNIT" "$LIB"
    if has_systemd; then run systemctl daemon-reload; fi
    if [ "$PURGE" = yes ]; then
        run rm -rf "$CONF" "$KEY_FILE" "$ROOT$DATA"
        if [ -z "$ROOT" ] && id "$USER_NAME" >/dev/null 2>&1; then
            if has userdel; then run userdel "$USER_NAME"; elif has deluser; then run deluser "$USER_NAME"; fi
        fi
    else
        say "kept: $CONF, $KEY_FILE and $ROOT$DATA (remove them with --uninstall --purge)"
    fi
    say "the agent is uninstalled"
    exit 0
fi

# --- what is needed ----------------------------------------------------------

CANDIDATES="/usr/bin/python3 /usr/local/bin/python3 python3 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8"
GIVEN="$PYTHON" PYTHON=""
for candidate in ${GIVEN:-$CANDIDATES}; do
    has "$candidate" || continue
    if "$candidate" -c 'import sys, sqlite3, ssl; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
        # The interpreter itself, not a shim; the system's own first, for the service cannot see into a home.
        PYTHON="$("$candidate" -c 'import sys; print(sys.executable)')"
        break
    fi
done
[ -n "$PYTHON" ] || fail "the agent needs python3 >= 3.8 with sqlite3 and ssl; install it (Debian: apt-get install python3) and run this again"

configured() { if [ -r "$CONF" ]; then sed -n "s/^$1 *= *//p" "$CONF" | head -n 1; fi; }

[ -n "$HUB" ] || HUB="$(configured hub)"
[ -n "$HUB" ] || fail "say where the hub is: --hub https://..."
case "$HUB" in
    https://?*) ;;
    http://127.* | http://localhost*) ;;
    http://?*) say "warning: $HUB is not encrypted, the key can be read on the way" ;;
    *) fail "the hub is given as https://..., not $HUB" ;;
esac
if [ -z "$KEY" ] && [ ! -s "$KEY_FILE" ]; then
    fail "an agent key is needed: --key omv_live_... (the page shows one under \"add server\")"
fi
case "$KEY" in *[!A-Za-z0-9_-]*) fail "the key holds characters that no key has" ;; esac

# --- download and check ------------------------------------------------------

fetch() {
    if has curl; then
        case "$1" in https:*) proto='=https' ;; *) proto='=http,https' ;; esac
        curl -fsSL --proto "$proto" --proto-redir "$proto" --max-time 60 -o "$2" "$1"
    elif has wget; then
        wget -q -T 60 -O "$2" "$1"
    else
        "$PYTHON" -c 'import sys, urllib.request; open(sys.argv[2], "wb").write(urllib.request.urlopen(sys.argv[1], timeout=60).read())' "$1" "$2"
    fi
}

TEMP="$(mktemp -d)"
trap 'rm -rf "$TEMP"' EXIT
trap 'exit 1' INT TERM HUP
fetch "$HUB/agent.py" "$TEMP/agent.py" || fail "$HUB/agent.py cannot be fetched"
if [ -z "$SHA256" ]; then
    fetch "$HUB/agent.py.sha256" "$TEMP/agent.py.sha256" || fail "$HUB/agent.py.sha256 cannot be fetched"
    SHA256="$(cut -d ' ' -f 1 <"$TEMP/agent.py.sha256")"
fi
FOUND="$("$PYTHON" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$TEMP/agent.py")"
[ "$FOUND" = "$SHA256" ] || fail "agent.py does not have the checksum it should: $FOUND, not $SHA256. Nothing was changed"
VERSION="$("$PYTHON" -I -B "$TEMP/agent.py" --version)" || fail "agent.py does not run under $PYTHON. Nothing was changed"
say "agent $VERSION, checksum as it should be, $PYTHON"

# --- user, files, service ----------------------------------------------------

if [ -z "$ROOT" ] && ! id "$USER_NAME" >/dev/null 2>&1; then
    NOLOGIN=/usr/sbin/nologin
    [ -x "$NOLOGIN" ] || NOLOGIN=/bin/false
    if has useradd; then
        run useradd --system --user-group --no-create-home --home-dir "$DATA" --shell "$NOLOGIN" "$USER_NAME"
    elif has adduser; then
        if has addgroup; then run addgroup -S "$USER_NAME"; fi
        run adduser -S -D -H -h "$DATA" -s "$NOLOGIN" -G "$USER_NAME" "$USER_NAME" # BusyBox, as on Alpine
    else
        fail "neither useradd nor adduser is here: make a system user $USER_NAME and run this again"
    fi
fi

# The configuration: what is given replaces what was there, the rest is kept.
kept() { if [ -r "$CONF" ]; then sed -n "/^$1 *=/p" "$CONF"; fi; }
setting() { if [ -n "$2" ]; then say "$1 = $2"; else kept "$1"; fi; }
if [ "$JOURNAL" = yes ]; then JOURNAL_LINE="journal = yes"; else JOURNAL_LINE="$(kept journal)"; fi
{
    say "# The OpenManager Vibe agent; docs/agents.md lists the settings. The key is in key_file."
    say "hub = $HUB"
    say "key_file = ${KEY_FILE#"$ROOT"}"
    say "data = $DATA"
    setting name "$NAME"
    setting group "$GROUP"
    if [ -n "$TAGS" ]; then printf '%s' "$TAGS"; else kept tag; fi
    if [ -n "$LOGS" ]; then printf '%s' "$LOGS"; else kept log; fi
    if [ -n "$JOURNAL_LINE" ]; then say "$JOURNAL_LINE"; fi
} >"$TEMP/conf"

if [ -n "$KEY" ]; then printf '%s\n' "$KEY" | write "$KEY_FILE" 0600 "$USER_NAME"; fi
write "$CONF" 0644 root <"$TEMP/conf"
if [ "$DRY" = yes ]; then
    say "would write $LIB/agent.py (mode 0755, owner root): agent $VERSION, sha256 $FOUND"
else
    write "$LIB/agent.py" 0755 root <"$TEMP/agent.py"
fi

# An upgrade keeps --ports as it was chosen.
if [ "$PORTS" = no ] && [ -r "$UNIT" ] && grep -q '^AmbientCapabilities=CAP_SYS_PTRACE' "$UNIT"; then PORTS=yes; fi
if [ "$PORTS" = yes ]; then CAPABILITIES="CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"; else CAPABILITIES=""; fi

unit() {
    cat <<TEXT
[Unit]
Description=OpenManager Vibe agent
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=$PYTHON -I -B ${LIB#"$ROOT"}/agent.py --config ${CONF#"$ROOT"}
User=$USER_NAME
Restart=always
RestartSec=5
TimeoutStopSec=10
StateDirectory=openmanager-agent
StateDirectoryMode=0700
UMask=0077
Nice=5
MemoryMax=128M
TasksMax=64
# The agent reads /proc, /sys and the space of every mount, writes its spool and talks to the hub; nothing else.
NoNewPrivileges=yes
CapabilityBoundingSet=$CAPABILITIES
AmbientCapabilities=$CAPABILITIES
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
TEXT
    if grep -q '^journal *= *yes' "$TEMP/conf" && grep -q '^systemd-journal:' /etc/group; then say "SupplementaryGroups=systemd-journal"; fi
    cat <<'TEXT'

[Install]
WantedBy=multi-user.target
TEXT
}

if has_systemd || [ -n "$ROOT" ]; then
    unit | write "$UNIT" 0644 root
fi
if has_systemd; then
    run systemctl daemon-reload
    run systemctl enable "$SERVICE.service"
    run systemctl restart "$SERVICE.service"
    if [ "$DRY" = no ]; then
        sleep 2
        systemctl is-active --quiet "$SERVICE.service" || {
            journalctl -u "$SERVICE.service" -n 20 --no-pager >&2 || true
            fail "the service does not stay up; its last words are above"
        }
        say "the agent runs; it shows on the page within a minute (journalctl -u $SERVICE -f)"
    fi
elif [ -z "$ROOT" ]; then
    run mkdir -p "$DATA"
    run chown "$USER_NAME" "$DATA"
    run chmod 0700 "$DATA"
    say "there is no systemd here: have your init system run, as the user $USER_NAME and restarted when it ends:"
    say "    $PYTHON -I -B $LIB/agent.py --config $CONF"
fi
if [ "$DRY" = yes ]; then say "nothing was changed"; fi
