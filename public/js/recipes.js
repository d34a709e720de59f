/** What to paste where, client by client. The one source: docs/agents.md has the same blocks word for word, and a test
 * compares them. In them stand `https://HUB`, `HUB` and `omv_live_...`; `filled` puts in what is meant. Pure. */

export const SECRET = 'omv_live_...';

/** `docs` are the headings in docs/agents.md; `place` is where a block goes, a shell where it is empty; `isKept` is for a
 * server that keeps the agent it has. */
export const RECIPES = [
  {
    id: 'agent', name: 'OpenManager', docs: ['Install', 'Agents of other makers'],
    blocks: [{ place: '', text: `curl -fsSL https://HUB/install.sh | sudo sh -s -- --hub https://HUB --key omv_live_...
` }, { place: '', isKept: true, text: `curl -fsSL https://HUB/install.sh | sh -s -- --hub https://HUB --key omv_live_... --detect
curl -fsSL https://HUB/install.sh | sudo sh -s -- --hub https://HUB --key omv_live_... --use telegraf
` }],
  },
  {
    id: 'telegraf', name: 'Telegraf', docs: ['Telegraf'],
    blocks: [{ place: '/etc/telegraf/telegraf.d/openmanager.conf', text: `[[outputs.influxdb_v2]]
  urls = ["https://HUB"]
  token = "omv_live_..."
  organization = "openmanager"
  bucket = "openmanager"
` }],
  },
  {
    id: 'otel', name: 'OpenTelemetry', docs: ['OpenTelemetry'],
    blocks: [{ place: '/etc/otelcol-contrib/openmanager.yaml', text: `receivers:
  hostmetrics/openmanager:
    collection_interval: 10s
    scrapers: { cpu: {}, memory: {}, load: {}, filesystem: {}, disk: {}, network: {}, paging: {}, system: {} }
processors:
  resourcedetection/openmanager: { detectors: [env, system], system: { hostname_sources: [os] } }
  batch/openmanager: { send_batch_size: 2000, send_batch_max_size: 4000 }
exporters:
  otlphttp/openmanager:
    endpoint: https://HUB
    headers: { Authorization: Bearer omv_live_... }
service:
  pipelines:
    metrics/openmanager:
      receivers: [hostmetrics/openmanager]
      processors: [resourcedetection/openmanager, batch/openmanager]
      exporters: [otlphttp/openmanager]
` }, { place: '.env', text: `OTEL_EXPORTER_OTLP_ENDPOINT=https://HUB
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20omv_live_..."
OTEL_RESOURCE_ATTRIBUTES=host.name=web-01,deployment.environment.name=prod
` }],
  },
  {
    id: 'prometheus', name: 'Prometheus', docs: ['Prometheus'],
    blocks: [{ place: '/etc/prometheus/prometheus.yml', text: `remote_write:
  - url: https://HUB/api/v1/write
    authorization: { credentials: omv_live_... }
` }],
  },
  {
    id: 'alloy', name: 'Grafana Alloy', docs: ['Grafana Alloy'],
    blocks: [{ place: '/etc/alloy/config.alloy', text: `prometheus.exporter.unix "host" { }

prometheus.scrape "host" {
  targets         = prometheus.exporter.unix.host.targets
  forward_to      = [prometheus.remote_write.openmanager.receiver]
  scrape_interval = "15s"
}

prometheus.remote_write "openmanager" {
  endpoint {
    url          = "https://HUB/api/v1/write"
    bearer_token = "omv_live_..."
  }
}
` }, { place: '/etc/alloy/config.alloy (OTLP)', text: `otelcol.exporter.otlphttp "openmanager" {
  client {
    endpoint = "https://HUB"
    headers  = { Authorization = "Bearer omv_live_..." }
  }
}
` }],
  },
  {
    id: 'collectd', name: 'collectd', docs: ['collectd'],
    blocks: [{ place: '/etc/collectd/collectd.conf.d/openmanager.conf', text: `LoadPlugin cpu
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
    URL "https://HUB/collectd"
    Header "Authorization: Bearer omv_live_..."
    Format "JSON"
    StoreRates true
    BufferSize 16384
  </Node>
</Plugin>
` }],
  },
  {
    id: 'netdata', name: 'Netdata', docs: ['Netdata'],
    blocks: [{ place: '/etc/netdata/exporting.conf', text: `[exporting:global]
    enabled = yes

[json:https:openmanager]
    enabled = yes
    destination = HUB:443
    username = openmanager
    password = omv_live_...
    update every = 10
    data source = average
    send charts matching = system.cpu system.ram system.swap mem.swap system.load system.net system.io system.uptime mem.available disk_space.* disk_inodes.* disk_util.* sensors.* ip.tcpsock ipv4.tcpsock
` }, { place: '/etc/netdata/exporting.conf (remote write)', text: `[prometheus_remote_write:https:openmanager]
    enabled = yes
    destination = HUB:443
    remote write URL path = /api/v1/write?token=omv_live_...
    update every = 10
    data source = average
    send charts matching = system.cpu system.ram system.swap mem.swap system.load system.net system.io system.uptime mem.available disk_space.* disk_inodes.* disk_util.* sensors.* ip.tcpsock ipv4.tcpsock
` }],
  },
  {
    id: 'glances', name: 'Glances', docs: ['Glances'],
    blocks: [{ place: '~/.config/glances/glances.conf', text: `[restful]
host=HUB
port=443
protocol=https
path=/glances?host=NAME&token=omv_live_...
` }, { place: '~/.config/glances/glances.conf (influxdb2)', text: `[influxdb2]
host=HUB
port=443
protocol=https
user=openmanager
password=unused
org=openmanager
bucket=openmanager
token=omv_live_...
tags=host:NAME
` }, { place: '~/.config/glances/glances.conf (influxdb)', text: `[influxdb]
host=HUB
port=443
protocol=https
user=openmanager
password=omv_live_...
db=glances
tags=host:NAME
` }],
  },
  {
    id: 'vector', name: 'Vector', docs: ['Vector'],
    blocks: [{ place: '/etc/vector/vector.yaml', text: `sources:
  host: { type: host_metrics, scrape_interval_secs: 10 }
sinks:
  openmanager:
    type: prometheus_remote_write
    inputs: [host]
    endpoint: https://HUB/api/v1/write
    auth: { strategy: bearer, token: omv_live_... }
    healthcheck: { enabled: false }
` }],
  },
  {
    id: 'fluentbit', name: 'Fluent Bit', docs: ['Fluent Bit'],
    blocks: [{ place: '/etc/fluent-bit/fluent-bit.conf', text: `[INPUT]
    Name            node_exporter_metrics
    Tag             host
    Scrape_Interval 10

[OUTPUT]
    Name      prometheus_remote_write
    Match     host
    Host      HUB
    Port      443
    Tls       On
    Uri       /api/v1/write
    Header    Authorization Bearer omv_live_...
    Add_Label host NAME
` }],
  },
  {
    id: 'influx', name: 'InfluxDB', docs: ["InfluxDB's client libraries"],
    blocks: [{ place: 'Python', text: `from influxdb_client import InfluxDBClient, Point
from influxdb_client.client.write_api import SYNCHRONOUS

with InfluxDBClient(url="https://HUB", token="omv_live_...", org="openmanager") as client:
    point = Point("app").tag("host", "web-01").field("queue", 12.0)
    client.write_api(write_options=SYNCHRONOUS).write(bucket="openmanager", record=point)
` }, { place: '', text: `curl -H "Authorization: Token omv_live_..." https://HUB/api/v2/write --data "app,host=web-01 queue=12"
` }],
  },
  {
    id: 'curl', docs: ['curl and cron', "Prometheus' text", 'OpenTSDB and Graphite'],
    blocks: [{ place: '', text: `curl -H "Authorization: Bearer omv_live_..." https://HUB/api/ingest \\
  --data "{\\"server\\": \\"$(hostname)\\", \\"samples\\": [{\\"at\\": $(date +%s), \\"metrics\\": {\\"app.queue\\": 5}}]}"
` }, { place: 'crontab', text: `* * * * * echo "app_queue $(ls /var/spool/app | wc -l)" | curl -fsS -H "Authorization: Bearer omv_live_..." --data-binary @- "https://HUB/api/v1/import/prometheus?instance=$(hostname)"
` }, { place: '', text: `echo "backup_bytes 123456" | curl -H "Authorization: Bearer omv_live_..." --data-binary @- https://HUB/metrics/job/backup/instance/db-01
curl -s http://localhost:9100/metrics | curl -H "Authorization: Bearer omv_live_..." --data-binary @- "https://HUB/api/v1/import/prometheus?instance=web-01"
` }, { place: '', text: `curl -H "Authorization: Bearer omv_live_..." https://HUB/api/put --data "[{\\"metric\\": \\"app.queue\\", \\"timestamp\\": $(date +%s), \\"value\\": 5, \\"tags\\": {\\"host\\": \\"web-01\\"}}]"
echo "web-01.app.queue 5 -1" | curl -H "Authorization: Bearer omv_live_..." --data-binary @- https://HUB/graphite
` }],
  },
  {
    id: 'alerts', name: 'Alertmanager, Grafana', docs: ['Alerts: Alertmanager', 'Alerts: Prometheus without an Alertmanager', 'Alerts: Grafana', 'Alerts: curl and everything else'],
    blocks: [{ place: '/etc/alertmanager/alertmanager.yml', text: `route: { receiver: openmanager, group_by: ['...'], group_wait: 10s, group_interval: 1m, repeat_interval: 12h }
receivers:
  - name: openmanager
    webhook_configs:
      - url: https://HUB/api/v1/webhooks/alertmanager
        send_resolved: true
        http_config: { authorization: { credentials: omv_live_... } }
` }, { place: '/etc/prometheus/prometheus.yml', text: `alerting:
  alertmanagers:
    - scheme: https
      static_configs: [{ targets: [HUB] }]
      authorization: { credentials: omv_live_... }
` }, { place: '/etc/grafana/provisioning/alerting/openmanager.yaml', text: `apiVersion: 1
contactPoints:
  - orgId: 1
    name: openmanager
    receivers:
      - uid: openmanager
        type: webhook
        settings:
          url: https://HUB/api/v1/webhooks/grafana
          authorization_scheme: Bearer
          authorization_credentials: omv_live_...
` }, { place: '', text: `curl -H "Authorization: Bearer omv_live_..." -H "Content-Type: application/json" https://HUB/api/v1/webhooks/alert \\
  --data '{"title": "Backup failed", "severity": "critical", "server": "db-01", "key": "backup", "message": "no space left", "url": "https://ci.example/42"}'
curl -H "Authorization: Bearer omv_live_..." -H "Content-Type: application/json" https://HUB/api/v1/webhooks/alert \\
  --data '{"title": "Backup failed", "key": "backup", "status": "resolved"}'
` }],
  },
  {
    id: 'pings', docs: ['Jobs that ping'],
    blocks: [{ place: 'crontab', text: `0 3 * * * /usr/local/bin/backup; curl -fsS -m 10 --retry 5 -o /dev/null "https://HUB/ping/omv_live_.../backup/$??create=1"
` }, { place: '', text: `PING=https://HUB/ping/omv_live_.../backup
curl -fsS -m 10 --retry 5 "$PING/start?create=1"
/usr/local/bin/backup > /tmp/backup.log 2>&1; CODE=$?
tail -c 10000 /tmp/backup.log | curl -fsS -m 10 --retry 5 --data-binary @- "$PING/$CODE"
` }],
  },
];

/** A block as it is to be pasted: with the hub's address and the key. A hub without TLS, as on localhost, has another
 * scheme and port. */
export function filled(text, { origin, secret = SECRET }) {
  const { protocol, hostname, host, port } = new URL(origin);
  const scheme = protocol.slice(0, -1);
  const at = port || (scheme === 'https' ? '443' : '80');
  return text.replaceAll('https://HUB', origin)
    .replaceAll('HUB:443', `${hostname}:${at}`)
    .replaceAll('[HUB]', `[${host}]`)
    .replaceAll('HUB', hostname)
    .replace(/(^\[\w+:|^protocol=|scheme: )https\b/gm, `$1${scheme}`)
    .replace(/^(port=|\s+Port\s+)443$/gm, `$1${at}`)
    .replace(/^(\s+Tls\s+)On$/gm, `$1${scheme === 'https' ? 'On' : 'Off'}`)
    .replaceAll(SECRET, secret);
}

/** What stands where the secret goes: of a key whose secret nobody knows any more, its beginning. */
export const secretOf = (key) => key?.secret ?? (key ? `${key.prefix}...` : SECRET);

/** Whether only the machine itself reaches that address. */
export const isLoopback = (origin) => /^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(new URL(origin).hostname);

/** Asks for nothing and leaves nothing behind: 200 means that the hub is reached and the key is good. */
export const tryLine = (origin, secret = SECRET) => `curl -sS -w '%{http_code}\\n' -H "Authorization: Bearer ${secret}" -H "Content-Type: application/json" --data '{}' ${origin}/v1/metrics`;
