"""When the agent posts, what it posts first, and how it bears a hub that does not answer."""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.conftest import Clock, accepted


class ScriptedHub:
    url = "http://hub"

    def __init__(self, agent: Any) -> None:
        self._agent = agent
        self.posts: list[dict[str, Any]] = []
        self.at: list[float] = []
        self.answer: Callable[[dict[str, Any]], Any] = self.takes()

    def takes(self, **told: Any) -> Callable[[dict[str, Any]], Any]:
        told = {"sample_every": 10, "post_every": 60, **told}
        return lambda document: self._agent.Reply(202, accepted(document, **told), "")

    def says(self, status: int, reason: str = "", retry_after: float = 0.0) -> Callable[[dict[str, Any]], Any]:
        return lambda document: self._agent.Reply(status, {}, reason, retry_after)

    def post(self, body: str, timeout: Any = None) -> Any:
        self.posts.append(json.loads(body))
        return self.answer(self.posts[-1])


class Story:
    """A sender under a passed clock: `run` lives through some seconds with a sample every ten."""

    def __init__(self, agent: Any, folder: Path, clock: Clock) -> None:
        self.clock = clock
        self.hub = ScriptedHub(agent)
        self.spool = agent.Spool(str(folder))
        self.posted_at: list[float] = []
        self.begin(agent)

    def begin(self, agent: Any) -> None:
        self.sender = agent.Sender(
            self.spool, self.hub, "web-01", lambda live: {}, self.clock.mono, self.clock.wall, lambda: 0.5
        )
        self._next = 0.0

    def sample(self) -> int:
        at = round(self.clock.wall())
        self.spool.add([("sample", at, json.dumps({"at": at, "cpu": 1.0}))])
        return at

    def run(self, seconds: float) -> list[dict[str, Any]]:
        first = len(self.hub.posts)
        end = self.clock.mono() + seconds
        while self.clock.mono() < end:
            if self.clock.wall() % 10 < 0.5:
                self.sample()
            before = len(self.hub.posts)
            self.sender.step()
            self.posted_at += [self.clock.mono()] * (len(self.hub.posts) - before)
            self.clock.advance(0.5)
        return self.hub.posts[first:]


@pytest.fixture
def story(agent: Any, tmp_path: Path, clock: Clock) -> Iterator[Story]:
    story = Story(agent, tmp_path, clock)
    yield story
    story.spool.close()


def times(post: dict[str, Any]) -> list[int]:
    return [one["at"] for one in post.get("samples", ())]


def test_the_first_post_goes_at_once_and_the_next_when_the_hub_says(story: Story) -> None:
    posts = story.run(200)
    assert len(posts[0]["samples"]) == 1
    assert [len(post["samples"]) for post in posts[2:]] == [6] * len(posts[2:])
    assert len(posts) in (4, 5)


def test_servers_are_spread_over_the_period_by_their_names(story: Story) -> None:
    story.run(300)
    wall_from_mono = story.clock.wall() - story.clock.mono()
    phases = {(at + wall_from_mono) % 60 for at in story.posted_at[1:]}
    offset = zlib.crc32(b"web-01") % 60
    assert all(0 <= phase - offset <= 0.5 for phase in phases), (phases, offset)


def test_a_shorter_period_is_taken_up_at_once(story: Story) -> None:
    story.run(5)
    story.hub.answer = story.hub.takes(post_every=5, sample_every=5)
    story.run(61)
    assert story.sender.sample_every == 5
    assert len(story.run(60)) >= 6


def test_a_post_carries_its_number_and_what_is_true_when_it_is_sent(story: Story) -> None:
    post = story.run(5)[0]
    assert post["server"] == "web-01"
    assert post["post"]["n"] == 1
    assert post["post"]["floor"] == 1
    assert post["sent_at"] == pytest.approx(story.clock.wall(), abs=6)


def test_acknowledged_posts_are_never_sent_again_by_time_alone(story: Story) -> None:
    posts = story.run(1800)
    numbers = [post["post"]["n"] for post in posts]
    assert numbers == list(range(1, len(posts) + 1))
    assert posts[-1]["post"]["floor"] == 1, "for nothing was stored"


def test_what_the_hub_asks_for_is_sent_again_once_in_two_minutes(story: Story) -> None:
    story.run(200)
    story.hub.answer = story.hub.takes(stored=0, resend=[[1, 1]])
    again = [post for post in story.run(240) if post["post"]["n"] == 1]
    assert len(again) == 2
    assert times(again[0]) == times(story.hub.posts[0]), "content is frozen with its number"


def test_an_outage_is_spooled_and_then_sent_live_first_and_the_backlog_oldest_first(story: Story, agent: Any) -> None:
    story.run(100)
    story.hub.answer = story.hub.says(0, "connection refused")
    dark = story.run(4 * 3600)
    assert 4 * 3600 / 26 < len(dark) < 4 * 3600 / 14, "tried every 20 seconds or so"
    assert len({post["post"]["n"] for post in dark}) == 1, "and always with the same post"
    story.hub.answer = story.hub.takes()
    back = story.run(20)
    now = story.clock.wall()
    assert back[0]["post"]["n"] == dark[0]["post"]["n"]
    assert max(times(back[1])) > now - 60, "what is live goes before the backlog"
    backlog = back[2:]
    assert [times(post)[0] for post in backlog] == sorted(times(post)[0] for post in backlog)
    story.run(120)
    seen = sorted({at for post in story.hub.posts for at in times(post)})
    assert all(b - a == 10 for a, b in zip(seen, seen[1:])), "no sample is missing"  # noqa: B905, RUF007 - Python 3.8
    taken = [at for post in story.hub.posts if post not in dark for at in times(post)]
    assert len(taken) == len(set(taken)), "and none goes twice"


def test_at_most_one_post_a_second(story: Story, agent: Any) -> None:
    story.hub.answer = story.hub.says(503)
    for _ in range(20):
        story.sample()
        story.clock.advance(10)
        story.spool.freeze(True, 0.0)
    story.sender.step()
    story.clock.advance(10)
    story.hub.answer = story.hub.takes()
    story.posted_at.clear()
    story.run(40)
    gaps = [b - a for a, b in zip(story.posted_at, story.posted_at[1:])]  # noqa: B905 - Python 3.8
    assert len(gaps) >= 20
    assert min(gaps) >= 1.0


def test_back_off_grows_from_five_to_twenty_seconds_and_jitters(story: Story) -> None:
    story.hub.answer = story.hub.says(500, "answered 500")
    story.sample()
    pauses = []
    for chance in (0.5, 0.5, 0.5, 0.5, 0.0, 1.0):
        story.sender._chance = lambda chance=chance: chance
        pauses.append(story.sender.step())
        story.clock.advance(pauses[-1])
    assert pauses == pytest.approx([5, 10, 20, 20, 15, 25])


def test_retry_after_is_honoured(story: Story) -> None:
    story.hub.answer = story.hub.says(429, retry_after=90.0)
    story.sample()
    assert story.sender.step() == pytest.approx(99)


@pytest.mark.parametrize("status", [401, 403, 404, 302])
def test_what_only_a_person_can_put_right_is_tried_slowly_and_said_once(
    story: Story, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    story.hub.answer = story.hub.says(status, f"answered {status}: no")
    posts = story.run(600)
    assert 8 <= len(posts) <= 14
    assert capsys.readouterr().err.count("kept in the spool") == 1
    story.hub.answer = story.hub.takes()
    story.run(120)
    seen = {at for post in story.hub.posts for at in times(post)}
    assert len(seen) >= 60, "and nothing was lost meanwhile"


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_post_the_hub_will_never_take_does_not_block_the_others(
    story: Story, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    story.sample()
    story.hub.answer = story.hub.says(status, f"answered {status}: /samples/0 is no sample")
    story.sender.step()
    story.hub.answer = story.hub.takes()
    posts = story.run(120)
    assert posts[0]["post"]["n"] == 2
    assert posts[0]["post"]["floor"] == 2, "so that the hub does not wait for the one that was dropped"
    assert "is dropped: the hub answered" in capsys.readouterr().err
    assert "1 samples" in posts[0]["errors"][0]["message"], "the loss is told"


def test_what_the_hub_refuses_is_said_but_not_at_every_post(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    def answer(document: dict[str, Any]) -> Any:
        reply = story.hub.takes()(document)
        late = len(story.hub.posts) * 60
        reply.document["rejected"] = [
            {"pointer": "/samples/0/at", "reason": f"{late} s in the future: check the clock"}
        ]
        return reply

    story.hub.answer = answer
    story.run(600)
    assert capsys.readouterr().err.count("s in the future: check the clock") == 1


def test_a_value_that_crosses_a_limit_is_posted_at_once_but_every_ten_seconds_at_most(story: Story) -> None:
    story.run(30)
    while not story.run(0.5):
        pass  # until just after a turn of its own
    story.clock.advance(15)
    story.sample()
    story.sender.urgent()
    before = len(story.hub.posts)
    story.sender.step()
    assert len(story.hub.posts) == before + 1
    story.clock.advance(2)
    story.sample()
    story.sender.urgent()
    assert 7 <= story.sender.step() <= 8.0
    story.clock.advance(8)
    story.sender.step()
    assert len(story.hub.posts) == before + 2


def test_a_clock_that_jumps_neither_stops_nor_floods(story: Story) -> None:
    story.run(100)
    for jump in (-86_400, 10 * 86_400, 3.3):
        story.clock.wall_now += jump
        assert 4 <= len(story.run(300)) <= 7


def test_a_clock_far_from_the_hubs_does_not_decide_what_is_too_old(story: Story) -> None:
    story.hub.answer = story.hub.says(0)
    story.run(100)
    story.clock.wall_now += 30 * 86_400
    real = story.clock.wall() - 30 * 86_400
    story.hub.answer = story.hub.takes(time=real)
    story.run(100)
    assert story.spool.post(1) is not None


def test_with_a_spool_that_cannot_be_written_the_hub_still_hears_of_this_machine(story: Story) -> None:
    story.run(65)
    story.spool._db.execute("pragma query_only = 1")
    posts = [post for post in story.run(190) if "post" not in post]
    assert len(posts) >= 2
    assert sum(len(times(post)) for post in posts) >= 12
    assert "spool cannot be written" in posts[-1]["errors"][-1]["message"]
    assert len(story.spool.in_memory()) <= 7, "what was delivered is not kept"


def test_a_sample_that_is_being_written_is_not_taken_for_one_that_cannot_be(story: Story) -> None:
    at = story.sample()
    with story.spool._mutex:
        story.spool.memory.append(("sample", at, "{}"))
        step = threading.Thread(target=story.sender.step)
        step.start()
        step.join(0.05)
        assert story.hub.posts == []
        story.spool.memory.clear()
    step.join()
    assert story.hub.posts[0]["post"]["n"] == 1


def test_an_acknowledgement_that_cannot_be_written_down_does_not_make_a_flood(story: Story, agent: Any) -> None:
    story.sample()

    class Refusing(agent.Spool):  # type: ignore[name-defined,misc] # the agent is loaded by path
        def answer(self, *_: Any) -> bool:
            return False

    story.spool.__class__ = Refusing
    posts = story.run(100)
    assert len(posts) <= 6


def test_an_error_of_the_spool_does_not_end_the_sender(story: Story, agent: Any) -> None:
    def broken(*_: Any) -> None:
        raise sqlite3.OperationalError("database is locked")

    story.sample()
    story.spool.freeze = broken
    assert story.sender.step() == 5
    del story.spool.freeze
    story.clock.advance(5)
    assert len(story.run(65)) >= 1


def test_the_last_post_of_a_stopping_agent(story: Story) -> None:
    story.run(30)
    at = story.sample()
    story.sender.finish(2.0)
    assert times(story.hub.posts[-1])[-1] == at


def test_a_restarted_agent_sends_what_was_never_acknowledged_and_nothing_else(story: Story, agent: Any) -> None:
    story.run(100)
    story.hub.answer = story.hub.says(0, "timed out")
    story.run(60)
    lost = story.hub.posts[-1]["post"]["n"]
    story.hub.answer = story.hub.takes()
    story.begin(agent)
    numbers = [post["post"]["n"] for post in story.run(60)]
    assert numbers.count(lost) == 1
    assert min(numbers) == lost
