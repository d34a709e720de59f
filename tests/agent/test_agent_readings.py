"""What the agent reads from recorded /proc, /sys and macOS output."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "agent"
SPACE = {"disk": 40.0, "inode": 5.0, "size_bytes": 1000, "free_bytes": 600}


def lay(root: Path, tree: str) -> None:
    for file in (FIXTURES / tree).rglob("*"):
        if file.is_file():
            target = root / file.relative_to(FIXTURES / tree)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)


@pytest.fixture
def linux(agent: Any, tmp_path: Path) -> Any:
    lay(tmp_path, "linux")
    machine = agent.Linux(str(tmp_path), lambda path, kind: dict(SPACE, disk=71.5 if path == "/boot" else 40.0))
    machine.root = tmp_path
    return machine


def later(linux: Any, seconds: float = 10.0) -> Any:
    linux.sample(100.0)
    lay(linux.root, "linux_later")
    return linux.sample(100.0 + seconds)


def test_the_first_reading_has_no_rates_and_no_cpu_but_all_else(linux: Any) -> None:
    values = linux.sample(100.0)
    assert not {"cpu", "iowait", "steal", "disk_read", "disk_write", "disk_busy", "net_in", "net_out"} & set(values)
    assert {"memory", "swap", "disk", "inode", "mounts", "load1", "temperature", "connections", "uptime"} <= set(values)


def test_cpu_leaves_out_iowait_and_steal_which_have_their_own_names(linux: Any) -> None:
    values = later(linux)
    assert (values["cpu"], values["iowait"], values["steal"]) == (25.0, 10.0, 5.0)


def test_memory_is_what_is_not_available_and_an_unused_swap_is_zero(linux: Any) -> None:
    values = linux.sample(100.0)
    assert (values["memory"], values["swap"]) == (60.0, 0.0)


def test_a_machine_without_swap_measures_none(agent: Any) -> None:
    assert agent.memory_values({"MemTotal": 100, "MemAvailable": 100, "SwapTotal": 0}) == {"memory": 0.0}


def test_memory_of_a_kernel_that_does_not_say_what_is_available(agent: Any) -> None:
    info = {"MemTotal": 100, "MemFree": 10, "Buffers": 5, "Cached": 20, "SReclaimable": 5}
    assert agent.memory_values(info)["memory"] == 60.0


def test_mounts_that_hold_data_are_kept_once_each(linux: Any) -> None:
    values = linux.sample(100.0)
    assert list(values["mounts"]) == ["/", "/boot", "/mnt/nas", "/data and more"]
    assert values["disk"] == 71.5, "the fullest mount speaks for the machine"
    assert values["mounts"]["/"] == SPACE


def test_a_hardened_service_that_sees_every_mount_read_only_still_measures_them(agent: Any) -> None:
    text = "28 1 253:0 / / ro,relatime shared:1 - ext4 /dev/vda rw\n43 28 8:1 / /data ro - xfs /dev/sda1 rw"
    assert [point for point, _ in agent.parse_mountinfo(text)] == ["/", "/data"]


def test_a_container_has_its_root_and_its_volumes_and_no_mounted_files(agent: Any) -> None:
    text = (FIXTURES / "container_mountinfo.txt").read_text()
    mounts = agent.parse_mountinfo(text, lambda path: path in ("/etc/hostname", "/etc/resolv.conf"))
    assert [point for point, _ in mounts] == ["/", "/data", "/srv/uploads"]


def test_a_mounted_file_has_no_space_of_its_own(agent: Any, tmp_path: Path) -> None:
    file = tmp_path / "hostname"
    file.write_text("x")
    assert agent.space_of(str(file)) is None
    assert agent.space_of(str(tmp_path))["size_bytes"] > 0


def test_disk_traffic_counts_whole_disks_once(linux: Any) -> None:
    values = later(linux)
    assert values["disk_read"] == 20_000 * 512 / 10
    assert values["disk_write"] == 40_000 * 512 / 10
    assert values["disk_busy"] == 25.0


def test_network_traffic_is_that_of_the_hardware(linux: Any) -> None:
    values = later(linux)
    assert (values["net_in"], values["net_out"]) == (120_000, 98_000)


def test_network_traffic_without_hardware_is_that_of_what_is_not_virtual(linux: Any) -> None:
    shutil.rmtree(linux.root / "sys/class/net/enp1s0/device")
    values = later(linux)
    assert (values["net_in"], values["net_out"]) == (120_000, 98_000)


def test_counters_that_fall_back_give_no_rate_rather_than_a_wrong_one(linux: Any) -> None:
    lay(linux.root, "linux_later")
    linux.sample(100.0)
    lay(linux.root, "linux")
    values = linux.sample(110.0)
    assert "net_in" not in values
    assert "disk_busy" not in values
    assert "cpu" not in values


def test_an_idle_machine_has_true_zeros(linux: Any) -> None:
    linux.sample(100.0)
    values = linux.sample(110.0)
    assert (values["net_in"], values["net_out"], values["disk_read"], values["disk_write"], values["disk_busy"]) == (
        0,
        0,
        0,
        0,
        0,
    )


def test_load_temperature_connections_and_uptime(linux: Any) -> None:
    values = linux.sample(100.0)
    assert (values["load1"], values["load5"], values["load15"]) == (0.52, 0.58, 0.59)
    assert values["temperature"] == 51.5, "of the processor, not of the disk"
    assert values["connections"] == 37
    assert values["uptime"] == 100_000


def test_without_a_processor_sensor_the_thermal_zone_speaks(linux: Any) -> None:
    shutil.rmtree(linux.root / "sys/class/hwmon/hwmon1")
    assert linux.sample(100.0)["temperature"] == 20.0


@pytest.mark.parametrize("broken", ["", "cpu", "cpu  x y z", "\n"])
def test_a_file_that_cannot_be_understood_costs_its_own_values_only(linux: Any, broken: str) -> None:
    (linux.root / "proc/stat").write_text(broken)
    values = linux.sample(100.0)
    assert "cpu" not in values
    assert values["memory"] == 60.0


def test_processes_show_who_what_and_where_they_listen(linux: Any) -> None:
    folder = linux.root / "proc/811/fd"
    folder.mkdir()
    (folder / "5").symlink_to("socket:[23456]")
    (folder / "6").symlink_to("socket:[23457]")
    (folder / "7").symlink_to("/var/log/postgres.log")
    linux._ticks, linux._page = 100, 4096
    assert [one["cpu"] for one in linux.processes(100.0)] == [None, None], "a share of time needs two readings"
    lay(linux.root, "linux_later")
    first, second = linux.processes(110.0)
    assert (first["name"], first["pid"], first["cpu"], first["memory"]) == ("postgres: writer (x)", 811, 10.0, 1.0)
    assert first["ports"] == [5432]
    assert (second["name"], second["cpu"], second["ports"]) == ("make", 2.5, []), "another process under an old number"
    assert first["user"]


def test_facts(linux: Any) -> None:
    facts = linux.facts()
    assert facts["os"] == "Ubuntu 24.04.1 LTS"
    assert facts["model"] == "AMD EPYC 7302P 16-Core Processor"
    assert facts["memory_bytes"] == 16_384_000 * 1024
    assert facts["boot_at"] == 1_763_800_000
    assert facts["timezone"] == "Asia/Seoul"
    assert facts["cores"] >= 1
    assert linux.killed_for_memory() == 3


def test_a_dead_network_mount_holds_up_nothing_else(agent: Any) -> None:
    release = threading.Event()
    spaces = agent.Spaces(lambda path: SPACE if release.wait(5) else None, patience=0.02)
    assert spaces("/mnt/nas", "nfs4") is None
    assert spaces("/mnt/nas", "nfs4") is None, "and it is not asked again while the first question stands"
    assert len(spaces._asking) == 1
    release.set()
    spaces._asking["/mnt/nas"].join()
    assert spaces("/mnt/nas", "nfs4") == SPACE


def recorded(*command: str) -> str:
    files = {"sysctl": "sysctl", "vm_stat": "vm_stat", "df": "df", "top": "top", "ps": "ps"}
    name = files.get(command[0]) or ("netstat" if "-ibn" in command else "netstat_tcp")
    return (FIXTURES / "macos" / (name + ".txt")).read_text()


def test_macos_as_recorded(agent: Any) -> None:
    mac = agent.Mac(recorded)
    values = mac.sample(100.0)
    assert values["cpu"] == 12.25, "of the last summary, not of the time since boot"
    assert values["memory"] == 62.5
    assert values["swap"] == 25.0
    assert list(values["mounts"]) == ["/", "/Volumes/Time Machine"]
    assert values["mounts"]["/"]["disk"] == pytest.approx(54.75, abs=0.01)
    assert values["mounts"]["/Volumes/Time Machine"]["disk"] == 50.0
    assert (values["load1"], values["load15"], values["connections"]) == (1.52, 2.1, 2)
    assert values["uptime"] > 0
    assert mac.boot_id() == "1763800000"
    facts = mac.facts()
    assert (facts["os"], facts["cores"], facts["memory_bytes"]) == ("macOS 14.5", 8, 17_179_869_184)
    busiest = mac.processes(100.0)[0]
    assert (busiest["name"], busiest["user"], busiest["cpu"]) == ("WindowServer", "_windowserver", 12.5)


def test_macos_network_rates(agent: Any) -> None:
    netstat = ["netstat.txt", "netstat_later.txt"]
    mac = agent.Mac(
        lambda *command: (FIXTURES / "macos" / netstat.pop(0)).read_text() if "-ibn" in command else recorded(*command)
    )
    mac.sample(100.0)
    values = mac.sample(110.0)
    assert (values["net_in"], values["net_out"]) == (12_000, 6_000)


def test_a_mac_without_one_of_the_commands_measures_the_rest(agent: Any) -> None:
    def command(*words: str) -> str:
        if words[0] == "top":
            raise FileNotFoundError("top")
        return recorded(*words)

    values = agent.Mac(command).sample(100.0)
    assert "cpu" not in values
    assert values["memory"] == 62.5
