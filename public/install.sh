#!/bin/sh
# Installs the OpenManager Vibe agent as a hardened systemd service, or upgrades it when it is there already.
#
#   curl -fsSL https://HUB/install.sh | sudo sh -s -- --hub https://HUB --key omv_live_...
#
# The key is written to a file that only the service may read. docs/agents.md says more; --help lists the options.
# Where Telegraf, the OpenTelemetry Collector, Prometheus or collectd is here already, it can report instead: --detect, --use.
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
JOURNAL=no PORTS=no DRY=no UNINSTALL=no PURGE=no DETECT=no USE=""

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
  --detect         install nothing: print what to paste for agents of other makers that are here
  --use AGENT      install nothing: have telegraf, otelcol, prometheus or collectd, which is here, report to the hub
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
        --detect) DETECT=yes ;;
        --use)
            need "$@"
            case "$2" in telegraf | otelcol | prometheus | collectd) USE="$2" ;; *) fail "--use takes telegraf, otelcol, prometheus or collectd" ;; esac
            shift ;;
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
        case "$1" in *.key) cat >/dev/null; say "    | (the key)" ;; *) sed -e "s/${KEY:-no key}/(the key)/g" -e 's/^/    | /' ;; esac
        return
    fi
    mkdir -p "$(dirname "$1")"
    new="$1.new"
    (umask 077; cat >"$new")
    chmod "$2" "$new"
    if [ -z "$ROOT" ]; then chown "$3" "$new" || { rm -f "$new"; fail "$1 cannot be given to $3"; }; fi
    mv -f "$new" "$1"
}

has() { command -v "$1" >/dev/null 2>&1; }
has_systemd() { [ -z "$ROOT" ] && has systemctl && [ -d /run/systemd/system ]; }
for_real() { [ -z "$ROOT" ] && [ "$DRY" = no ]; }

if for_real && [ "$DETECT" = no ] && [ "$(id -u)" != 0 ]; then
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

# --- the hub and the key ------------------------------------------------------

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

# --- agents of other makers that are here already -----------------------------

OTHERS="telegraf otelcol prometheus collectd"
there() { for one; do if [ -e "$ROOT$one" ]; then say "$one"; return; fi; done; }

# Where that agent has its configuration; nothing when it is not here.
own() {
    case "$1" in
        telegraf) there /etc/telegraf/telegraf.conf ;;
        otelcol) there /etc/otelcol-contrib/config.yaml /etc/otelcol/config.yaml ;;
        prometheus) there /etc/prometheus/prometheus.yml ;;
        collectd) there /etc/collectd/collectd.conf /etc/collectd.conf ;;
    esac
}

# Where our part of it goes.
place() {
    case "$(own "$1")" in
        /etc/telegraf/*) say /etc/telegraf/telegraf.d/openmanager.conf ;;
        /etc/otelcol*) say "$(dirname "$(own "$1")")/openmanager.yaml" ;;
        /etc/prometheus/*) own prometheus ;;
        /etc/collectd/*) say /etc/collectd/collectd.conf.d/openmanager.conf ;;
        /etc/collectd.conf) say /etc/collectd.d/openmanager.conf ;;
    esac
}

# What it says; tests hold it to docs/agents.md.
block() {
    case "$1" in
        telegraf) cat <<TEXT ;;
[[outputs.influxdb_v2]]
  urls = ["$HUB"]
  token = "$KEY"
  organization = "openmanager"
  bucket = "openmanager"
TEXT
        otelcol) cat <<TEXT ;;
receivers:
  hostmetrics/openmanager:
    collection_interval: 10s
    scrapers: { cpu: {}, memory: {}, load: {}, filesystem: {}, disk: {}, network: {}, paging: {}, system: {} }
processors:
  $DETECTION
  batch/openmanager: { send_batch_size: 2000, send_batch_max_size: 4000 }
exporters:
  otlphttp/openmanager:
    endpoint: $HUB
    headers: { Authorization: Bearer $KEY }
service:
  pipelines:
    metrics/openmanager:
      receivers: [hostmetrics/openmanager]
      processors: [${DETECTION%%:*}, batch/openmanager]
      exporters: [otlphttp/openmanager]
TEXT
        prometheus) cat <<TEXT ;;
remote_write:
  - url: $HUB/api/v1/write
    authorization: { ${2:-credentials: $KEY} }
TEXT
        collectd) cat <<TEXT ;;
LoadPlugin cpu
LoadPlugin memory
LoadPlugin swap
LoadPlugin load
LoadPlugin uptime
LoadPlugin interface
LoadPlugin disk
LoadPlugin df
<Plugin df>
  FSType tmpfs
  FSType devtmpfs
  FSType overlay
  FSType squashfs
  IgnoreSelected true
  ReportInodes true
</Plugin>
LoadPlugin write_http
<Plugin write_http>
  <Node "openmanager">
    URL "$HUB/collectd"
    Header "Authorization: Bearer $KEY"
    Format "JSON"
    StoreRates true
    BufferSize 16384
  </Node>
</Plugin>
TEXT
    esac
}

# The Collector without contrib cannot find out the host's name.
DETECTION="resourcedetection/openmanager: { detectors: [env, system], system: { hostname_sources: [os] } }"
case "$(own otelcol)" in
    /etc/otelcol/*) DETECTION="resource/openmanager: { attributes: [{ key: host.name, value: ${NAME:-$(uname -n)}, action: upsert }] }" ;;
esac

MINE="# For OpenManager Vibe, by its install.sh; docs/agents.md says more."
group_of() { if [ -z "$ROOT" ] && grep -q "^$1:" /etc/group; then say "root:$1"; else say root; fi; }
# put_back FILE: standard input becomes a file that others own, with its rights as they were.
put_back() { write "$ROOT$1" "$(stat -c %a "$ROOT$1")" "$(stat -c %u:%g "$ROOT$1")"; wrote "$1"; }
wrote() { if [ "$DRY" = no ]; then say "wrote $ROOT$1"; fi; }
copied() {
    [ -e "$ROOT$1" ] || return 0
    copy="$ROOT$1.before-$(date -u +%Y%m%dT%H%M%SZ)"
    run cp -p "$ROOT$1" "$copy"
    if [ "$DRY" = no ]; then say "as it was: $copy"; fi
}

# put FILE MODE OWNER: a file of our own. One that somebody else wrote stays, an older one of ours is kept as a copy.
put() {
    cat >"$TEMP/put"
    if [ -e "$ROOT$1" ] && ! grep -qF "$MINE" "$ROOT$1"; then fail "$ROOT$1 is there, and not by this script. Nothing was changed"; fi
    if [ -e "$ROOT$1" ] && cmp -s "$TEMP/put" "$ROOT$1"; then say "$ROOT$1 says so already"; return; fi
    copied "$1"
    write "$ROOT$1" "$2" "$3" <"$TEMP/put"
    wrote "$1"
}

# What is wrong with it says the agent's own command, where it is here; then nothing is changed.
proven() {
    has "$1" || return 0
    "$@" >"$TEMP/said" 2>&1 || { cat "$TEMP/said" >&2; fail "$1 does not take this configuration. Nothing was changed"; }
    say "$1 takes this configuration"
}

use_telegraf() {
    { say "$MINE"; block telegraf; } | put "$(place telegraf)" 0640 "$(group_of telegraf)"
    say "then: telegraf --config /etc/telegraf/telegraf.conf --config-directory /etc/telegraf/telegraf.d --test, and systemctl reload telegraf"
}

use_collectd() {
    # Not asked first: collectd -t (5.12) finds nothing wrong with anything.
    { say "$MINE"; block collectd; } | put "$(place collectd)" 0600 root
    grep -qs "^[[:space:]]*<*Include.*$(dirname "$(place collectd)")" "$ROOT$(own collectd)" ||
        say "$(own collectd) does not read that folder: add Include \"$(place collectd)\" to it"
    say "then: systemctl restart collectd, and journalctl -u collectd says whether it reports"
}

use_otelcol() {
    folder="$(dirname "$(own otelcol)")" service="$(basename "$(dirname "$(own otelcol)")")" file="$(place otelcol)"
    options="$folder/$service.conf"
    { say "$MINE"; block otelcol; } >"$TEMP/openmanager.yaml"
    proven "$service" validate --config="$ROOT$(own otelcol)" --config="$TEMP/openmanager.yaml"
    put "$file" 0640 "$(group_of "$service")" <"$TEMP/openmanager.yaml"
    if grep -qsF -- "--config=$file" "$ROOT$options"; then
        say "$ROOT$options reads it already"
    elif grep -qs '^OTELCOL_OPTIONS="[^"]*"$' "$ROOT$options"; then
        copied "$options"
        sed "s|^\\(OTELCOL_OPTIONS=\"[^\"]*\\)\"\$|\\1 --config=$file\"|" "$ROOT$options" >"$TEMP/options"
        put_back "$options" <"$TEMP/options"
    else
        say "have the Collector read it: add --config=$file to what starts it"
    fi
    say "then: systemctl restart $service"
}

use_prometheus() {
    file="$(own prometheus)" folder="$(dirname "$(own prometheus)")"
    if grep -qF "url: $HUB/api/v1/write" "$ROOT$file"; then
        printf '%s\n' "$KEY" | write "$ROOT$folder/openmanager.key" 0640 "$(group_of prometheus)"
        say "$ROOT$file says so already"
    elif grep -q '^remote_write:' "$ROOT$file"; then
        say "$ROOT$file has remote_write: already, and was not changed. Add to that list:"
        block prometheus | sed 1d
        return
    else
        mkdir "$TEMP/prometheus"
        { cat "$ROOT$file"; say ""; say "$MINE"; block prometheus "credentials_file: openmanager.key"; } >"$TEMP/prometheus/prometheus.yml"
        printf '%s\n' "$KEY" >"$TEMP/prometheus/openmanager.key"
        (cd "$ROOT$folder" && for one in *; do if [ ! -e "$TEMP/prometheus/$one" ]; then ln -s "$ROOT$folder/$one" "$TEMP/prometheus/$one"; fi; done)
        proven promtool check config "$TEMP/prometheus/prometheus.yml"
        copied "$file"
        printf '%s\n' "$KEY" | write "$ROOT$folder/openmanager.key" 0640 "$(group_of prometheus)"
        put_back "$file" <"$TEMP/prometheus/prometheus.yml"
    fi
    grep -q 'node' "$ROOT$file" || say "it scrapes no node exporter: without one it tells nothing of this host"
    say "then: systemctl reload prometheus"
}

if [ "$DETECT" = yes ] || [ -n "$USE" ]; then
    if [ -z "$KEY" ] && [ -r "$KEY_FILE" ]; then KEY="$(cat "$KEY_FILE")"; fi
    [ -n "$KEY" ] || fail "an agent key is needed: --key omv_live_..."
fi
if [ "$DETECT" = yes ]; then
    for other in $OTHERS; do
        [ -n "$(own "$other")" ] || continue
        say "# $other is here. In $(place "$other") (install.sh --use $other puts it there):"
        block "$other"
        say ""
    done
    say "# nothing was installed, and nothing was changed"
    exit 0
fi
if [ -n "$USE" ]; then
    [ -n "$(own "$USE")" ] || fail "$USE is not here: its configuration is not where its packages put it"
    TEMP="$(mktemp -d)"
    trap 'rm -rf "$TEMP"' EXIT
    trap 'exit 1' INT TERM HUP
    "use_$USE"
    if [ "$DRY" = yes ]; then say "nothing was changed"; fi
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
for other in $OTHERS; do
    if [ -n "$(own "$other")" ]; then say "$other is here too: with --use $other it can report by itself, without this agent"; fi
done
if [ "$DRY" = yes ]; then say "nothing was changed"; fi
