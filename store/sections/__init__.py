"""The tables of which pages are made, one kind of table or page each."""
