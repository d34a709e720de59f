"""Debian's collectd reports to `make dev` by the configuration of docs/agents.md: the values are the kernel's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocols.agents_paper import block, filled
from tests.protocols.debian_packages import environment, unpacked
from tests.protocols.live_hub import LiveHub, check, running, some_work

METRICS = {
    "cpu", "iowait", "steal", "memory", "load1", "load5", "load15", "uptime", "disk:/", "net_in", "net_out", "disk_read",
    "disk_write",
}  # fmt: skip

# What its plugins tell besides: numbers of packets, operations and errors, and what is moved to swap.
SPARE = {
    "interface.if_packets", "interface.if_errors", "interface.if_dropped", "disk.disk_ops", "disk.disk_merged",
    "disk.disk_time", "disk.pending_operations", "swap.swap_io",
}  # fmt: skip


def configuration(root: Path, folder: Path, name: str, blocks: str) -> Path:
    """Where Debian's own file would say these things, and what docs/agents.md says."""
    collectd = root / "usr" / "lib" / "collectd"
    file = folder / "collectd.conf"
    file.write_text(
        f'Hostname "{name}"\nBaseDir "{folder}"\nPIDFile "{folder}/pid"\nPluginDir "{collectd}"\nInterval 5\n'
        f'TypesDB "{root}/usr/share/collectd/types.db"\n{blocks}'
    )
    return file


@pytest.mark.long
@pytest.mark.parametrize("rates", ["true", "false"])
def test_collectd_reports_what_the_kernel_says(hub_of_clients: LiveHub, tmp_path: Path, rates: str) -> None:
    root = unpacked("collectd-core", "libyajl2", "libcurl3-gnutls")
    name = f"collectd-{rates}"
    blocks = filled(block("collectd"), hub_of_clients.port, hub_of_clients.key)
    assert "StoreRates true" in blocks
    blocks = blocks.replace("StoreRates true", f"StoreRates {rates}")
    command = [str(root / "usr/sbin/collectd"), "-C", str(configuration(root, tmp_path, name, blocks))]
    with some_work(tmp_path), running([*command, "-f"], environment(root), tmp_path / "log"):
        (page,) = check(hub_of_clients, [name], METRICS, 30, {"memory": "memory but caches"})
    said = (tmp_path / "log").read_text()
    assert "write_http plugin:" not in said, said
    assert page["mounts"][0]["mount"] == "/"
    assert [one["name"] for one in page["sources"]] == ["collectd"]
    assert set(page["sources"][0].get("names", ())) <= SPARE, "all else is a metric"
