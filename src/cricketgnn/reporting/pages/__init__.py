"""A report as a page or as Markdown, whatever it is about."""
