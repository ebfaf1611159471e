{% extends "layouts/page.html" %}
{% from "components/forms.html" import field, hidden, error_summary %}
{% block title %}{{ _('Write a note') }}{% endblock %}
{% block main %}
<div class="narrow stack">
{{ error_summary(form) }}
<h1>{{ _('Write a note') }}</h1>
<form method="post" novalidate class="card stack">
{{ hidden(form) }}
{{ field(form.text) }}
<button class="btn">{{ _('Save the note') }}</button>
</form>
<p><a href="{{ url_for('$name.listing') }}">{{ _('Back without saving') }}</a></p>
</div>
{% endblock %}
