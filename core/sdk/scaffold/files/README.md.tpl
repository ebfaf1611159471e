# $title

Short notes that partner leads write for the visitors of a site, at `/$url_name/`.

Made by `qplatform plugins new $name`. What to do next:

The commands want settings: for a copy to develop in, `export QP_DEMO=1`. A plugin that is no folder of the platform's `plugins/` is
installed first, by a `pyproject.toml` as in the platform's `docs/write-a-plugin.md`.

1. `qplatform db upgrade` makes the table; `qplatform plugins list` shows the plugin.
2. Switch it on for one site in the console.
3. Change what it does. After a change of `models.py`: `qplatform db revise $name "what changed"`. After a change of words:
   `qplatform words`, then give the Welsh.
4. `pytest $folder` runs the contract that every plugin keeps, and this plugin's own tests.
