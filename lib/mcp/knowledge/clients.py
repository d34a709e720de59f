"""How agents of other makers are connected: for each the configuration to paste, the same as in docs/agents.md."""

from __future__ import annotations

import re

from lib.mcp.knowledge.help import Help, Shelf, help_of

_TELEGRAF = """
[[outputs.influxdb_v2]]
  urls = ["https://HUB"]
  token = "omv_live_..."
  organization = "openmanager"
  bucket = "openmanager"
"""
_COLLECTD = """
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
    URL "https://HUB/collectd"
    Header "Authorization: Bearer omv_live_..."
    Format "JSON"
    StoreRates true
    BufferSize 16384
  </Node>
</Plugin>
"""
_NETDATA = """
[exporting:global]
    enabled = yes

[json:https:openmanager]
    enabled = yes
    destination = HUB:443
    username = openmanager
    password = omv_live_...
    update every = 10
    data source = average
    send charts matching = system.cpu system.ram system.swap mem.swap system.load system.net system.io system.uptime mem.available disk_space.* disk_inodes.* disk_util.* sensors.* ip.tcpsock ipv4.tcpsock
"""
_GLANCES = """
[restful]
host=HUB
port=443
protocol=https
path=/glances?host=NAME&token=omv_live_...
"""
_PROMETHEUS = """
remote_write:
  - url: https://HUB/api/v1/write
    authorization: { credentials: omv_live_... }
"""
_OTEL = """
receivers:
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
"""
_SDK = """
OTEL_EXPORTER_OTLP_ENDPOINT=https://HUB
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20omv_live_..."
OTEL_RESOURCE_ATTRIBUTES=host.name=web-01,deployment.environment.name=prod
"""
_ALLOY = """
prometheus.exporter.unix "host" { }

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
"""
_VECTOR = """
sources:
  host: { type: host_metrics, scrape_interval_secs: 10 }
sinks:
  openmanager:
    type: prometheus_remote_write
    inputs: [host]
    endpoint: https://HUB/api/v1/write
    auth: { strategy: bearer, token: omv_live_... }
    healthcheck: { enabled: false }
"""
_FLUENTBIT = """
[INPUT]
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
"""
_INFLUX = """
curl -H "Authorization: Token omv_live_..." https://HUB/api/v2/write --data "app,host=web-01 queue=12"
"""
_CURL = r"""
curl -H "Authorization: Bearer omv_live_..." https://HUB/api/ingest \
  --data "{\"server\": \"$(hostname)\", \"samples\": [{\"at\": $(date +%s), \"metrics\": {\"app.queue\": 5}}]}"
"""
_TEXT = """
echo "backup_bytes 123456" | curl -H "Authorization: Bearer omv_live_..." --data-binary @- https://HUB/metrics/job/backup/instance/db-01
curl -s http://localhost:9100/metrics | curl -H "Authorization: Bearer omv_live_..." --data-binary @- "https://HUB/api/v1/import/prometheus?instance=web-01"
"""
_TSDB = r"""
curl -H "Authorization: Bearer omv_live_..." https://HUB/api/put --data "[{\"metric\": \"app.queue\", \"timestamp\": $(date +%s), \"value\": 5, \"tags\": {\"host\": \"web-01\"}}]"
echo "web-01.app.queue 5 -1" | curl -H "Authorization: Bearer omv_live_..." --data-binary @- https://HUB/graphite
"""
_PINGS = """
0 3 * * * /usr/local/bin/backup; curl -fsS -m 10 --retry 5 -o /dev/null "https://HUB/ping/omv_live_.../backup/$??create=1"
"""
_ALERTS = """
route: { receiver: openmanager, group_by: ['...'], group_wait: 10s, group_interval: 1m, repeat_interval: 12h }
receivers:
  - name: openmanager
    webhook_configs:
      - url: https://HUB/api/v1/webhooks/alertmanager
        send_resolved: true
        http_config: { authorization: { credentials: omv_live_... } }

"""

_CLOUDS = """
OPENMANAGER_CLOUDS=[{"provider": "aws", "name": "prod", "key_id": "AKIA...", "secret": "...", "regions": ["ap-northeast-2"]}]
"""

_EXAMPLES = (
    ("어떤 에이전트를 지원해?", "Which agents are supported?"),
    ("에이전트가 보고 안 할 때 조치", "The agent is not reporting, what do I do?"),
    ("서버 목록 보여줘", "List the servers"),
)
_PLACE = "/#/add"
_KEY = (
    "키는 '서버 추가'에서 만든 `write` 권한 키입니다. 그 화면에서는 키를 채운 설정을 보여 주고 첫 값이 오는지 확인합니다.",
    "The key is one of the scope `write`, made by \"Add server\". That page shows this with the key in it, and sees the first sample come.",
)  # fmt: skip


def _shown(block: str) -> str:
    """As a line that is nothing but code: it is told as a block of its own."""
    return f"`{block.strip()}`"


def _client(key: str, name: str, words: str, where: tuple[str, str], block: str, *more: tuple[str, str]) -> Help:
    """`where` says where the block goes and what to do then, `more` what else has to be known."""
    title = (f"{name} 연결", f"Connecting {name}")
    code = _shown(block)
    return help_of(key, title, words, (where, (code, code), *more, _KEY), _EXAMPLES, _PLACE)


_SHELF = Shelf(
    (
        _client(
            "telegraf", "Telegraf", "telegraf|텔레그라프|텔레그래프",
            ("`/etc/telegraf/telegraf.d/openmanager.conf`에 아래를 넣고 `systemctl reload telegraf`를 실행합니다.", "Put this into `/etc/telegraf/telegraf.d/openmanager.conf`, then run `systemctl reload telegraf`."),
            _TELEGRAF,
            ("입력 cpu, mem, disk, diskio, swap, system, net이 서버의 지표가 됩니다. `install.sh`에 `--use telegraf`를 주면 대신 넣어 줍니다.", "Its inputs cpu, mem, disk, diskio, swap, system and net become the server's metrics. `install.sh` with `--use telegraf` puts it in place for you."),
        ),
        _client(
            "prometheus", "Prometheus", "prometheus|프로메테우스|node exporter|node_exporter|windows exporter|remote write|remote_write|노드 익스포터",
            ("`/etc/prometheus/prometheus.yml`에 아래를 더하고 `systemctl reload prometheus`를 실행합니다.", "Add this to `/etc/prometheus/prometheus.yml`, then run `systemctl reload prometheus`."),
            _PROMETHEUS,
            ("node_exporter와 windows_exporter의 값이 서버의 지표가 되고, `instance`(포트 제외)가 서버 이름이 됩니다. 이미 `remote_write:`가 있으면 그 목록에 더합니다.", "What node_exporter and windows_exporter tell becomes the metrics, and `instance` without its port the server's name. Where `remote_write:` is there already, add the entry to its list."),
        ),
        _client(
            "otel", "OpenTelemetry Collector", "opentelemetry|open telemetry|otel|otlp|otelcol|오픈텔레메트리|오텔|opentelemetry collector|otel collector",
            ("`/etc/otelcol-contrib/openmanager.yaml`로 저장하고, `OTELCOL_OPTIONS`에 `--config=/etc/otelcol-contrib/openmanager.yaml`을 더한 뒤 다시 시작합니다.", "Save this as `/etc/otelcol-contrib/openmanager.yaml`, add `--config=/etc/otelcol-contrib/openmanager.yaml` to `OTELCOL_OPTIONS`, and restart the collector."),
            _OTEL,
            ("SDK는 환경 변수로 정합니다. 서버 이름은 리소스의 `host.name`입니다.", "An SDK is told by its environment; the server is called by the resource's `host.name`:"),
            (_shown(_SDK), _shown(_SDK)),
        ),
        _client(
            "alloy", "Grafana Alloy", "alloy|grafana alloy|grafana agent|그라파나 알로이|알로이|그라파나 에이전트",
            ("`/etc/alloy/config.alloy`에 아래를 더하고 다시 시작합니다.", "Add this to `/etc/alloy/config.alloy` and restart it."),
            _ALLOY,
        ),
        _client(
            "collectd", "collectd", "collectd|콜렉트디|컬렉트디",
            ("`/etc/collectd/collectd.conf.d/openmanager.conf`에 아래를 넣고 `systemctl restart collectd`를 실행합니다.", "Put this into `/etc/collectd/collectd.conf.d/openmanager.conf`, then run `systemctl restart collectd`."),
            _COLLECTD,
            ("키는 `Header`에 넣습니다. `User`와 `Password`는 거부된 뒤에야 전송됩니다. Debian에서는 `libyajl2`가 필요합니다.", "Give the key in `Header`: `User` and `Password` are sent only after a refusal. On Debian it needs `libyajl2`."),
        ),
        _client(
            "netdata", "Netdata", "netdata|넷데이터",
            ("`/etc/netdata/exporting.conf`에 아래를 넣고 `systemctl restart netdata`를 실행합니다.", "Put this into `/etc/netdata/exporting.conf`, then run `systemctl restart netdata`."),
            _NETDATA,
            ("`data source`는 반드시 `average`여야 합니다. 애플리케이션의 차트는 `send charts matching`에 더합니다.", "`data source` has to be `average`. Add charts of your applications to `send charts matching`."),
        ),
        _client(
            "glances", "Glances", "glances|글랜스|글랜시스",
            ("`glances.conf`에 아래를 넣고 `glances --quiet --export restful --time 10`을 실행합니다. Python의 requests가 필요합니다.", "Put this into `glances.conf` and run `glances --quiet --export restful --time 10`. It needs Python's requests."),
            _GLANCES,
            ("`NAME`은 여기서 부를 서버 이름입니다. 내보내기 influxdb와 influxdb2도 받습니다.", "`NAME` is how the server is to be called here. Its exporters influxdb and influxdb2 are read as well."),
        ),
        _client(
            "vector", "Vector", "vector|벡터",
            ("`/etc/vector/vector.yaml`에 아래를 더하고 다시 시작합니다.", "Add this to `/etc/vector/vector.yaml` and restart it."),
            _VECTOR,
        ),
        _client(
            "fluentbit", "Fluent Bit", "fluent bit|fluentbit|fluent-bit|플루언트 비트|플루언트비트",
            ("`/etc/fluent-bit/fluent-bit.conf`에 아래를 더하고 다시 시작합니다.", "Add this to `/etc/fluent-bit/fluent-bit.conf` and restart it."),
            _FLUENTBIT,
            ("`NAME`은 여기서 부를 서버 이름입니다.", "`NAME` is how the server is to be called here."),
        ),
        _client(
            "influx", "InfluxDB", "influxdb|influx|인플럭스|인플럭스디비|influxdb client|line protocol|라인 프로토콜|proxmox|프록스목스",
            ("InfluxDB로 보내는 것은 주소와 토큰만 바꾸면 됩니다(v2 `/api/v2/write`, v1 `/write`). 라이브러리, Proxmox, 스크립트 모두 같습니다.", "Whatever writes to InfluxDB needs only another address and token (v2 `/api/v2/write`, v1 `/write`): libraries, Proxmox, scripts."),
            _INFLUX,
            ("태그 `host`가 서버 이름이고, organization과 bucket은 무엇이든 됩니다.", "The tag `host` names the server; organization and bucket may be called anything."),
        ),
        _client(
            "curl", "curl", "curl|컬|pushgateway|push gateway|푸시게이트웨이",
            ("스크립트는 허브의 JSON을 보냅니다(docs/openapi.yaml).", "A script posts the hub's JSON (docs/openapi.yaml has all of it):"),
            _CURL,
            ("Prometheus의 텍스트도 Pushgateway에 보내듯 보낼 수 있습니다.", "Prometheus' text may be pushed as to a Pushgateway:"),
            (_shown(_TEXT), _shown(_TEXT)),
        ),
        _client(
            "tsdb", "OpenTSDB, Graphite", "opentsdb|graphite|그래파이트|tcollector|carbon",
            ("OpenTSDB의 `put`과 Graphite의 줄을 HTTP로 받습니다.", "OpenTSDB's `put` and Graphite's lines are read over HTTP:"),
            _TSDB,
        ),
        help_of(
            "statsd", ("StatsD", "StatsD"), "statsd|dogstatsd|스탯츠디",
            (
                ("StatsD는 UDP로 오므로 허브가 직접 받지 않습니다.", "StatsD comes by UDP, which this hub does not hear."),
                ("Telegraf의 `[[inputs.statsd]]`, OpenTelemetry Collector의 `statsd`, Vector의 `statsd`를 앞에 두고 그것을 연결합니다. 그 값은 직접 만든 지표로 남습니다.", "Put Telegraf's `[[inputs.statsd]]`, the OpenTelemetry Collector's `statsd` or Vector's `statsd` before it, and connect that: its values are kept as custom metrics."),
            ),
            (("Telegraf 어떻게 연결해?", "How do I connect Telegraf?"), *_EXAMPLES[:2]),
        ),
        _client(
            "pings", "Healthchecks, Uptime Kuma", "healthchecks|healthchecks.io|헬스체크스|uptime kuma|업타임 쿠마|업타임쿠마|uptimekuma",
            ("Healthchecks의 핑(`/ping/...`)과 Uptime Kuma의 푸시(`/api/push/...`)를 그대로 받습니다. cron에는 이렇게 씁니다.", "Pings of Healthchecks (`/ping/...`) and pushes of Uptime Kuma (`/api/push/...`) are taken as they are. From cron:"),
            _PINGS,
        ),
        help_of(
            "clouds", ("AWS, Google Cloud, Azure 연결", "Connecting AWS, Google Cloud, Azure"),
            "ec2|cloudwatch|클라우드워치|aws account|aws accounts|aws 계정|aws 서버|aws 연결|aws 연동|aws 지원|connect aws|support aws|connect to aws|amazon web services|gcp|google cloud|구글 클라우드|구글클라우드|compute engine|azure|애저|클라우드 계정|cloud account|cloud accounts|connect a cloud",
            (
                ("서버에 아무것도 설치하지 않고 클라우드가 잰 값을 몇 분마다 읽습니다. 계정은 허브의 환경 변수에 JSON 한 줄로 적고 다시 배포합니다.", "Nothing is installed: what the cloud measures is read every few minutes. Write the accounts into the hub's environment, as JSON in one line, and deploy again."),
                (_shown(_CLOUDS), _shown(_CLOUDS)),
                ("AWS에는 `ec2:DescribeInstances`, `cloudwatch:ListMetrics`, `cloudwatch:GetMetricData` 권한이 필요합니다. Google Cloud와 Azure의 필드와 역할은 docs/clouds.md에 있습니다.", "AWS asks for the permissions `ec2:DescribeInstances`, `cloudwatch:ListMetrics` and `cloudwatch:GetMetricData`. The fields and roles of Google Cloud and Azure are in docs/clouds.md."),
                ("읽히는지는 설정의 '클라우드'에서 봅니다. 빠진 권한의 이름을 알려 줍니다.", "**Settings, Clouds** shows how reading goes, and names the permission that is missing."),
                ("중지된 서버는 알림 없이 오프라인으로 표시됩니다.", "Who is stopped is shown as offline, without an alert."),
            ),
            _EXAMPLES,
            "/#/settings?part=clouds",
        ),
        _client(
            "alertmanager", "Alertmanager, Grafana", "alertmanager|얼럿매니저|알럿매니저|grafana alert|grafana alerts|grafana alerting|grafana webhook|grafana contact point|그라파나 알림",
            ("다른 모니터의 알림은 장애 기록이 됩니다. Alertmanager에는 수신자를 하나 더합니다.", "Alerts of other monitors become incidents here. Give Alertmanager one more receiver:"),
            _ALERTS,
            ("Grafana는 webhook 연락처로 `/api/v1/webhooks/grafana`에, 그 밖의 것은 JSON으로 `/api/v1/webhooks/alert`에 보냅니다(docs/agents.md).", "Grafana posts by a contact point of the kind webhook to `/api/v1/webhooks/grafana`, anything else its JSON to `/api/v1/webhooks/alert` (docs/agents.md)."),
        ),
    ),
)  # fmt: skip
_CONNECTS = re.compile(
    r"연결|연동|설정|보내|보낼|전송|붙이|붙여|쓸 수|사용(?:하려|하고|할 수|법| 방법)|지원|받을 수|받아|푸시|내보내|통합|설치"
    r"|(?<![a-z])(?:connect|connecting|integrat\w*|set ?up|configur\w*|config|send|sending|push|pushing|export\w*|hook up|point"
    r"|report|forward|ship|ingest|use|support\w*|install\w*|work with|accept)(?![a-z])"
)

_WHICH = re.compile(
    r"(?:어떤|무슨|뭐|무엇).*(?:프로토콜|에이전트|포맷|형식).*(?:지원|받|쓸 수|사용|호환)|프로토콜.*지원"
    r"|(?<![a-z])(?:which|what) (?:other |wire |monitoring )?(?:protocols?|agents?|formats?)(?![a-z]).*(?<![a-z])(?:support|accept|take|understand|speak|use)"
)


def topics() -> tuple[str, ...]:
    return _SHELF.keys()


def topic(key: str) -> Help:
    return _SHELF.by_key(key)


def is_named(folded: str) -> bool:
    """Whether a folded text names an agent of another maker."""
    return _SHELF.knows(folded)


def is_asked(folded: str) -> bool:
    """Whether it asks how one is connected, or which can be."""
    return (is_named(folded) and _CONNECTS.search(folded) is not None) or _WHICH.search(folded) is not None


def client_help(text: str) -> Help:
    """How the agent that the text names is connected."""
    return _SHELF.by_words(text)
