{% extends "layouts/page.html" %}
{% block title %}{{ _('$title') }}{% endblock %}
{% block main %}
<div class="row apart">
<h1>{{ _('$title') }}</h1>
{% if may_write %}<a class="btn" href="{{ url_for('$name.new') }}">{{ _('Write a note') }}</a>{% endif %}
</div>
{% if notes %}
<ul class="stack">
{% for note in notes %}
<li class="card stack-s"><p>{{ note.text }}</p><p class="muted small">{{ note.written_at|when }}</p></li>
{% endfor %}
</ul>
{% else %}
<div class="empty"><p>{{ _('There are no notes yet.') }}</p></div>
{% endif %}
{% endblock %}
