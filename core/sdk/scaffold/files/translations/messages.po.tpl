msgid ""
msgstr ""
"Language: cy\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=5; plural=(n==1 ? 1 : n==2 ? 2 : n==3 ? 3 : n==6 ? 4 : 0);\n"

msgid "$title"
msgstr "$title_cy"

msgid "Short notes for the visitors of a site."
msgstr "Nodiadau byr ar gyfer ymwelwyr â gwefan."

msgid "Write notes"
msgstr "Ysgrifennu nodiadau"

msgid "Wrote a note"
msgstr "Ysgrifennwyd nodyn"

msgid "Notes on the start page"
msgstr "Nodiadau ar y dudalen gychwyn"

msgid "The newest ones are shown: 0 to 20."
msgstr "Dangosir y rhai diweddaraf: 0 i 20."

msgid "Note"
msgstr "Nodyn"

msgid "Write a note of at most 500 characters"
msgstr "Ysgrifennwch nodyn o 500 nod ar y mwyaf"

msgid "At most 500 characters. Everybody who visits this site can read it."
msgstr "500 nod ar y mwyaf. Gall pawb sy’n ymweld â’r wefan hon ei ddarllen."

msgid "Your note is written."
msgstr "Mae eich nodyn wedi’i ysgrifennu."

msgid "Notes written"
msgstr "Nodiadau a ysgrifennwyd"

msgid "Write a note"
msgstr "Ysgrifennu nodyn"

msgid "There are no notes yet."
msgstr "Nid oes nodiadau eto."

msgid "Save the note"
msgstr "Cadw’r nodyn"

msgid "Back without saving"
msgstr "Yn ôl heb gadw"
