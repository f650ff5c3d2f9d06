"""A PDF's glyphs and rules become tables: words, captions, regions, rows, columns, headers, cells."""
