"""The contract of every plugin, and what this one does."""

import pytest

from core.sdk import Actor, Forbidden, Invalid, new_id
from core.sdk.testing import PluginContract, Site
from $package import queries, service
from $package.manifest import WRITE

WRITER = Actor(new_id(), "Mair", permissions=frozenset({WRITE}))


class TestContract(PluginContract):
    """See core/sdk/testing."""

    packages = {"$name": "$package"}

    def test_a_note_is_written_once_and_stays_at_its_site(self, site: Site) -> None:
        with site.session("scotland") as session:
            first = service.write(session, "Bring a pencil.", WRITER, "key-1")
            assert service.write(session, "Bring a pencil.", WRITER, "key-1") == first
            assert [note.text for note in queries.newest(session)] == ["Bring a pencil."]
        with site.session("wales") as session:
            assert queries.newest(session) == []
        assert "Bring a pencil." in site.client().get("/scotland/$url_name/").text
        assert "Bring a pencil." in site.client().get("/scotland/").text

    def test_a_note_needs_the_permission_and_some_words(self, site: Site) -> None:
        with site.session("scotland") as session:
            with pytest.raises(Forbidden):
                service.write(session, "No", Actor(new_id(), "Ann"), "key-2")
            with pytest.raises(Invalid):
                service.write(session, "  ", WRITER, "key-3")

    def test_a_person_is_given_their_notes_and_taken_off_them(self, site: Site) -> None:
        writer = Actor(new_id(), "Ifor", permissions=frozenset({WRITE}))
        account_id = str(writer.account_id)
        with site.session("scotland") as session:
            service.write(session, "Mine.", writer, "key-4")
            assert [value[0]["text"] for _, value in service.person_data(session, account_id)] == ["Mine."]
            assert list(service.erase_person(session, account_id, dry_run=False)) == ["$name: writer of 1 notes"]
            assert list(service.person_data(session, account_id)) == []
