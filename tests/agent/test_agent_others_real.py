"""install.sh --use over Debian's packages of collectd and Prometheus, taken by collectd and promtool themselves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.agent.conftest import AGENT
from tests.protocols.debian_packages import environment, unpacked

INSTALL = AGENT.with_name("install.sh")
HUB, KEY = "http://127.0.0.1:9", "omv_live_" + "k" * 38


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n" + script)
    (folder / name).chmod(0o755)


def install(root: Path, programs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(programs), "/usr/bin", "/bin"])
    return subprocess.run(
        ["sh", str(INSTALL), "--hub", HUB, "--key", KEY, *arguments], env={"PATH": path, "DESTDIR": str(root)},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.long
def test_collectd_takes_it_beside_what_debian_configures(tmp_path: Path) -> None:
    package = unpacked("collectd", "collectd-core", "libyajl2", "libcurl3-gnutls")
    root = tmp_path / "root"
    shutil.copytree(package / "etc", root / "etc")
    main = root / "etc/collectd/collectd.conf"
    # Where the package's files lie here, and without the plugin whose own library only another package brings.
    done = install(root, tmp_path / "bin", "--use", "collectd")
    assert done.returncode == 0, done.stderr
    assert "does not read that folder" not in done.stdout
    assert (root / "etc/collectd/collectd.conf.d/openmanager.conf").exists()
    # Where the package's files lie here; it speaks to us, not to the log; and rrdtool's library is in another package.
    places = {"PluginDir": package / "usr/lib/collectd", "TypesDB": package / "usr/share/collectd/types.db"}
    whole = "".join(f'{name} "{place}"\n' for name, place in {**places, "BaseDir": tmp_path}.items())
    whole += re.sub(r"(?m)^LoadPlugin (?:rrdtool|syslog)$", "", main.read_text()).replace('"/etc/', f'"{root}/etc/')
    (tmp_path / "whole.conf").write_text(whole)
    command = [package / "usr/sbin/collectd", "-f", "-C", tmp_path / "whole.conf", "-P", tmp_path / "pid"]
    running = subprocess.Popen(command, env=environment(package), stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    running.terminate()
    _, said = running.communicate(timeout=30)
    assert running.returncode == 0, said
    assert "entering read-loop" in said
    assert "write_http plugin: curl_easy_perform failed" in said, "nobody listens there, which it says when it posts"
    others = [line for line in said.splitlines() if re.search(r"fail|error|unknown", line, re.IGNORECASE)]
    assert [line for line in others if "write_http" not in line and "battery" not in line] == []


@pytest.mark.long
def test_prometheus_takes_it_behind_what_debian_configures(tmp_path: Path) -> None:
    package = unpacked("prometheus")
    root, programs = tmp_path / "root", tmp_path / "bin"
    shutil.copytree(package / "etc/prometheus", root / "etc/prometheus")
    promtool = package / "usr/bin/promtool"
    program(programs, "promtool", f'exec "{promtool}" "$@"\n')
    file = root / "etc/prometheus/prometheus.yml"
    as_it_was = file.read_text()
    done = install(root, programs, "--use", "prometheus")
    assert done.returncode == 0, done.stderr
    assert "promtool takes this configuration" in done.stdout
    checked = subprocess.run([promtool, "check", "config", file], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
    assert file.read_text().startswith(as_it_was)
    (copy,) = file.parent.glob("prometheus.yml.before-*")
    assert copy.read_text() == as_it_was
    copy.rename(file)
    file.write_text(as_it_was + "scrape_configs: 7\n")
    refused = install(root, programs, "--use", "prometheus")
    assert refused.returncode == 1
    assert "promtool does not take this configuration" in refused.stderr
    assert file.read_text() == as_it_was + "scrape_configs: 7\n"
