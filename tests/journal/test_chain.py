"""What one version of the program makes of what another one wrote."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from journal.samples import json_values, written_events
from pydantic import JsonValue

from shopfloor.journal.chain import Entry, extend, is_key_untouched, rebuild, split
from shopfloor.journal.events import EventData, UnknownEvent
from shopfloor.kernel.errors import BrokenStream
from shopfloor.kernel.ids import StreamId

AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def entry_of(data: EventData) -> Entry:
    added = extend(StreamId("conversation/a"), [split(data)], last_seq=0, head="", at=AT, known={})
    return added.entries[0]


@given(written_events, json_values)
def test_a_field_that_a_newer_version_added_is_left_out(data: EventData, value: JsonValue) -> None:
    entry = entry_of(data)
    newer = replace(entry, header=json.dumps(json.loads(entry.header) | {"of_tomorrow": value}))
    assert rebuild(newer).data == data
    assert is_key_untouched(newer)


@given(written_events)
def test_an_event_of_an_unknown_type_is_passed_over_and_shown_whole(data: EventData) -> None:
    entry = entry_of(data)
    event = rebuild(replace(entry, type="OF_TOMORROW"))
    assert isinstance(event.data, UnknownEvent)
    assert (event.data.unanswered, event.data.idempotency_key) == (0, None)
    shown = event.to_json()
    assert shown == rebuild(entry).to_json() | {"event_type": "OF_TOMORROW"}


@pytest.mark.parametrize("header", ["{", "[]", "7"])
def test_what_is_no_event_at_all_is_broken(header: str) -> None:
    with pytest.raises(BrokenStream, match="event 7 of conversation/a cannot be read"):
        rebuild(
            Entry(
                stream=StreamId("conversation/a"),
                seq=7,
                at=AT,
                type="OF_TOMORROW",
                header=header,
                personal=None,
                salt=None,
                personal_digest=None,
                idempotency_key=None,
                chain="",
            )
        )
