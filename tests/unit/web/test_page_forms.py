"""The forms of a page: what stands in them, and nothing of what stands around them."""

from core.web.page_forms import forms

PAGE = """
<input name="before" value="1">
<!-- <form action="/commented"><input name="no"></form> -->
<script>const made = '<form action="/scripted"><input name="no"></form>';</script>
<style>/* <form action="/styled"> */</style>
<FORM action="/first?a=1&amp;b=2" method="POST">
  <input name="name" value="Zo&euml;"><input type="checkbox" name="sure"><input type="checkbox" name="fine" checked>
  <select name="kind"><option value="a">A<option value="b" selected>B</select>
  <textarea name="words">
one &lt;form&gt; more</textarea>
  <button name="go" value="on">Go on</button><input name="not" value="sent" disabled>
</FORM >
<input name="between" value="2">
<form action="/open"><input name="q" value="asked">
"""


def test_a_form_holds_what_stands_in_it_and_nothing_else() -> None:
    first, last = forms(PAGE)
    assert (first.action, first.method) == ("/first?a=1&b=2", "post")
    assert first.fields == {"name": ["Zoë"], "fine": ["on"], "kind": ["b"], "words": ["one <form> more"]}
    assert set(first.kinds) == {"name", "sure", "fine", "kind", "words"}
    assert first.options == {"sure": [""], "fine": [""], "kind": ["a", "b"]}
    assert first.buttons == [("go", "on")]
    assert (last.action, last.method, last.fields) == ("/open", "get", {"q": ["asked"]})


def test_a_page_without_a_form_has_none() -> None:
    assert forms("<p>Nothing to <b>form</b> here.</p><formula>1</formula>") == []
