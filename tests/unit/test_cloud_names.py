"""What a machine of a cloud is called here, and what of it stays when machines come and go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lib.domain.clouds import CloudAccount
from lib.domain.telemetry import clean_name
from lib.monitoring.collectors.clouds import GONE, STOPPED, Instance, Point, batch_of, named

NOW = 1_763_900_000


def test_it_is_called_as_people_call_it_else_by_its_id() -> None:
    assert named([Instance("i-1", "웹 01"), Instance("i-2", "")], {}, [], []) == {"i-1": "웹 01", "i-2": "i-2"}


def test_what_an_agent_reports_already_is_that_server() -> None:
    there = [Instance("i-1", "web", hosts=("ip-10-0-0-1",)), Instance("i-2", "db"), Instance("i-3", "x")]
    assert named(there, {}, [], ["ip-10-0-0-1", "i-2", "x"]) == {"i-1": "ip-10-0-0-1", "i-2": "i-2", "i-3": "x"}


def test_a_name_that_another_has_gets_the_id_behind_it() -> None:
    there = [Instance("i-1", "web"), Instance("i-2", "web"), Instance("i-3", "db")]
    assert named(there, {}, ["db"], ["db"]) == {"i-1": "web", "i-2": "web i-2", "i-3": "db i-3"}


def test_who_runs_has_the_name_before_who_is_stopped() -> None:
    there = [Instance("i-1", "web", STOPPED), Instance("i-2", "web")]
    assert named(there, {}, [], []) == {"i-2": "web", "i-1": "web i-1"}


def test_a_name_once_given_stays_and_is_free_when_its_machine_is_gone() -> None:
    first = named([Instance("i-1", "web")], {}, [], [])
    both = named([Instance("i-1", "web"), Instance("i-0", "web")], first, [], ["web"])
    assert both == {"i-1": "web", "i-0": "web i-0"}
    renamed = named([Instance("i-1", "other")], both, [], ["web", "web i-0"])
    assert renamed == {"i-1": "web"}
    assert named([Instance("i-1", "web", GONE), Instance("i-9", "web")], renamed, [], ["web"]) == {"i-9": "web"}


def test_names_that_mean_something_elsewhere_are_made_harmless() -> None:
    found = named([Instance("i-1", "a/b?<c>"), Instance("i-2", "../..")], {}, [], [])
    assert found == {"i-1": "a-b-c", "i-2": "i-2"}


@given(
    st.lists(st.tuples(st.integers(0, 9), st.text(max_size=90), st.sampled_from(["", STOPPED, GONE])), max_size=12),
    st.lists(st.text(max_size=5), max_size=4),
)
def test_no_two_machines_ever_share_a_server(rows: list[tuple[int, str, str]], fleet: list[str]) -> None:
    there = list({f"i-{number}": Instance(f"i-{number}", name, stopped) for number, name, stopped in rows}.values())
    names = named(there, {}, ["web", "a"], fleet)
    assert set(names) == {one.id for one in there if one.stopped != GONE}
    assert len(set(names.values())) == len(names)
    assert not {"web", "a"} & set(names.values())
    assert all(clean_name(name) == name for name in names.values())
    assert named(there, names, ["web", "a"], [*fleet, *names.values()]) == names


def test_tags_of_ours_stand_first_and_a_colon_parts_nothing() -> None:
    account = CloudAccount("aws", "prod", ("ap-northeast-2",), {}, every=300)
    tags = {f"k{number:02}": "v" for number in range(30)} | {"cloud": "no", "a:b": "c", "empty": ""}
    one = Instance("i-1", "web", about={"zone": "z"}, tags={"a:b": "c", **tags})
    (share,) = batch_of(account, [one], {"i-1": "web"}, [Point("i-1", "cpu", NOW - 300, 5.0)], NOW).shares
    found = share.extra["host"]["tags"]
    assert len(found) == 20
    assert (found["cloud"], found["account"], found["zone"], found["a.b"]) == ("aws", "prod", "z", "c")
    assert share.extra["polled"] == {"every": 300}
    assert share.rows == [(NOW - 300, [5.0])]
