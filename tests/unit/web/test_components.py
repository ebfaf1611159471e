"""The components alone: what ties label, hint, error and input together, and that nothing typed becomes markup."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from core.web.charts import bars, lines
from core.web.i18n import london_day
from core.web.icons import icon
from core.web.listing import Listing

ROOT = Path(__file__).resolve().parents[3]
EVIL = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def jinja() -> Environment:
    """Jinja as the application sets it up, its words left in English."""
    env = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    env.globals.update(icon=icon, csrf_token=lambda: "token")
    env.filters.update(
        date_parts=lambda at: (at.strftime("%a"), str(at.day), at.strftime("%b"), str(at.year)),
        day=lambda at: at.strftime("%A %-d %B %Y"),
        clock=lambda at: at.strftime("%H:%M"),
        london_day=london_day,
    )
    return env


class Sample(Form):  # type: ignore[misc]  # wtforms carries no types
    """A few kinds of field."""

    key = HiddenField()
    name = StringField("Name", [InputRequired("Enter your name")], description="As on your badge")
    mode = RadioField(
        "Mode", [InputRequired("Say how")], choices=[SelectChoice("a", "In person"), SelectChoice("b", "Online")]
    )
    about = TextAreaField("About")
    agree = BooleanField("I agree", [InputRequired("Tick the box")])
    differing: Sequence[tuple[str, Any, Any]] = ()


def draw(env: Environment, source: str, **context: Any) -> str:
    """A snippet of template, as HTML, white space squeezed."""
    return " ".join(env.from_string(source).render(**context).split())


def failed(**typed: str) -> Sample:
    """The form as it comes back with its errors."""
    form = Sample(MultiDict(typed))
    form.validate()
    return form


FORMS = '{% import "components/forms.html" as forms %}'


def test_what_differs_stands_below_the_summary(jinja: Environment) -> None:
    form = failed()
    assert "<table" not in draw(jinja, FORMS + "{{ forms.error_summary(f) }}", f=form)
    form.differing = [("Name", "Ann", "Anne"), ("I agree", True, False)]
    html = draw(jinja, FORMS + "{{ forms.error_summary(f) }}", f=form)
    summary, table = html.split("</div>", 1)
    assert 'role="alert"' in summary
    assert "<caption>What differs</caption>" in table
    assert "<del>Ann</del>" in table
    assert "<ins>Anne</ins>" in table
    assert "<del>Yes</del>" in table


def test_hint_and_error_are_tied_to_the_input_and_stand_before_it(jinja: Environment) -> None:
    html = draw(jinja, FORMS + "{{ forms.field(f.name, 'name', width='m') }}", f=failed())
    assert 'aria-describedby="name-hint name-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'autocomplete="name"' in html
    assert 'class="in in-m"' in html
    assert html.index('id="name-hint"') < html.index('id="name-error"') < html.index("<input")
    plain = draw(jinja, FORMS + "{{ forms.field(f.about) }}", f=Sample())
    assert "aria-describedby" not in plain
    assert "aria-invalid" not in plain


def test_a_choice_is_a_group_with_a_legend_and_hints_of_its_own(jinja: Environment) -> None:
    html = draw(jinja, FORMS + "{{ forms.field(f.mode, hints={'b': 'A link is sent'}) }}", f=failed())
    assert '<fieldset class="field bad" aria-describedby="mode-error">' in html
    assert "<legend>Mode" in html
    assert '<label for="mode-1">Online</label>' in html
    assert 'aria-describedby="mode-1-hint"' in html


def test_the_summary_links_to_the_first_input_of_each_field(jinja: Environment) -> None:
    html = draw(jinja, FORMS + "{{ forms.error_summary(f) }}", f=failed())
    assert 'role="alert"' in html
    assert [f'href="#{name}"' in html for name in ("name", "mode-0", "agree")] == [True] * 3
    assert draw(jinja, FORMS + "{{ forms.error_summary(f) }}", f=Sample()) == ""


def test_a_message_that_several_fields_have_says_whose_it_is(jinja: Environment) -> None:
    form = failed()
    form.name.errors, form.mode.errors, form.agree.errors = ["Choose one."], ["Choose one."], ["Tick it."]
    html = draw(jinja, FORMS + "{{ forms.error_summary(f) }}", f=form)
    assert [f">{form[name].label.text}: Choose one.</a>" in html for name in ("name", "mode")] == [True] * 2
    assert ">Tick it.</a>" in html


def test_of_a_question_that_explains_itself_the_summary_has_the_question_alone(jinja: Environment) -> None:
    form = failed()
    form.mode.label.text = "Are you based here? Where you do most of your work counts."
    form.name.errors, form.mode.errors, form.agree.errors = ["Answer this."], ["Answer this."], []
    html = draw(jinja, FORMS + "{{ forms.error_summary(f) }}", f=form)
    assert ">Are you based here? Answer this.</a>" in html
    assert f">{form.name.label.text}: Answer this.</a>" in html


def test_errors_of_the_whole_form_come_first_and_those_of_hidden_fields_have_no_link(jinja: Environment) -> None:
    form = failed()
    form.form_errors = ["It changed meanwhile"]
    form.key.errors = ["Load the page again"]
    html = draw(jinja, FORMS + "{{ forms.error_summary(f) }}", f=form)
    assert html.index("<li>It changed meanwhile</li>") < html.index("<li>Load the page again</li>")


def test_what_was_typed_stays_and_stays_text(jinja: Environment) -> None:
    html = draw(
        jinja, FORMS + "{{ forms.field(f.name) }}{{ forms.field(f.about, limit=300) }}", f=failed(name=EVIL, about=EVIL)
    )
    assert "<script>" not in html
    assert html.count("alert(") == 2
    assert 'data-limit="300"' in html
    assert 'aria-describedby="about-count"' in html


def test_a_button_is_a_form_with_its_token(jinja: Environment) -> None:
    html = draw(jinja, FORMS + "{{ forms.post_button('/x', 'End', 'danger', fields={'key': v}) }}", v='a"b')
    assert 'method="post" action="/x"' in html
    assert 'name="csrf_token" value="token"' in html
    assert 'name="key" value="a&#34;b"' in html


@pytest.mark.parametrize(
    "call",
    [
        "ui.breadcrumbs([(evil, '/'), (evil, none)])",
        "ui.heading(evil, evil, evil)",
        "ui.tabs([(evil, '/', true, 3)], evil)",
        "ui.side_nav([(evil, '/a', 'users', 2)], evil, '/a/b')",
        "ui.tag(evil, 'ok', 'check')",
        "ui.stats([(evil, evil, '/', evil)])",
        "ui.summary_list([(evil, evil, [(evil, '/', evil)])])",
        "ui.facts([(evil, evil)])",
        "ui.email(evil)",
        "ui.task_list([(evil, '/', evil, 'ok', evil), (evil, none, evil, 'neutral', '')])",
        "ui.empty(evil, evil, '/', evil)",
        "ui.flashes([('message', evil), ('warn', evil)])",
        "ui.meter(3, 4, evil)",
        "ui.avatar(evil)",
        "ui.timeline([(evil, evil, evil, '/')])",
        "cards.event(evil, '/', at, at, evil, evil, evil, evil, 'ok', evil)",
        "cards.person(evil, '/', evil, evil, evil)",
        "cards.action(evil, '/', evil, 'users', 3)",
        "cards.item(evil, '/', evil, evil, 'ok', evil, evil, true)",
        "cards.site(evil, '/', evil, evil, evil)",
        "diff.changes([(evil, evil, none), (evil, true, false)], evil)",
        "pictures.bars(bars(evil, [(evil, 3)], evil))",
        "pictures.lines(lines(evil, [evil, evil], [(evil, [1, 2]), (evil, [2, 3])], evil))",
        "tables.foot(listing)",
        "ui.pager(listing)",
    ],
)
def test_no_component_lets_text_become_markup(jinja: Environment, call: str) -> None:
    imports = "".join(
        f'{{% import "components/{file}.html" as {name} %}}'
        for file, name in (
            ("page", "ui"), ("cards", "cards"), ("diff", "diff"), ("charts", "pictures"), ("tables", "tables")
        )
    )  # fmt: skip
    listing = Listing.read("/x", {"q": EVIL}, sorts=("name",), filters=("q",), size=2).counted(9)
    at = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    html = draw(jinja, imports + "{{ " + call + " }}", evil=EVIL, at=at, listing=listing, bars=bars, lines=lines)
    assert "<script" not in html
    assert html


def test_an_event_says_its_date_in_full_to_those_who_do_not_see_the_block(jinja: Environment) -> None:
    at = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    html = draw(jinja, "{% import 'components/cards.html' as cards %}{{ cards.event('Visit', '/e', at, at) }}", at=at)
    assert '<div class="date" aria-hidden="true">Mon<b>23</b>Nov</div>' in html
    assert '<span class="hide">Monday 23 November 2026, </span>09:30' in html


def test_the_side_links_name_the_longest_that_fits_as_current(jinja: Environment) -> None:
    source = "{% import 'components/page.html' as ui %}{{ ui.side_nav(items, 'Console', path) }}"
    items = [("Sites", "/console/", None, None), ("Roles", "/console/roles/", None, None)]
    assert draw(jinja, source, items=items, path="/console/").count('aria-current="page"') == 1
    roles = draw(jinja, source, items=items, path="/console/roles/new")
    assert '<a href="/console/roles/" aria-current="true">' in roles
    assert roles.count("aria-current") == 1


def test_a_sorted_column_says_so(jinja: Environment) -> None:
    source = (
        "{% import 'components/tables.html' as tables %}"
        "{% call tables.table('Sites', [('Site', 'name', false), ('Members', 'n', true), ('', '', false)], l) %}{% endcall %}"
    )
    html = draw(jinja, source, l=Listing.read("/s", {"sort": "-n"}, sorts=("name", "n")))
    assert '<th scope="col" class="num" aria-sort="descending"><a href="/s?sort=n">Members' in html
    assert '<span class="hide">Actions</span>' in html
    assert 'role="region" tabindex="0" aria-label="Sites"' in html


def test_an_email_address_breaks_before_its_signs(jinja: Environment) -> None:
    html = draw(
        jinja, "{% import 'components/page.html' as ui %}{{ ui.facts([('A', ui.email('o’b&c.d@x.example'))]) }}"
    )
    assert "<dd>o’b&amp;c<wbr>.d<wbr>@x<wbr>.example</dd>" in html


def test_markup_that_a_page_made_is_kept(jinja: Environment) -> None:
    html = draw(jinja, "{% import 'components/page.html' as ui %}{{ ui.facts([('A', m)]) }}", m=Markup("<b>x</b>"))
    assert "<dd><b>x</b></dd>" in html
