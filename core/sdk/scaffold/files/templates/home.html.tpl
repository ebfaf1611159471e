<section class="stack">
<h2>{{ _('$title') }}</h2>
<ul class="stack">
{% for note in notes %}
<li class="card stack-s"><p>{{ note.text }}</p><p class="muted small">{{ note.written_at|when }}</p></li>
{% endfor %}
</ul>
</section>
