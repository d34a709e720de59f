"""Debian's netdata reports to `make dev` by the configuration of docs/agents.md, in each of its three HTTP forms: the
values are the kernel's."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from tests.protocols.agents_paper import block, filled
from tests.protocols.debian_packages import environment, unpacked
from tests.protocols.live_hub import LiveHub, check, running, some_work

FORMS = ("json", "opentsdb", "graphite")
METRICS = {
    "cpu", "iowait", "steal", "memory", "load1", "load5", "load15", "uptime", "disk:/", "inode:/", "net_in", "net_out",
    "disk_read", "disk_write", "connections",
}  # fmt: skip


def daemon(root: Path, folder: Path) -> str:
    """netdata.conf with everything below one folder, without what the exporters do not tell."""
    paths = {name: folder / name for name in ("log", "cache", "lib", "web", "lock")}
    for path in paths.values():
        path.mkdir()
    stock, plugins = root / "usr/lib/netdata/conf.d", root / "usr/lib/netdata/plugins.d"
    directories = {**paths, "config": folder, "stock config": stock, "plugins": plugins, "registry": paths["lib"]}
    off = (
        "apps",
        "cgroups",
        "tc",
        "go.d",
        "python.d",
        "charts.d",
        "statsd",
        "ebpf",
        "perf",
        "nfacct",
        "fping",
        "ioping",
    )
    return "\n".join([
        "[global]", f"run as user = {getpass.getuser()}", "[directories]", *(f"{name} = {path}" for name, path in directories.items()),
        "[db]", "mode = ram", "[web]", "mode = none", "[health]", "enabled = no", "[plugins]", *(f"{name} = no" for name in off), "",
    ])  # fmt: skip


@pytest.mark.long
def test_netdata_reports_what_the_kernel_says(hub_of_clients: LiveHub, tmp_path: Path) -> None:
    root = unpacked("netdata-core")
    written = filled(block("Netdata", "username"), hub_of_clients.port, hub_of_clients.key)
    assert "\n[json:http:openmanager]\n" in written
    written = written.replace("    update every = 10", "    update every = 5")
    forms = [
        written.replace("[json:http:openmanager]", f"[{form}:http:om_{form}]\n    hostname = netdata-{form}")
        for form in FORMS
    ]
    (tmp_path / "exporting.conf").write_text("".join(forms))
    (tmp_path / "netdata.conf").write_text(daemon(root, tmp_path))
    command = [str(root / "usr/sbin/netdata"), "-D", "-c", str(tmp_path / "netdata.conf")]
    with some_work(tmp_path), running(command, environment(root), tmp_path / "said"):
        for page in check(hub_of_clients, [f"netdata-{form}" for form in FORMS], METRICS, 40):
            assert [one["mount"] for one in page["mounts"]][:1] == ["/"]
            assert [one["name"] for one in page["sources"]] == ["netdata"]
            assert page["sources"][0].get("names", []) == []
    said = (tmp_path / "log" / "error.log").read_text()
    assert "EXPORTING: cannot" not in said, said
