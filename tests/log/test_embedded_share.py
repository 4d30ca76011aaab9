"""How the members of a group share partitions, over whatever comes and goes."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.log import TopicPartition
from trunkline.log.embedded.member import Living, Sight

TOPICS = ("calls", "notes")
members = st.builds(
    lambda name, topics: Living("", name, tuple(sorted(topics))),
    st.sampled_from("abcdef"),
    st.sampled_from([{"calls"}, {"notes"}, {"calls", "notes"}]),
)
groups = st.lists(members, max_size=5, unique_by=lambda member: member.id)
partitions = st.tuples(st.integers(1, 9), st.integers(1, 3)).map(
    lambda counts: dict(
        enumerate(
            TopicPartition(topic, number)
            for topic, count in zip(TOPICS, counts, strict=True)
            for number in range(count)
        )
    )
)


def act(member: Living, living: list[Living], holders: dict[int, str], places: dict[int, TopicPartition]) -> int:
    """Let a member look and do what it should; how many partitions changed hands."""
    sight = Sight(living, {place: its for place, its in holders.items() if its in {one.id for one in living}}, places)
    mine, meant = sight.held(member.id), sight.share(member.id)
    assert all(sight.holders.get(partition, member.id) == member.id for partition in meant), "taken from another"
    assert all(places[partition].topic in member.topics for partition in meant)
    for partition in mine - meant:
        del holders[partition]
    holders.update(dict.fromkeys(meant, member.id))
    return len(mine ^ meant)


def settle(living: list[Living], holders: dict[int, str], places: dict[int, TopicPartition]) -> None:
    """Everybody acts until nobody does."""
    for _ in range(20):
        if not sum(act(member, living, holders, places) for member in living):
            return
    raise AssertionError("the group does not settle")


@settings(max_examples=150, deadline=None)
@given(histories=st.lists(groups, min_size=1, max_size=4), places=partitions)
def test_a_group_settles_and_shares_evenly_whoever_came_and_left(
    histories: list[list[Living]], places: dict[int, TopicPartition]
) -> None:
    holders: dict[int, str] = {}
    for living in histories:
        living.sort()
        settle(living, holders, places)
        ids = {member.id for member in living}
        read = {topic for member in living for topic in member.topics}
        assert {partition for partition, its in holders.items() if its in ids} == {
            partition for partition, place in places.items() if place.topic in read
        }
        if len({member.topics for member in living}) == 1:
            counts = sorted(list(holders.values()).count(member.id) for member in living)
            assert counts[-1] - counts[0] <= 1


@settings(max_examples=100, deadline=None)
@given(count=st.integers(1, 16), sizes=st.lists(st.integers(1, 6), min_size=2, max_size=6))
def test_nobody_gives_away_what_it_may_keep(count: int, sizes: list[int]) -> None:
    places = {number: TopicPartition("calls", number) for number in range(count)}
    everybody = [Living("", name, ("calls",)) for name in "abcdef"]
    holders: dict[int, str] = {}
    settle(everybody[: sizes[0]], holders, places)
    for before, after in pairwise(sizes):
        old, living = dict(holders), everybody[:after]
        settle(living, holders, places)
        quota = -(-count // after)
        for member in living[:before]:
            kept = {partition for partition, its in holders.items() if old.get(partition) == its == member.id}
            had = {partition for partition, its in old.items() if its == member.id}
            assert len(kept) >= min(len(had), quota - 1)
