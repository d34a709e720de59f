"""AWS, played by moto's server: machines and what was measured of them become servers like any other."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lib.monitoring.collectors.aws import Aws
from lib.monitoring.collectors.server_stats import decode
from lib.monitoring.rollup import roll_up
from tests.channels.receiver import Reply
from tests.clouds.aws_twin import KEY_ID, OTHER_ACCOUNT, SECRET, SEOUL, TOKYO, AwsTwin, Call, aws
from tests.clouds.cloud_hub import CloudHub, fives
from tests.real_stores import Pair, ServicesFactory


@pytest.fixture(scope="module")
def one_aws() -> Iterator[AwsTwin]:
    with aws() as running:
        yield running


@pytest.fixture
def twin(one_aws: AwsTwin) -> AwsTwin:
    one_aws.forget()
    return one_aws


@pytest.fixture
def hub(twin: AwsTwin, fresh_stores: Pair, make_services: ServicesFactory) -> CloudHub:
    return CloudHub.of(
        make_services(fresh_stores), fresh_stores, [twin.account()], lambda name: Aws(page=5, queries=30)
    )


def denied(what: str) -> Any:
    def instead(call: Call) -> Reply | None:
        if call.action != what:
            return None
        return error(call, 403 if call.action == "DescribeInstances" else 400, "AccessDeniedException")

    return instead


def error(call: Call, status: int, code: str) -> Reply:
    if call.wanted:
        xml = f"<Response><Errors><Error><Code>{code}</Code><Message>{SECRET}</Message></Error></Errors></Response>"
        return Reply(status, xml.encode())
    return Reply(status, json.dumps({"__type": f"com.amazonaws#{code}", "message": SECRET}).encode())


def test_a_machine_is_a_server_with_its_facts_and_what_was_measured(twin: AwsTwin, hub: CloudHub) -> None:
    instance = twin.start("웹-서버-01", tags={"env": "prod", "팀": "결제", "aws-ish:role": "web"})
    at = fives(4)
    twin.measure(instance, "CPUUtilization", [(moment, 10.0 + index) for index, moment in enumerate(at)])
    twin.measure(instance, "NetworkIn", [(moment, 300_000) for moment in at])
    twin.measure(instance, "EBSWriteBytes", [(moment, 600) for moment in at])
    twin.measure(instance, "StatusCheckFailed_System", [(moment, 0) for moment in at])
    twin.measure(instance, "CPUCreditBalance", [(moment, 144.5) for moment in at])
    told = hub.ask()
    assert (told["sources"], told["failed"], told["servers"], told["more"]) == (1, 0, 1, False)
    found = hub.server("웹-서버-01")
    assert found["status"] == "ok"
    assert found["latest"] == {
        "cpu": 13.0, "net_in": 1_000.0, "disk_write": 2.0,
        "aws.status_check_failed_system": 0.0, "aws.cpu_credit_balance": 144.5,
    }  # fmt: skip
    assert hub.series("웹-서버-01", "cpu", at[0]) == [(moment + 300, 10.0 + n) for n, moment in enumerate(at)]
    tags = found["tags"]
    assert {name: tags[name] for name in ("cloud", "account", "region", "instance", "type", "env", "팀")} == {
        "cloud": "aws", "account": "본사", "region": SEOUL, "instance": instance, "type": "t3.micro", "env": "prod",
        "팀": "결제",
    }  # fmt: skip
    assert tags["zone"].startswith(SEOUL)
    assert tags["private_ip"].count(".") == 3
    assert tags["aws-ish.role"] == "web"
    assert found["facts"]["model"] == "t3.micro"
    assert found["facts"]["boot_at"] > time.time() - 600
    assert [(one["name"], one["unmapped"]) for one in found["sources"]] == [("aws", 0)]


def test_pages_of_machines_and_of_queries_are_all_read(twin: AwsTwin, hub: CloudHub) -> None:
    at = fives(1)
    instances = [twin.start(f"web-{number:02}") for number in range(12)]
    for number, instance in enumerate(instances):
        twin.measure(instance, "CPUUtilization", [(at[0], float(number))])
    told = hub.ask()
    assert told["servers"] == 12
    assert [hub.server(f"web-{number:02}")["latest"]["cpu"] for number in range(12)] == [float(n) for n in range(12)]
    actions = [call.action for call in twin.calls]
    assert actions.count("DescribeInstances") == 3
    assert actions.count("GetMetricData") == 4  # of 120 queries, thirty a call


def test_the_same_points_again_change_nothing_and_late_ones_are_still_taken(twin: AwsTwin, hub: CloudHub) -> None:
    instance = twin.start("web-01")
    at = fives(4)
    twin.measure(instance, "CPUUtilization", [(at[0], 1.0), (at[1], 2.0), (at[3], 4.0)])
    hub.ask()
    before = hub.pair.rows("select * from omv.sample_hot order by 1, 2")
    hub.ask()
    assert hub.pair.rows("select * from omv.sample_hot order by 1, 2") == before
    twin.measure(instance, "CPUUtilization", [(at[2], 3.0)])
    hub.ask()
    assert [value for _, value in hub.series("web-01", "cpu", at[0])] == [1.0, 2.0, 3.0, 4.0]
    assert hub.server("web-01")["latest"]["cpu"] == 4.0


def test_two_regions_and_an_account_behind_a_role_are_read_side_by_side(twin: AwsTwin, hub: CloudHub) -> None:
    role = f"arn:aws:iam::{OTHER_ACCOUNT}:role/OpenManager"
    given = twin.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    theirs = {
        "aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }  # fmt: skip
    at = fives(1)
    for region, name, value, client in (
        (SEOUL, "web-01", 1.0, None),
        (TOKYO, "web-02", 2.0, None),
        (TOKYO, "db-01", 3.0, theirs),
    ):
        keys = client or {}
        instance = twin.start(name, client=twin.client("ec2", region, **keys))
        twin.measure(instance, "CPUUtilization", [(at[0], value)], client=twin.client("cloudwatch", region, **keys))
    branch = twin.account("지사", TOKYO, fields={"role": role, "external_id": "hub:42"})
    told = hub.with_accounts(twin.account("본사", SEOUL, TOKYO), branch).ask()
    assert (told["sources"], told["failed"]) == (3, 0)
    rows = {name: hub.server(name) for name in ("web-01", "web-02", "db-01")}
    assert {name: row["latest"]["cpu"] for name, row in rows.items()} == {"web-01": 1.0, "web-02": 2.0, "db-01": 3.0}
    assert {name: (row["tags"]["account"], row["tags"]["region"]) for name, row in rows.items()} == {
        "web-01": ("본사", SEOUL), "web-02": ("본사", TOKYO), "db-01": ("지사", TOKYO),
    }  # fmt: skip
    assumed = [call.wanted for call in twin.calls if call.action == "AssumeRole"]
    assert assumed
    assert all(one["ExternalId"] == "hub:42" and one["RoleArn"] == role for one in assumed)
    assert {call.who for call in twin.calls if call.action == "DescribeInstances"} > {KEY_ID}


def test_one_name_in_two_places_is_two_servers(twin: AwsTwin, hub: CloudHub) -> None:
    first, second = twin.start("web"), twin.start("web", region=TOKYO)
    third = twin.start("web")
    hub.with_accounts(twin.account("본사", SEOUL, TOKYO)).ask()
    found = {hub.server(name)["tags"]["instance"]: name for name in hub.names()}
    assert set(found) == {first, second, third}
    assert sorted(found.values())[0] == "web"
    assert all(name in ("web", f"web {instance}") for instance, name in found.items())


def test_who_comes_after_one_that_is_gone_is_the_same_server(twin: AwsTwin, hub: CloudHub) -> None:
    old = twin.start("web-01")
    hub.ask()
    twin.client("ec2").terminate_instances(InstanceIds=[old])
    new = twin.start("web-01")
    hub.ask()
    assert hub.names() == ["web-01"]
    found = hub.server("web-01")
    assert (found["status"], found["tags"]["instance"]) == ("ok", new)
    events = hub.services.queries.events("web-01", {"from": 0, "to": int(time.time()) + 60, "most": 10})
    assert [(one["kind"], one["title"]) for one in events["events"]] == [("replaced", f"{old} → {new}")]


def test_a_stopped_machine_is_offline_without_an_alarm_and_comes_back(twin: AwsTwin, hub: CloudHub) -> None:
    instance = twin.start("web-01")
    hub.ask()
    twin.client("ec2").stop_instances(InstanceIds=[instance])
    hub.ask()
    found = hub.server("web-01")
    assert (found["status"], found["reason"]["code"], found["reason"]["word"]) == ("offline", "stopped", "stopped")
    assert hub.services.alerts.listed()["alerts"] == []
    twin.client("ec2").start_instances(InstanceIds=[instance])
    hub.ask()
    assert hub.server("web-01")["status"] == "ok"


def test_a_machine_that_was_terminated_is_said_to_be_and_told_of_once(twin: AwsTwin, hub: CloudHub) -> None:
    instance = twin.start("web-01")
    hub.ask()
    twin.client("ec2").terminate_instances(InstanceIds=[instance])
    hub.ask()
    found = hub.server("web-01")
    assert (found["status"], found["reason"]["word"]) == ("offline", "terminated")
    assert hub.ask()["servers"] == 0
    assert hub.server("web-01")["status"] == "offline"


def test_only_machines_with_the_accounts_tags_are_read(twin: AwsTwin, hub: CloudHub) -> None:
    twin.start("web-01", tags={"감시": "예"})
    twin.start("web-02")
    hub.with_accounts(twin.account(tags={"감시": "예"})).ask()
    assert hub.names() == ["web-01"]


def test_what_the_cloudwatch_agent_tells_is_memory_and_disks(twin: AwsTwin, hub: CloudHub) -> None:
    instance = twin.start("web-01")
    at = fives(1)
    labels = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
    twin.measure(instance, "mem_used_percent", [(at[0], 61.5)], namespace="CWAgent", **labels)
    for path, value in (("/", 40.0), ("/데이터", 88.0)):
        twin.measure(
            instance,
            "disk_used_percent",
            [(at[0], value)],
            namespace="CWAgent",
            path=path,
            device="x",
            fstype="xfs",
            **labels,
        )
    twin.measure(
        instance, "disk_used_percent", [(at[0], 1.0)], namespace="CWAgent", path="/run", device="t", fstype="tmpfs"
    )
    hub.ask()
    assert hub.server("web-01")["latest"] == {"memory": 61.5, "disk:/": 40.0, "disk:/데이터": 88.0, "disk": 88.0}
    hub.ask()
    assert [call.action for call in twin.calls].count("ListMetrics") == 5  # once an hour, not each time


def test_where_our_agent_runs_the_cloud_adds_what_only_it_knows(twin: AwsTwin, hub: CloudHub) -> None:
    instance = twin.start("web-01")
    at = fives(1)
    twin.measure(instance, "CPUUtilization", [(at[0], 90.0)])
    twin.measure(instance, "CPUCreditBalance", [(at[0], 5.0)])
    (private,) = [
        one["PrivateDnsName"].partition(".")[0]
        for reservation in twin.client("ec2").describe_instances()["Reservations"]
        for one in reservation["Instances"]
    ]
    now = time.time()
    batch = decode({"server": private, "host": {"tags": {"env": "dev"}}, "samples": [{"at": now, "cpu": 7.0}]}, now)
    hub.services.ingest.take(batch, "key")
    hub.services.sweeper.run()
    hub.ask()
    assert hub.names() == [private]
    found = hub.server(private)
    assert found["latest"] == {"cpu": 7.0, "aws.cpu_credit_balance": 5.0}
    assert found["tags"] == {"env": "dev"}


def test_a_permission_that_is_missing_is_named_and_holds_up_no_other_account(twin: AwsTwin, hub: CloudHub) -> None:
    twin.start("web-01")
    twin.start("web-02", region=TOKYO)

    def instead(call: Call) -> Reply | None:
        return error(call, 403, "UnauthorizedOperation") if call.region == SEOUL else None

    twin.instead = instead
    told = hub.with_accounts(twin.account("본사", SEOUL, TOKYO)).ask()
    assert (told["sources"], told["failed"]) == (2, 1)
    assert hub.names() == ["web-02"]
    bad, good = hub.source(f"aws:본사:{SEOUL}"), hub.source(f"aws:본사:{TOKYO}")
    assert (bad["failing"], bad["fails"], good["failing"]) == (True, 1, False)
    assert bad["detail"].startswith(f"ec2:DescribeInstances is not allowed in {SEOUL}: add it to the policy")
    assert hub.services.health.report().body["clouds"] == {"sources": 2, "failing": 1}
    twin.instead = lambda call: None
    hub.with_accounts(twin.account("본사", SEOUL, TOKYO)).ask()
    assert hub.source(f"aws:본사:{SEOUL}")["detail"] == ""
    assert hub.names() == ["web-01", "web-02"]


def test_iam_itself_refuses_who_may_nothing(twin: AwsTwin, hub: CloudHub) -> None:
    twin.start("web-01")
    iam = twin.client("iam")
    iam.create_user(UserName="hub")
    key = iam.create_access_key(UserName="hub")["AccessKey"]
    fields = {"key_id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    twin.hold_to_policies()
    hub.with_accounts(twin.account(fields=fields)).ask()
    assert "ec2:DescribeInstances is not allowed" in hub.source(f"aws:본사:{SEOUL}")["detail"]


def test_a_cloud_that_throttles_is_asked_again_later_and_each_time_less_often(twin: AwsTwin, hub: CloudHub) -> None:
    instance = twin.start("web-01")
    at = fives(2)
    twin.measure(instance, "CPUUtilization", [(moment, 5.0) for moment in at])
    twin.instead = lambda call: error(call, 400, "ThrottlingException") if call.action == "GetMetricData" else None
    waits = []
    for _ in range(4):
        hub.ask()
        found = hub.source(f"aws:본사:{SEOUL}")
        waits.append(round((found["due_at"] - found["tried_at"]) / 300))
    assert waits == [1, 2, 4, 8]
    assert found["failing"]
    assert "cloudwatch:GetMetricData is throttled" in found["detail"]
    twin.instead = lambda call: None
    hub.ask()
    found = hub.source(f"aws:본사:{SEOUL}")
    assert (found["fails"], found["failing"], found["detail"]) == (0, False, "")
    assert [value for _, value in hub.series("web-01", "cpu", at[0])] == [5.0, 5.0]


def test_a_round_that_runs_out_of_time_goes_on_where_it_was(
    twin: AwsTwin, fresh_stores: Pair, make_services: ServicesFactory
) -> None:
    at = fives(1)
    instances = [twin.start(f"web-{number}") for number in range(6)]
    for instance in instances:
        twin.measure(instance, "CPUUtilization", [(at[0], 5.0)])
    ticks = iter(range(10_000))
    # A clock that moves with every look at it: each run has time for a chunk or two.
    hub = CloudHub.of(
        make_services(fresh_stores), fresh_stores, [twin.account()], lambda name: Aws(),
        monotonic=lambda: float(next(ticks)), chunk=2,
    )  # fmt: skip
    seen = []
    for _ in range(8):
        hub.rounds.run(float(next(ticks)) + 12.0)
        hub.services.sweeper.run()
        seen.append(len(hub.names()))
        if hub.source(f"aws:본사:{SEOUL}")["ok_at"]:
            break
    assert seen[0] < 6
    assert seen[-1] == 6
    assert sorted(hub.names()) == [f"web-{number}" for number in range(6)]
    assert hub.source(f"aws:본사:{SEOUL}")["fails"] == 0


def test_no_secret_and_no_word_of_aws_gets_into_what_is_kept_or_logged(
    twin: AwsTwin, hub: CloudHub, caplog: pytest.LogCaptureFixture
) -> None:
    twin.start("web-01")
    twin.instead = lambda call: error(call, 400, "AccessDeniedException")
    hub.ask()
    twin.instead = lambda call: Reply(200, SECRET.encode())
    hub.ask()
    kept = json.dumps(hub.pair.rows("select id, detail, memory::text from omv.cloud_source")) + caplog.text
    assert "is not allowed" in kept
    assert SECRET not in kept
    assert KEY_ID not in kept


def test_what_is_not_configured_any_more_is_forgotten_and_its_servers_stay(twin: AwsTwin, hub: CloudHub) -> None:
    twin.start("web-01")
    hub.ask()
    hub.with_accounts().ask()
    assert hub.services.storage.clouds.clouds() == []
    assert hub.names() == ["web-01"]


def test_a_cloud_whose_turn_has_come_makes_the_roll_up_due(twin: AwsTwin, hub: CloudHub) -> None:
    hub.ask()
    roll_up(hub.services.storage, hub.services.settings.retention)  # an hour may just have become old enough
    assert hub.services.sweeper.run().rollup_due is False
    hub.pair.rows("update omv.cloud_source set due_at = now()")
    assert hub.services.sweeper.run().rollup_due is True
